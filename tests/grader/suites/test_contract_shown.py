"""The contract of every exercise: what hidden cases hold is not shown.

Attacks by code that saw an input, and tries to have it shown to its author.
"""

import linecache
import sys

from grader.grading.analysis.grading_plan import SuiteCall
from grader.grading.remote_answer import RemoteAnswer
from grader.grading.suite_test import evaluate
from grader.sandbox import make_sandbox
from tests.grader.suites.contract import (
    bank_of,
    calls_of,
    cells_of,
    every_exercise,
    feed,
    hooks_of,
    reference_of,
    suite_of,
)

SAID = "o459335882885"  # stands for what a hidden input holds
DIGITS = 459335882885


def in_its_line():
    """Raises from a line of code that was made up meanwhile."""
    source = f"raise ValueError()  # {SAID}"
    linecache.cache["made up"] = (len(source), None, [source], "made up")
    exec(compile(source, "made up", "exec"))


def raising(error):
    raise error


def in_print():
    print(SAID)
    sys.stderr.write(SAID)


WAYS = {
    "in its line": in_its_line,
    "in the name of an error": lambda: raising(type(SAID, (Exception,), {})),
    "in the text of an error": lambda: raising(ValueError(SAID)),
    "in the name of a class": lambda: type(SAID, (), {})(),
    "in a text": lambda: SAID,
    "in print": in_print,
    "in a number of many digits": lambda: DIGITS,
    "in a number too large for a float": lambda: int(f"{DIGITS}" + "0" * 400),
    "in what has another form": lambda: {"shares": SAID},
}


def tables_of(name, way):
    """The tables of all of its tests where every function of the student's goes one way."""

    class Answers:
        def __init__(self, *given):
            pass

        def __getattr__(self, method):
            if method.startswith("_"):
                raise AttributeError(method)
            return lambda *arguments: way()

    bank, suite = bank_of(name), suite_of(name)
    reference = cells_of(bank, reference_of(bank))
    for test, passed in calls_of(bank).values():
        given = [Answers if isinstance(reference[binding], type) else lambda *arguments: way() for binding in passed]
        report = getattr(suite, test)(*given).report
        yield report.text() + report.html()


@every_exercise
def test_no_table_shows_what_a_student_s_code_made_up_where_cases_are_hidden(name, hidden_cases, monkeypatch):
    feed(name, "no_clocks", monkeypatch, suite_of(name).EXERCISE.hidden())
    spelled = getattr(hooks_of(name), "spelled_in_its_form", str)
    for way, go in {**WAYS, "spelled in its form": lambda: spelled(DIGITS)}.items():
        for text in tables_of(name, go):
            assert SAID not in "".join(text.split()), way
            assert str(DIGITS) not in text.replace(",", ""), way


@every_exercise
def test_some_of_it_is_shown_where_they_are_public(name, monkeypatch):
    assert any(SAID in text for text in tables_of(name, WAYS["in the text of an error"]))


FORGER = """
import gc, json, struct
class Store:
    def define(self, *arguments):
        for one in gc.get_objects():
            if type(one).__name__ == "Server":
                head = json.dumps({"v": {"values": [{"$a": 0, "t": "%s", "s": [1]}]}, "n": [8]}).encode()
                one.handle = lambda frame: struct.pack("<I", len(head)) + head + bytes(8)
                gc.collect()
                raise SystemExit
"""


def test_a_forged_reply_is_not_quoted(secret):
    with make_sandbox() as sandbox, sandbox.open() as session:
        ran = session.run_cell(FORGER % SAID)
        assert ran.verdict == "ok", ran.error
        call = SuiteCall("grader.suites.implement_feature_store", "past", ("Store",))
        outcome = evaluate(call, RemoteAnswer(session), 4.0)
    assert outcome.verdict == "tampered"
    assert SAID not in outcome.message + outcome.html
    assert "is no answer" in outcome.message
