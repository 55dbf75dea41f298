"""A test is decided twice: no forger wins, no honest answer is lost silently, a person decides where the two differ."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from grader.errors import GraderError
from grader.grading import batch
from grader.grading.analysis import grading_plan
from grader.grading.calibration import calibration_file
from grader.grading.intake.submission import Assignment
from grader.grading.records import Options
from grader.grading.sealed_grader import SealedGrader
from mlsd.cli import app
from tests import toy_course as toy
from tests.grader.grading.bench import Bench, answer, check
from tests.grader.grading.engine_course import dump

UNSEALED = "import inspect\nassert inspect.getsource({0})\n"
VOUCHES = "class Same:\n    def __eq__(self, other): return True\n    __hash__ = None\ndef value(): return Same()"
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


def test_the_right_answer_has_one_outcome(bench):
    result = bench.result()
    assert {verdict.verdict for verdict in result.verdicts} == {"pass"}
    assert not any(verdict.disputed for verdict in result.verdicts)
    assert not any(verdict.unsealed for verdict in result.verdicts)
    assert [flag.kind for flag in result.flags] == []


def test_an_object_that_vouches_for_itself_gains_nothing_and_a_person_sees_it(bench):
    found = verdicts_of(bench, {"value": VOUCHES})["value-test"]
    assert found.points == 0
    assert "1 of 1 points beside it" in found.disputed
    flags = [flag for flag in bench.result({"value": VOUCHES}).flags if flag.kind == "disputed"]
    assert {flag.cell for flag in flags} >= {"value-test"}
    assert all(flag.look for flag in flags)


@pytest.mark.parametrize(("trust", "points"), [("sealed", 0), ("beside", 1)])
def test_one_side_can_be_taken_for_all(bench, trust, points):
    found = verdicts_of(bench, {"value": VOUCHES}, trust=trust)["value-test"]
    assert (found.points, found.disputed) == (points, "")
    assert found.unsealed is (trust == "beside")


def test_what_a_test_does_beside_the_answer_is_undone(bench):
    counts = "calls = []\ndef value():\n    calls.append(1)\n    return 3 if len(calls) < 4 else 0"
    found = verdicts_of(bench, {"value": counts})
    assert {verdict.verdict for verdict in found.values()} == {"pass"}


def test_tests_in_a_row_see_what_those_before_did_as_in_a_kernel():
    cells = [
        answer("box", "box = []\ndef put(n):\n    box.append(n)\n    return len(box)"),
        check("first-test", "assert put(1) == 1"),
        check("second-test", "assert put(2) == 2"),
        answer("more", "box.append(9)"),
        check("third-test", "assert put(3) == 4"),
    ]
    with Bench(*cells) as bench:
        assert set(bench.verdicts().values()) == {"pass"}


def test_a_test_that_never_ends_beside_costs_itself_alone():
    cells = [
        answer("spin", "def spin(): return 1"),
        check("spin-test", "assert spin() == 1"),
        check("other-test", "assert 1 + spin() * 0 == 1"),
    ]
    with Bench(*cells, cell_s=1.0) as bench:
        called_by = "sys._getframe(1).f_code.co_name"
        endless = f"import sys\ndef spin():\n    while {called_by} == '<module>': pass\n    return 1"
        found = {verdict.cell: verdict for verdict in bench.result({"spin": endless}).verdicts}
        assert [verdict.points for verdict in found.values()] == [0, 0]
        assert all("apart from" in verdict.disputed for verdict in found.values())


SPELLS = """
import ctypes, glob, os, sys
FILES = sorted(glob.glob(os.path.dirname(os.__file__) + '/*.py'))[:16]
LIBC = ctypes.CDLL(None)
WATCH = LIBC.inotify_init1(2048)
PLACES = [LIBC.inotify_add_watch(WATCH, one.encode(), 32) for one in FILES]
def value():
    frame = sys._getframe(1)
    if frame.f_code.co_name == '<module>':
        right = next(one for one in frame.f_code.co_consts if isinstance(one, int))
        for bit, one in enumerate(FILES):
            if right >> bit & 1: open(one).close()
        return right
    try:
        seen = os.read(WATCH, 4096)
    except OSError:
        return -1
    return sum(1 << bit for bit, place in enumerate(PLACES) if place.to_bytes(4, 'little') in seen)
