"""One submission graded as a whole: what runs where, and what an answer that does harm costs."""

import pytest

from tests.grader.grading.bench import Bench, answer, check, locked, plain

CELLS = (
    locked("setup", "import math\nfrom helper import near\nlimit = 10\ntable = [3, 1, 2]"),
    plain("tools", "import collections as box\nhalf = 0.5"),
    answer("one", "def one(): return 1", "def one():\n    raise NotImplementedError()"),
    check("one-test", "assert one() == 1"),
    answer("two", "def two(x):\n    return 2 * x"),
    locked("show", "shown = two(21)\nprint(shown)"),
    check("two-test", "assert near(two(3), 6) and shown == 42\n"
                      "### BEGIN HIDDEN TESTS\nassert two(limit) == 20, 'hidden'\n"
                      "### END HIDDEN TESTS", 2),
    answer("three", "count = 0\ndef three():\n    global count\n    count += 1\n    return count"),
    check("three-test", "first = three()\nassert first == 1"),
    check("again-test", "assert three() == first + 1\nassert box.Counter('aa') == {'a': 2}"),
    answer("sorted", "table.sort()"),
    check("sorted-test", "assert table == [1, 2, 3]"),
    check("data-test", "grid = [1, 2]\nassert two(grid) == [1, 2, 1, 2]", released="grid = [1, 2]"),
    answer("later", "later = sum(grid)"),
    check("later-test", "points = 0\nif later == 3: points += 1\npoints", 2),
)  # fmt: skip
HELPER = b"def near(a, b):\n    return abs(a - b) < 1e-9\n"
ALL = ["one-test", "two-test", "three-test", "again-test", "sorted-test", "data-test", "later-test"]


@pytest.fixture(scope="module")
def bench():
    with Bench(*CELLS, files={"helper.py": HELPER}, cell_s=60.0, total_s=600.0, memory_mb=300) as bench:
        yield bench


FULL = dict.fromkeys(ALL, "pass") | {"later-test": "partial 1"}


def but(**others):
    return FULL | {f"{name}-test": verdict for name, verdict in others.items()}


def test_the_right_answers_pass_and_every_cell_ran_where_it_belongs(bench):
    result = bench.result()
    assert bench.verdicts() == FULL
    shown = {cell["id"]: cell.get("outputs") for cell in result.notebooks["made"]["cells"]}
    assert shown["show"][0]["text"] == "42\n"
    assert shown["two-test"] == []
    assert result.cpu_s > 0
    assert result.flags == []


def test_a_cell_that_is_missing_and_one_that_raises_are_told_apart(bench):
    result = {verdict.cell: verdict for verdict in bench.result({"one": None, "two": "def two(x) return 2"}).verdicts}
    assert result["one-test"].verdict == "missing"
    assert result["two-test"].verdict == "error"
    assert "SyntaxError" in result["two-test"].message
    assert result["three-test"].verdict == "pass"


def test_a_wrong_value_fails_and_a_hidden_line_is_not_shown(bench):
    _, two, *_ = bench.result({"two": "def two(x):\n    return 2 * x if x != 10 else 0"}).verdicts
    assert (two.cell, two.verdict, two.visibility) == ("two-test", "fail", "hidden")
    assert bench.verdicts({"one": "def one(): return 2"}) == but(one="fail")


MEMORY = {
    "refused": ("held = []\nwhile True: held.append(bytes(2**20))", "memory"),
    "refused, unnoticed by the answer": (
        "held = []\ntry:\n    while True: held.append(bytes(2**20))\nexcept MemoryError: pass",
        "error",
    ),
    "of helpers": (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        held = b'x' * (60 * 2**20)\n"
        "        time.sleep(99)\ntime.sleep(99)",
        "memory",
    ),
}


@pytest.mark.parametrize("name", MEMORY)
def test_memory_costs_the_cell_that_takes_it_and_nothing_after_or_before(bench, name):
    source, verdict = MEMORY[name]
    assert bench.verdicts({"one": source}) == but(one=verdict)


def test_a_cell_may_hold_most_of_the_memory_that_there_is(bench):
    assert bench.verdicts({"one": "held = b'x' * (220 * 2**20)\ndef one(): return len(held) and 1"}) == FULL


def test_what_earlier_cells_left_is_there_again_after_a_crash(bench):
    dies = "count = 0\ndef three():\n    global count\n    count += 1\n    return count"
    late = "import os\nlater = os._exit(1)"
    assert bench.verdicts({"three": dies, "later": late}) == but(later="crashed")
    assert bench.verdicts({"sorted": "import os\nos._exit(1)"}) == but(sorted="crashed")


def test_extra_cells_run_at_their_place(bench):
    assert bench.verdicts({"one": None}, {"setup": "def one(): return 1"})["one-test"] == "pass"
    assert bench.verdicts(extra={"later": "later = 5"}) == but(later="fail")


def test_the_same_job_gives_the_same_result(bench):
    random = "import random, numpy\ndef one(): return 1\nrandom.random(), numpy.random.rand(), hash('text')"
    first, second, other = (bench.result({"one": random}, seed=seed).notebooks for seed in (3, 3, 4))
    assert first == second != other


PLACES = (
    answer("import", "import math as m"), check("import-test", "assert m.pi > 3"),
    answer("one", "def one(): return 1"), check("one-test", "assert one() == 1"),
    answer("write", "open('out.txt', 'w').write('42')"), check("file-test", "assert open('out.txt').read() == '42'"),
    answer("end", "end = 1"), check("end-test", "assert end == 1"),
)  # fmt: skip


def test_an_import_that_the_student_left_out_is_not_supplied():
    with Bench(*PLACES) as bench:
        found = {verdict.cell: verdict for verdict in bench.result({"import": "pass"}).verdicts}
        assert found["import-test"].points == 0
        assert bench.verdicts({"import": "import math\nm = math"})["import-test"] == "pass"


def test_a_test_runs_at_its_place_and_an_answer_counts_as_far_as_it_came():
    raises = {"one": "def one(): return 1\nraise ValueError('after the answer')"}
    removes = {"end": "import os\nos.remove('out.txt')\nend = 1"}
    with Bench(*PLACES) as bench:
        for answers in (raises, removes):
            assert set(bench.verdicts(answers).values()) == {"pass"}


def test_what_a_cell_used_up_is_not_paid_for_by_those_after_it():
    cells = [
        answer("one", "def one(): return 1"), check("one-test", "assert one() == 1"),
        answer("two", "def two(): return 2"), check("two-test", "assert two() == 2"),
    ]  # fmt: skip
    fills = "held = []\ntry:\n    while True: held.append(bytes(2**20))\nexcept MemoryError: pass"
    spins = "def one(): return 1\nwhile True: pass"
    with Bench(*cells, cell_s=1.0, memory_mb=300) as bench:
        assert [verdict.points for verdict in bench.result({"one": fills}).verdicts] == [0.0, 1.0]
        assert [verdict.points for verdict in bench.result({"one": spins}).verdicts] == [1.0, 1.0]
