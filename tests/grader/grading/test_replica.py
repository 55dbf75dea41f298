"""What is prepared before a service is asked for counts as its start, wherever it was prepared; experiments do not."""

import re

import pytest

from grader.grading import replica
from grader.grading.records import Step
from grader.grading.replica import needed
from grader.suites.reduce_latency.suite import START_CPU_S
from tests.grader.grading.bench import Bench, answer, check, locked
from tests.grader.suites.contract import bank_of

BANK = bank_of("reduce_latency")
RIGHT = dict(BANK.cells)
WORKS = f"""
import time
end = time.process_time() + {START_CPU_S + 0.2}
while time.process_time() < end: pass
"""
INDENTED = WORKS.replace("\n", "\n    ")
MADE = "        old = suite.SlowService()\n"
KEPT = "        pd.READY if hasattr(pd, 'READY') else ready()\n        pd.READY = 1\n"


@pytest.fixture(scope="module")
def bench():
    """The exercise with two of its tests."""
    theirs = ("profile", "history", "features", "nested", "fast-service", "shadow-requests")
    given = ("imports", "test-same-answers", "test-guards")
    assert {*theirs, *given} <= set(RIGHT)
    cells = [
        check(name, source, BANK.maxima[name]) if name in BANK.maxima
        else answer(name, source) if name in theirs else locked(name, source)
        for name, source in BANK.cells if name in (*theirs, *given)
    ]  # fmt: skip
    with Bench(*cells, cell_s=60.0) as found:
        yield found


def replaced(cell, old, new):
    assert old in RIGHT[cell]
    return {cell: RIGHT[cell].replace(old, new)}


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(replaced("fast-service", "class FastService", f"{WORKS}class FastService"), id="in-its-cell"),
        pytest.param(
            {"nested": RIGHT["nested"] + WORKS + "READY = end\n"}
            | replaced("fast-service", MADE, MADE + "        READY\n"),
            id="in-a-cell-before",
        ),
        pytest.param(
            {"nested": RIGHT["nested"] + f"\nimport functools\n\n\n@functools.cache\ndef ready():{INDENTED}\n"}
            | replaced("fast-service", MADE, MADE + "        ready()\n"),
            id="once-in-the-test-before",
        ),
        pytest.param(
            {"nested": RIGHT["nested"] + WORKS + "globals()['REA' + 'DY'] = end\n"}
            | replaced("fast-service", MADE, MADE + "        READY\n"),
            id="where-no-text-says-so",
        ),
        pytest.param(
            {"nested": RIGHT["nested"] + f"\n\ndef ready():{INDENTED}\n"}
            | replaced("fast-service", MADE, MADE + KEPT),
            id="kept-in-a-library",
        ),
    ],
)  # fmt: skip
def test_what_was_prepared_earlier_counts_as_the_start(bench, answers):
    same, guards = bench.result(answers).verdicts
    assert (same.points, guards.points) == (4, 2), (same.message, guards.message)
    worked_s = re.search(r"__init__ worked (\S+) s, with what it needs", " ".join(guards.message.split()))[1]
    assert float(worked_s) > START_CPU_S


def test_an_experiment_and_a_table_that_is_soon_built_cost_no_point(bench):
    loaded = "\n\ntables = suite.SlowService()\ntables.read()\n"
    answers = {"profile": RIGHT["profile"] + WORKS, "nested": RIGHT["nested"] + loaded}
    answers |= replaced("fast-service", MADE, "        old = tables\n")
    extra = {"fast-service": f"service = FastService()\n{WORKS}"}
    assert [verdict.points for verdict in bench.result(answers, extra).verdicts] == [4, 3]


def test_a_service_that_does_not_come_up_in_a_process_of_its_own_has_not_started(bench):
    knows = """
        import traceback
        if any(frame.name == "run_code" for frame in traceback.extract_stack()): raise OSError
"""
    same, guards = bench.result(replaced("fast-service", MADE, knows + MADE)).verdicts
    assert (same.points, guards.points) == (4, 2)
    assert "gave no right answer" in " ".join(guards.message.split())


def step(number, source):
    return Step(number, f"cell-{number}", "theirs", source)


def test_the_cells_that_a_name_needs_are_those_that_give_it_what_it_reads():
    cells = [
        step(0, "import math"),
        step(1, "table = [math.pi]"),
        step(2, "rows = [1, 2]"),
        step(3, "table.append(2)"),
        step(4, "class Service:\n    def predict(self, rows):\n        return table[rows]"),
        step(5, "measured = Service().predict(0)"),
        step(6, "Service.limit = other"),
        step(7, "other = 3"),
        step(8, "def broken(:"),
    ]
    assert [cell.number for cell in needed(cells, "Service")] == [0, 1, 3, 4, 6, 7]
    assert [cell.number for cell in needed([step(0, "from math import *"), step(1, "f = 1")], "f")] == [0, 1]


def test_the_name_that_a_test_is_given_is_read_from_its_text():
    assert replica.tested("suite.guards(FastService)") == "FastService"
    assert replica.tested("suite.begin()") == ""
