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


def in_the_name_of_an_error():
    raise type(SAID, (Exception,), {})


def in_the_text_of_an_error():
    raise ValueError(SAID)


def in_the_name_of_a_class():
    return type(SAID, (), {})()


def in_a_text():
    return SAID


def in_a_text_of(digits):
    return str(digits)


def in_print():
    print(SAID)
    sys.stderr.write(SAID)


def in_a_number_of_many_digits():
    return DIGITS


def in_a_number_too_large_for_a_float():
    return int(f"{DIGITS}" + "0" * 400)


def in_what_has_another_form():
    return {"shares": SAID}


WAYS = [
    in_its_line, in_the_name_of_an_error, in_the_text_of_an_error, in_the_name_of_a_class, in_a_text, in_print,
    in_a_number_of_many_digits, in_a_number_too_large_for_a_float, in_what_has_another_form,
]  # fmt: skip


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
    spelled = getattr(hooks_of(name), "spelled_in_its_form", in_a_text_of)
    for way in (*WAYS, lambda: spelled(DIGITS)):
        for text in tables_of(name, way):
            assert SAID not in "".join(text.split()), way
            assert str(DIGITS) not in text.replace(",", ""), way


@every_exercise
def test_some_of_it_is_shown_where_they_are_public(name, monkeypatch):
    assert any(SAID in text for text in tables_of(name, in_the_text_of_an_error))


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
