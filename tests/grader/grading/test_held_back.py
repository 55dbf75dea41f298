"""What student code met of hidden lines it cannot tell its author: not by an output, a message, a line or a display."""

import json
from dataclasses import replace

import pytest

from grader.grading.intake.submission import Assignment
from tests.grader.grading.bench import Bench, Grader, answer, check

STEALS = """
import builtins, inspect, sys
SEEN = []
def value():
    frame = sys._getframe(1)
    while frame is not None:
        SEEN.append(open('stolen', 'a').write(str(frame.f_code.co_consts)))
        frame = frame.f_back
    return 3
"""
HIDDEN_77123 = "### BEGIN HIDDEN TESTS\nassert value(77123) == 77123\n### END HIDDEN TESTS"


@pytest.fixture(scope="module")
def bench():
    cells = [
        answer("value", "def value(): return 3"),
        check("value-test", "assert value() == 3"),
        check("hidden-test", "### BEGIN HIDDEN TESTS\nassert value() + 40 == 43, 'forty-three'\n### END HIDDEN TESTS",
              released=""),
        answer("later", "later = 1"),
        check("later-test", "assert later == 1"),
    ]  # fmt: skip
    with Bench(*cells, cell_s=10.0) as bench:
        yield bench


def verdicts_of(bench, answers, **changes):
    return {verdict.cell: verdict for verdict in bench.result(answers, **changes).verdicts}


def test_a_display_from_before_a_hidden_test_is_updated_no_more():
    cells = [
        answer("value", "def value(n): return n"),
        check("hidden-test", HIDDEN_77123, released=""),
        answer("later", "later = 1"),
    ]
    shows = "shown = display('before', display_id=True)\n"
    keeps = "def value(n):\n    shown.update(str(n)) if n > 1 else None\n    return n"
    with Bench(*cells) as bench:
        result = bench.result({"value": shows + keeps, "later": "shown.update('77123')"})
        first = result.notebooks["made"]["cells"][0]["outputs"]
        assert first[0]["data"]["text/plain"] == "'before'"


def test_outputs_after_a_hidden_test_are_marked_and_those_before_are_not(bench):
    result = bench.result({"value": STEALS, "later": "later = 1\nprint(open('stolen').read())"})
    held = [cell["metadata"]["nbgrader"]["grade_id"] for cell in result.notebooks["made"]["cells"]
            if cell["metadata"].get("mlsd_held")]  # fmt: skip
    assert held == ["later"]


HIDDEN_LINES_FIRST = [
    answer("value", "def value(n): return n"),
    check("first-test", "assert value(1) == 1\n### BEGIN HIDDEN TESTS\nassert value(77123) == 77123\n"
                        "### END HIDDEN TESTS", released="assert value(1) == 1"),
    answer("other", "def other(): return 1"),
    check("other-test", "assert other() == 1, 'it is one'"),
]  # fmt: skip
KEEPS_ITS_INPUTS = "def value(n):\n    open('seen', 'a').write(f'{n} ')\n    return n"


def test_a_students_words_are_not_shown_once_hidden_lines_ran():
    tells = "def other():\n    raise ValueError(open('seen').read())"
    with Bench(*HIDDEN_LINES_FIRST) as bench:
        found = verdicts_of(bench, {"value": KEEPS_ITS_INPUTS, "other": tells})["other-test"]
        assert found.message == "ValueError"
        plain = "class Seen77123(Exception): pass\ndef other(): raise Seen77123"
        assert "an exception" in verdicts_of(bench, {"other": plain})["other-test"].message


TABLE_OF_LINES = """
def other(): raise ValueError
seen = int(open('seen').read().split()[-1])
other.__code__ = other.__code__.replace(co_firstlineno=seen - 77_000 + 4)
""" + "\n".join(f"# {number}" for number in range(77_000, 77_200))


