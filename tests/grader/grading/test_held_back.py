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


def test_outputs_after_a_hidden_test_are_marked_and_those_before_are_not(bench):
    result = bench.result({"value": STEALS, "later": "later = 1\nprint(open('stolen').read())"})
    held = [cell["metadata"]["nbgrader"]["grade_id"] for cell in result.notebooks["made"]["cells"]
            if cell["metadata"].get("mlsd_held")]  # fmt: skip
    assert held == ["later"]


@pytest.fixture(scope="module")
def hides():
    """In its first test are hidden lines, which give the answer a number that students do not know."""
    visible = "assert value(1) == 1"
    hidden = "### BEGIN HIDDEN TESTS\nassert value(77123) == 77123\n### END HIDDEN TESTS"
    cells = [
        answer("value", "def value(n): return n"), check("first-test", f"{visible}\n{hidden}", released=visible),
        answer("other", "def other(): return 1"), check("other-test", "assert other() == 1, 'it is one'"),
    ]  # fmt: skip
    with Bench(*cells) as bench:
        yield bench


KEEPS = "SEEN = []\ndef value(n):\n    SEEN.append(n)\n    return n\n"
# Which line raised, code can choose, and an answer may hold a line for each number.
A_LINE_FOR_EACH = """
def other(): raise ValueError
other.__code__ = other.__code__.replace(co_firstlineno=SEEN[-1] - 77_000 + 3)
""" + "\n".join(f"# {number}" for number in range(77_000, 77_200))
GUESSES = "import linecache\nlinecache.getline = lambda *_: 'assert value({0}) == {0}'.format(SEEN[1])\n"
ASSERTS = "def other(): raise AssertionError(str(SEEN))"
# What the cell after it does, and what the student is told of its test.
TELLS = {
    "a message": ("def other(): raise ValueError(str(SEEN))", "ValueError"),
    "an assertion": (ASSERTS, "AssertionError"),
    "a line that is forged": (GUESSES + ASSERTS, "AssertionError"),
    "a class of a name": ("class Seen77123(Exception): pass\ndef other(): raise Seen77123", "an exception"),
    "the line that a function stands in": (A_LINE_FOR_EACH, "ValueError"),
    "the line that raised": (f"{A_LINE_FOR_EACH}\nother()", "ValueError"),
    "a text of MemoryError": ("raise MemoryError(f'seen {SEEN}')", ""),
    "a class called as one": ("raise type(f'Seen{SEEN[-1]}MemoryError', (Exception,), {})", ""),
    "the number of the cell": ("get_ipython().execution_count = SEEN[-1]\n5", ""),
    "the status of its end": ("import os; os._exit(SEEN[-1] % 256)", ""),
    "a name of a process": ("import subprocess; subprocess.Popen(['sleep', str(SEEN[-1])])", ""),
}


@pytest.mark.parametrize("tells", TELLS)
def test_no_choice_of_student_code_after_a_hidden_line_is_shown_to_the_student(hides, tells):
    source, said = TELLS[tells]
    result = hides.result({"value": KEEPS, "other": source})
    cells = result.notebooks["made"]["cells"]
    shown = [str(cell["outputs"]) for cell in cells if not cell["metadata"].get("mlsd_held")]
    told = [*(verdict.message for verdict in result.verdicts), *(flag.text for flag in result.flags), *shown]
    assert said in result.verdicts[1].message
    assert not any(text in message for message in told for text in ("77123", "seen [", f"status {77123 % 256}"))
    assert all(cell["execution_count"] in (None, 1, 2, 3) for cell in cells)


def test_what_the_instructor_says_of_a_value_is_shown_after_hidden_lines_too(hides):
    assert "it is one" in verdicts_of(hides, {"other": "def other(): return 2"})["other-test"].message


def test_a_display_from_before_a_hidden_test_is_updated_no_more(hides):
    shows = "shown = display('before', display_id=True)\n"
    keeps = "def value(n):\n    shown.update(str(n)) if n > 1 else None\n    return n"
    result = hides.result({"value": shows + keeps, "other": "shown.update('77123')"})
    assert result.notebooks["made"]["cells"][0]["outputs"][0]["data"]["text/plain"] == "'before'"


def test_what_student_code_said_of_a_hidden_line_is_flagged_for_the_instructor_alone(hides):
    raises = "def value(n):\n    if n > 1: raise MemoryError(f'seen {n}')\n    return n"
    (flag,) = hides.result({"value": raises}).flags
    assert (flag.kind, "77123" in flag.text, "77123" in flag.detail) == ("memory", False, True)


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
