"""A suite talks to an answer in a sandboxed process as to one in its own: same tables, same marks."""

import linecache
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.grading.analysis.grading_plan import SuiteCall
from grader.grading.remote_answer import RemoteAnswer
from grader.grading.suite_test import evaluate
from grader.sandbox import make_sandbox
from grader.suite_kit.answer import AnswerEnded, Exposed, Handle, StudentError
from grader.suite_kit.score_sheet import graded
from tests.grader.grading.patience_limits import PATIENT

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def sandbox():
    with make_sandbox(limits=PATIENT) as sandbox:
        yield sandbox


@pytest.fixture
def opened(sandbox):
    """Opens an answer from its source; gives it with its session."""
    sessions = []

    def open_answer(source):
        sessions.append(sandbox.open())
        assert sessions[-1].run_cell(source).verdict == "ok"
        return RemoteAnswer(sessions[-1]), sessions[-1]

    yield open_answer
    for session in sessions:
        session.close()


STORE = """
class Store:
    def __init__(self, start=0): self.value = start
    def add(self, amount):
        self.value += amount
        return self.value
def pop(row): return row.pop("a")
def same(it): return it
def ask(clock): return clock.now() + 1
def burn(seconds):
    import time
    end = time.process_time() + seconds
    while time.process_time() < end: pass
def fork():
    import os
    child = os.fork()
    if not child:
        burn(0.3)
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_data_crosses_objects_stay_and_changes_of_arguments_are_told(opened):
    answer, _ = opened(STORE)
    store = answer.call("Store", 3)
    assert isinstance(store, Handle)
    assert store.kind == "Store"
    assert answer.script(store, [("add", (1,)), ("add", (1,))]) == [4, 5]
    assert answer.call("same", store).number == store.number
    row = {"a": 1}
    assert answer.call("pop", row, watch=True).changed
    assert not answer.call("same", row, watch=True).changed
    assert row == {"a": 1}
    answer.null(row)


def test_a_test_begins_with_its_names_as_they_are_and_holds_no_earlier_object(opened):
    answer, _ = opened("def one(): return object()\ndef swap():\n    global one\n    one = 5")
    for _ in range(3):
        assert answer.begin(["one", "swap", "two"], time.monotonic() + 60) == ["two"]
        assert len(answer.script("one", [("", ())] * 6_000)) == 6_000  # of 10,000 that a test may hold
    answer.call("swap")
    assert isinstance(answer.call("one"), Handle)


def test_calls_of_exposed_objects_are_answered_here_meanwhile(opened):
    answer, _ = opened(STORE)
    assert answer.call("ask", Exposed(SimpleNamespace(now=lambda: 41), ["now"])) == 42


def test_cpu_time_is_that_of_the_students_process_and_helpers_are_counted_apart(opened):
    answer, _ = opened(STORE)
    own_s, started_s = time.process_time(), answer.cpu_s()
    answer.call("burn", 0.2)
    assert answer.cpu_s() - started_s >= 0.2
    assert time.process_time() - own_s < 0.2
    started_s, delegated_s = answer.cpu_s(), answer.delegated_s()
    answer.call("fork")
    assert answer.cpu_s() - started_s < 0.2
    assert answer.delegated_s() - delegated_s >= 0.2
    assert answer.helpers() == 1
    assert answer.peak_mb() > 10


def test_a_call_that_does_not_end_in_time_ends_the_answer_and_the_session_lives(opened):
    answer, session = opened(STORE)
    answer.deadline_s = time.monotonic() + 0.3
    with pytest.raises(AnswerEnded) as caught:
        answer.call("burn", 60)
    assert caught.value.outcome == "timeout"
    answer.deadline_s = time.monotonic() + 20
    assert session.alive
    assert answer.call("same", 1) == 1


def test_a_process_that_ends_has_its_verdict(opened):
    answer, session = opened("import os\ndef end(): os._exit(4)")
    with pytest.raises(AnswerEnded, match="exit status 4") as caught:
        answer.call("end")
    assert caught.value.outcome == "crashed"
    assert not session.alive


def test_what_student_code_raises_has_its_kind_text_and_own_line(opened):
    answer, _ = opened("def divide(row):\n    return 1 / row['zero']")
    with pytest.raises(StudentError) as caught:
        answer.call("divide", {"zero": 0})
    assert (caught.value.kind, caught.value.line) == ("ZeroDivisionError", "return 1 / row['zero']")


@graded("made up", 4, limit_s=3)
def made_up(sheet, answer, name):
    value = answer.call(name, {"n": 2})
    sheet.criterion("value", f"{value!r}", "4", not isinstance(value, Handle) and value == 4, 2, did="It was not 4.")
    reply = answer.call(name, {"n": 3}, watch=True)
    sheet.criterion("untouched", f"{reply.changed}", "False", not reply.changed, 2)


MADE_UP = SuiteCall(__name__, "made_up", ("f",))
ANSWERS = {
    "right": "def f(row): return 2 * row['n']",
    "wrong": "def f(row): return row['n']",
    "changes its input": "def f(row): return 2 * row.pop('n')",
    "raises": "def f(row):\n    return 2 / row['m']",
    "unfinished": "def f(row):\n    if row['n'] == 3:\n        raise NotImplementedError()\n    return 4",
    "returns an object": "def f(row): return object()",
    "returns what cannot cross": "def f(row):\n    it = []\n    it.append(it)\n    return it",
    "exits": "def f(row):\n    raise SystemExit(3)",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_test_of_a_suite_gives_the_same_table_on_either_side(sandbox, name):
    source, names = ANSWERS[name], {}
    file = f"<answer: {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), names)
    here = made_up(names["f"])
    with sandbox.open() as session:
        session.run_cell(source)
        there = evaluate(MADE_UP, RemoteAnswer(session), 4.0)
    assert (there.points, there.verdict) == (float(here), here.report.verdict)
    assert there.message == here.report.text()


def test_a_test_of_a_suite_that_ends_the_answer_keeps_what_was_earned_before(sandbox):
    source = "import os\ndef f(row): return 4 if row['n'] == 2 else os._exit(1)"
    with sandbox.open() as session:
        session.run_cell(source)
        found = evaluate(MADE_UP, RemoteAnswer(session), 4.0)
    assert (found.points, found.verdict) == (2.0, "crashed")