@pytest.mark.parametrize("calls", ["other()", ""])
def test_no_line_of_a_table_of_them_tells_which_hidden_input_was_seen(calls):
    """Which line raised, code can choose, and an answer may hold a line for each number."""
    with Bench(*HIDDEN_LINES_FIRST) as bench:
        found = verdicts_of(bench, {"value": KEEPS_ITS_INPUTS, "other": f"{TABLE_OF_LINES}\n{calls}"})["other-test"]
    assert "ValueError" in found.message
    assert "77123" not in found.message


def test_no_message_of_a_later_test_tells_what_an_answer_has_seen_of_hidden_lines():
    keeps = "SEEN = []\ndef value(n):\n    SEEN.append(n)\n    return n"
    guesses = "import linecache\nlinecache.getline = lambda *_: 'assert value({0}) == {0}'.format(SEEN[1])\n"
    with Bench(*HIDDEN_LINES_FIRST) as bench:
        tells = "def other(): raise AssertionError(str(SEEN))"
        for other_answer in (tells, guesses + tells):
            found = verdicts_of(bench, {"value": keeps, "other": other_answer})["other-test"]
            assert "AssertionError" in found.message
            assert "77123" not in found.message
        assert "it is one" in verdicts_of(bench, {"other": "def other(): return 2"})["other-test"].message


KEEPS = "SEEN = []\ndef value(n):\n    SEEN.append(n)\n    return n\n"
TELLS = {
    "a text of MemoryError": "raise MemoryError(f'seen {SEEN}')",
    "a class called as one": "raise type(f'Seen{SEEN[-1]}MemoryError', (Exception,), {})",
    "the number of the cell": "get_ipython().execution_count = SEEN[-1]\n5",
    "the status of its end": "import os; os._exit(SEEN[-1] % 256)",
    "a name of a process": "import subprocess; subprocess.Popen(['sleep', str(SEEN[-1])])",
}


@pytest.mark.parametrize("tells", TELLS)
def test_no_choice_of_student_code_after_a_hidden_line_is_shown_to_the_student(tells):
    cells = [
        answer("value", "def value(n): return n"), check("hidden-test", HIDDEN_77123, released=""),
        answer("other", "other = 1"), check("other-test", "assert other == 1"),
    ]  # fmt: skip
    with Bench(*cells) as bench:
        result = bench.result({"value": KEEPS, "other": TELLS[tells]})
        cells = result.notebooks["made"]["cells"]
        shown = [str(cell["outputs"]) for cell in cells if not cell["metadata"].get("mlsd_held")]
        told = [*(verdict.message for verdict in result.verdicts), *(flag.text for flag in result.flags), *shown]
        assert not any(text in message for message in told for text in ("77123", "seen [", f"status {77123 % 256}"))
        assert all(cell["execution_count"] in (None, 1, 2, 3) for cell in cells)


def test_what_one_notebook_met_is_held_back_in_the_next(bench):
    with Bench(answer("show", "print(1)")) as other:
        originals = [bench.original, replace(other.original, name="second")]
        notebooks = {"made": bench.notebook(bench.right), "second": other.notebook(other.right)}
        solved = {name: json.dumps(notebook).encode() for name, notebook in notebooks.items()}
        both = Assignment("made", originals, {}, bench.job, solved=solved)
        assert both.most_s == 4 * bench.job.total_s
        grader = Grader(both)
        try:
            result = grader.grade(replace(bench.job, student="ada", notebooks=notebooks))
        finally:
            grader.close()
    assert [cell["metadata"].get("mlsd_held", False) for cell in result.notebooks["second"]["cells"]] == [True]


def test_what_student_code_said_of_a_hidden_line_is_flagged_for_the_instructor_alone():
    cells = [answer("value", "def value(n): return n"), check("hidden-test", HIDDEN_77123, released="")]
    with Bench(*cells) as bench:
        result = bench.result({"value": "def value(n): raise MemoryError(f'seen {n}')"})
        assert [flag.kind for flag in result.flags] == ["memory"]
        assert not any("77123" in flag.text for flag in result.flags)
        assert "77123" in result.flags[0].detail