"""


def test_what_is_seen_beside_the_answer_comes_too_late_for_the_sealed_decision():
    """One session sees the hidden line and spells its number by opening files that the other watches."""
    hidden = "### BEGIN HIDDEN TESTS\nassert value() == 31337\n### END HIDDEN TESTS"
    cells = [answer("value", "def value(): return 31337"), check("hidden-test", hidden, released="")]
    with Bench(*cells) as bench:
        assert bench.verdicts() == {"hidden-test": "pass"}
        (found,) = bench.result({"value": SPELLS}).verdicts
        assert found.points == 0


def test_a_display_from_before_a_hidden_test_is_updated_no_more():
    hidden = "### BEGIN HIDDEN TESTS\nassert value(77123) == 77123\n### END HIDDEN TESTS"
    cells = [
        answer("value", "def value(n): return n"),
        check("hidden-test", f"{UNSEALED.format('value')}{hidden}", released=""),
        answer("later", "later = 1"),
    ]
    shows = "shown = display('before', display_id=True)\n"
    keeps = "def value(n):\n    shown.update(str(n)) if n > 1 else None\n    return n"
    with Bench(*cells) as bench:
        result = bench.result({"value": shows + keeps, "later": "shown.update('77123')"})
        assert result.verdicts[0].unsealed
        first = result.notebooks["made"]["cells"][0]["outputs"]
        assert first[0]["data"]["text/plain"] == "'before'"


def test_outputs_after_a_hidden_test_are_marked_and_those_before_are_not(bench):
    result = bench.result({"value": STEALS, "later": "later = 1\nprint(open('stolen').read())"})
    held = [cell["metadata"]["nbgrader"]["grade_id"] for cell in result.notebooks["made"]["cells"]
            if cell["metadata"].get("mlsd_held")]  # fmt: skip
    assert held == ["later"]


def graded(course, **options):
    students = batch.chosen(course, toy.NAME, "*")
    return {
        outcome.student: outcome
        for outcome in batch.grade(course, toy.NAME, students, Options(jobs=1, **options), print)
    }


FORGED = {**toy.RIGHT, "half": VOUCHES.replace("value()", "half(x)")}


@pytest.fixture
def forged(course):
    toy.submit(course, "forger", toy.answered(course, **FORGED))
    return course


def test_a_disputed_test_waits_in_formgrader_with_both_outcomes(forged):
    (outcome,) = graded(forged).values()
    assert list(outcome.disputed) == [f"{toy.NAME}/half-test"]
    assert outcome.points < 6
    assert outcome.waiting == 2
    grades, comments, *_ = dump(forged)
    assert ("forger", "half-test", 0.0, None, True) in grades
    assert any(name == "half-test" and "beside it" in text for _, name, text in comments)


def test_the_command_lists_disputed_tests_first_and_trust_settles_them(forged):
    command = ["grade", toy.NAME, "--course", str(forged.root), "--force"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if "two outcomes" in line or "half-test" in line]
    assert lines[0].startswith("1 tests had two outcomes")
    assert lines[1].startswith(f"  forger, {toy.NAME}/half-test: 0 of 2 points")
    result = CliRunner().invoke(app, [*command, "--trust", "sealed"])
    assert "two outcomes" not in result.output
    assert CliRunner().invoke(app, [*command, "--trust", "me"]).exit_code != 0


def test_what_tests_need_is_found_out_once_recorded_and_used_again(forged, monkeypatch):
    graded(forged)
    path = calibration_file(forged.home, toy.NAME)
    report = json.loads(path.read_text())
    assert set(report["notebooks"]) == {toy.NAME}
    monkeypatch.setattr(batch, "run_once", lambda *_, **__: pytest.fail("found out again"))
    graded(forged, force=True)
    path.write_text(json.dumps(report | {"digest": "of another release"}))
    with pytest.raises(pytest.fail.Exception, match="found out again"):
        graded(forged, force=True)


def test_sealed_tests_alone_can_be_demanded_and_then_nobody_gets_nothing(course, monkeypatch):
    toy.submit(course, "bo", toy.answered(course, **toy.RIGHT))
    plans = grading_plan.plans

    def with_one_unsealed(*arguments):
        made = plans(*arguments)
        made.notebooks[toy.NAME].unsealed["half-test"] = "it asks for identity"
        return made

    monkeypatch.setattr(grading_plan, "plans", with_one_unsealed)
    with pytest.raises(GraderError, match=r"1 tests of halves cannot be sealed.*halves/half-test.*mlsd plan halves"):
        graded(course, require_sealed=True)
    assert dump(course)[0] == []


def test_the_plan_says_of_each_test_where_it_is_decided_and_why(course):
    result = CliRunner().invoke(app, ["plan", toy.NAME, "--course", str(course.root)], env={"COLUMNS": "160"})
    assert result.exit_code == 0, result.output
    for test in ("half-test", "spread-test", "both-test"):
        assert any(test in line and "sealed" in line for line in result.output.splitlines())


def test_a_students_words_are_not_shown_once_hidden_lines_ran():
    cells = [
        answer("value", "def value(n): return n"),
        check("first-test", "assert value(1) == 1\n### BEGIN HIDDEN TESTS\nassert value(77123) == 77123\n"
                            "### END HIDDEN TESTS", released="assert value(1) == 1"),
        answer("other", "def other(): return 1"),
        check("other-test", "assert other() == 1"),
    ]  # fmt: skip
    tells = "def other():\n    raise ValueError(open('seen').read())"
    keeps = "def value(n):\n    open('seen', 'a').write(f'{n} ')\n    return n"
    with Bench(*cells) as bench:
        found = verdicts_of(bench, {"value": keeps, "other": tells})["other-test"]
        assert found.message == "Your code raised ValueError; the test's line: assert other() == 1"
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
    cells = [
        answer("value", "def value(n): return n"),
        check("first-test", "assert value(1) == 1\n### BEGIN HIDDEN TESTS\nassert value(77123) == 77123\n"
                            "### END HIDDEN TESTS", released="assert value(1) == 1"),
        answer("other", "def other(): return 1"),
        check("other-test", "assert other() == 1"),
    ]  # fmt: skip
    keeps = "def value(n):\n    open('seen', 'a').write(f'{n} ')\n    return n"
    with Bench(*cells) as bench:
        found = verdicts_of(bench, {"value": keeps, "other": f"{TABLE_OF_LINES}\n{calls}"})["other-test"]
    assert "ValueError" in found.message
    assert "77123" not in found.message


@pytest.mark.parametrize("unsealed", [True, False])
@pytest.mark.parametrize("trust", ["", "beside"])
def test_no_message_of_a_later_test_tells_what_an_answer_has_seen_of_hidden_lines(unsealed, trust):
    first, other = (UNSEALED.format(name) if unsealed else "" for name in ("value", "other"))
    visible, hidden = f"{first}assert value(1) == 1", "assert value(77123) == 77123"
    cells = [
        answer("value", "def value(n): return n"),
        check("first-test", f"{visible}\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS", released=visible),
        answer("other", "def other(): return 1"),
        check("other-test", f"{other}assert other() == 1, 'it is one'"),
    ]
    keeps = "SEEN = []\ndef value(n):\n    SEEN.append(n)\n    return n"
    guesses = "import linecache\nlinecache.getline = lambda *_: 'assert value({0}) == {0}'.format(SEEN[1])\n"
    with Bench(*cells) as bench:
        tells = "def other(): raise AssertionError(str(SEEN))"
        for other_answer in (tells, guesses + tells):
            found = verdicts_of(bench, {"value": keeps, "other": other_answer}, trust=trust)["other-test"]
            assert found.unsealed is (unsealed or (trust == "beside" and found.points > 0))
            assert "AssertionError" in found.message
            assert "77123" not in found.message
        assert "it is one" in verdicts_of(bench, {"other": "def other(): return 2"}, trust=trust)["other-test"].message


def test_releasing_says_and_records_where_each_test_is_decided(course):
    result = CliRunner().invoke(app, ["release", toy.NAME, "--force", "--course", str(course.root)])
    assert result.exit_code == 0, result.output
    assert f"{toy.NAME}: tests: 3 sealed" in result.output
    assert calibration_file(course.home, toy.NAME).is_file()


def test_a_test_that_the_own_answer_fails_is_named_at_the_release_and_not_sealed(course):
    path = course.folder("source", name=toy.NAME) / f"{toy.NAME}.ipynb"
    path.write_text(path.read_text().replace("assert half(4) == 2", "assert half(4) == 3"))
    result = CliRunner().invoke(app, ["release", toy.NAME, "--force", "--course", str(course.root)])
    assert result.exit_code == 0, result.output
    assert f"{toy.NAME}: tests: 2 sealed, 1 unsealed. Why: mlsd plan {toy.NAME}." in result.output
    assert f"Your own answers do not pass {toy.NAME}/half-test: correct them or the tests" in result.output


HIDDEN_77123 = "### BEGIN HIDDEN TESTS\nassert value(77123) == 77123\n### END HIDDEN TESTS"
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
        grader = SealedGrader(both)
        try:
            result = grader.grade(replace(bench.job, student="ada", notebooks=notebooks))
        finally:
            grader.close()
    assert [cell["metadata"].get("mlsd_held", False) for cell in result.notebooks["second"]["cells"]] == [True]


def test_a_flag_holds_no_line_of_a_hidden_test():
    cells = [answer("value", "def value(n): return n"), check("hidden-test", HIDDEN_77123, released="")]
    with Bench(*cells) as bench:
        result = bench.result({"value": "def value(n): raise MemoryError"})
        assert [flag.kind for flag in result.flags] == ["memory"]
        assert not any("77123" in flag.text for flag in result.flags)
        assert "77123" in result.flags[0].detail


def test_who_is_stopped_beside_the_answer_is_told_so(bench):
    called_by = "sys._getframe(1).f_code.co_name"
    slow = f"import sys, time\ndef value():\n    if {called_by} == '<module>': time.sleep(99)\n    return 3"
    assert "did not end within" in verdicts_of(bench, {"value": slow}, cell_s=1.0)["value-test"].message
