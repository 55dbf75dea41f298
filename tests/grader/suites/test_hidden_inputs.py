"""Attacks by which code that saw a hidden input tries to have it shown to the student who wrote the code."""

import linecache
import os
import sys

import pytest

from grader.grading.analysis.name_analysis import Names
from grader.grading.sealed.client import Client
from grader.grading.sealed.evaluator import Evaluator, Namespace
from grader.sandbox import make_sandbox
from grader.suites import implement_feature_store, reduce_latency
from tests.grader.grading.beside import SERVER

SAID = "o459335882885"  # stands for what a hidden input holds
DIGITS = 459335882885


@pytest.fixture
def hide(monkeypatch, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("a" * 64)
    monkeypatch.setenv("MLSD_SECRET_FILE", str(secret))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))


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


def in_print():
    print(SAID)
    sys.stderr.write(SAID)


def in_a_number_of_many_digits():
    return DIGITS


def in_a_number_too_large_for_a_float():
    return int(f"{DIGITS}" + "0" * 400)


def in_a_profile():
    shares = dict.fromkeys(("read", "join", "features", "watch", "score"), 0.2)
    return {"shares": {**shares, "read": 0.2 + DIGITS, "join": 0.2 - DIGITS}, "limit": DIGITS}


def in_what_is_no_profile():
    return {"shares": SAID}


WAYS = [
    in_its_line, in_the_name_of_an_error, in_the_text_of_an_error, in_the_name_of_a_class, in_a_text, in_print,
    in_a_number_of_many_digits, in_a_number_too_large_for_a_float, in_a_profile, in_what_is_no_profile,
]  # fmt: skip


def told_by_every_test(way):
    """The tables of both suites' tests where every function of the student's goes one way."""

    class Answers:
        def __getattr__(self, method):
            if method.startswith("_"):
                raise AttributeError(method)
            return lambda *arguments: way()

    def asked(*arguments):
        return way()

    tests = [getattr(implement_feature_store, name) for name in ("past", "online", "change", "any_order", "growth")] + [
        getattr(reduce_latency, name) for name in ("same_answers", "guards")
    ]
    points = [test(Answers) for test in tests]
    points += [reduce_latency.profile(asked), reduce_latency.shadow(asked)]
    points.append(implement_feature_store.own_tests(asked, Answers, asked))
    return [one.report.text() + one.report.html() for one in points]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_table_shows_what_a_student_s_code_made_up_where_cases_are_hidden(hide, way):
    for told in told_by_every_test(way):
        assert SAID not in "".join(told.split())
        assert str(DIGITS) not in told.replace(",", "")


def test_some_of_it_is_shown_where_they_are_public(monkeypatch):
    monkeypatch.setenv("MLSD_SECRET_FILE", os.devnull)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    assert any(SAID in told for told in told_by_every_test(in_the_text_of_an_error))


FORGER = """
import gc, json, struct
class Store:
    def define(self, *arguments):
        for one in gc.get_objects():
            if type(one).__name__ == "ObjectServer":
                head = json.dumps({"v": {"values": [{"$a": 0, "t": "%s", "s": [1]}]}, "n": [8]}).encode()
                one.handle = lambda frame: struct.pack("<I", len(head)) + head + bytes(8)
                gc.collect()
                raise SystemExit
"""


def test_a_forged_reply_is_not_quoted(hide):
    with make_sandbox([], server=SERVER) as sandbox, sandbox.open() as session:
        ran = session.run_cell(FORGER % SAID)
        assert ran.verdict == "ok", ran.error
        evaluator = Evaluator(Namespace(Names()))
        evaluator.use(Client(session))
        evaluator.namespace["suite"] = implement_feature_store
        outcome = evaluator.run("suite.past(Store)", "test", 4.0, 60.0)
    assert outcome.verdict == "tampered"
    assert SAID not in outcome.message + outcome.html
    assert "is no answer" in outcome.message
