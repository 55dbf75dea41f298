"""An exercise in a test's hands: its bank, its suite, the clocks that it is fed, and its answers run in the engine."""

import functools
import importlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.answer_bank.model import load_bank
from grader.answer_bank.runner import run_cell
from grader.grading.analysis.grading_plan import Plan, suite_call
from grader.grading.analysis.name_analysis import tree_of
from grader.grading.grade_submission import Step, untouched
from grader.grading.remote_answer import RemoteAnswer
from grader.grading.suite_test import evaluate

ROOT = Path(__file__).parents[3]
EXERCISES = sorted(path.parent.name for path in (ROOT / "grader/suites").glob("*/exercise.toml"))
every_exercise = pytest.mark.parametrize("name", EXERCISES)
bank_of = functools.cache(functools.partial(load_bank, ROOT))


def suite_of(name):
    return importlib.import_module(f"grader.suites.{name}")


PLANTING = [name for name in EXERCISES if hasattr(suite_of(name), "PLANTED")]
every_planting_exercise = pytest.mark.parametrize("name", PLANTING)


def hooks_of(name):
    """What a test of marks replaces in an exercise: its clocks, what is done twice; nothing where it needs none."""
    known = (Path(__file__).parent / f"hooks_{name}.py").is_file()
    return importlib.import_module(f"tests.grader.suites.hooks_{name}") if known else SimpleNamespace()


def secrets_of(name):
    """Two secrets that an instructor may have: any, or those that `hooks_NAME` names."""
    return getattr(hooks_of(name), "SECRETS", ("a" * 64, "b" * 64))


@functools.cache
def drawn(name, seed):
    """Hidden cases of an exercise, drawn once for all of its tests in this process: to find them may take seconds."""
    suite = suite_of(name)
    seeds = getattr(hooks_of(name), "SEEDS", {}).get(seed, (seed, seed + 1000))
    return suite.CASES.drawn(*seeds[: len(suite.EXERCISE.seeds)])


@functools.cache
def found(name):
    """Those of the tests' secret, or of the seeds that `hooks_NAME` names, once as in a process of the grader's."""
    return drawn(name, 0) if hasattr(hooks_of(name), "SEEDS") else suite_of(name).CASES.find()


def feed(name, hook, *given):
    getattr(hooks_of(name), hook, lambda *_: None)(*given)


def cells_of(bank, answer, **names):
    """What an answer's cells define, without its tests."""
    namespace = {"__name__": "__main__", **names}
    for cell, source in bank.source(answer):
        if not cell.startswith("test-"):
            run_cell(cell, source, namespace)
    return namespace


def reference_of(bank):
    return next(answer for answer in bank.answers if answer.kind == "reference")


def stubs_of(bank):
    """Its answer cells by grade id, as students get them."""
    return next(answer for answer in bank.answers if answer.kind == "starter").cells


def calls_of(bank):
    """Its test cells by grade id: the test of the suite, and the names that it passes to it."""
    calls = {cell: call_of(bank, source) for cell, source in bank.cells if cell in bank.maxima}
    return {cell: (call.test, list(call.names)) for cell, call in calls.items()}


def call_of(bank, source):
    """What a test cell calls; one that is more than a call of the suite would be decided beside the answer."""
    call = suite_call(tree_of(source), {"suite": f"grader.suites.{bank.name}"})
    assert call, f"{bank.name}: write the test cell as suite.TEST(NAME), not {source!r}"
    return call


def told_of(notebook):
    """Its prose."""
    cells = json.loads(notebook.read_text())["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def marks_in_the_engine(sandbox, bank, cells, tests):
    """Cells in the sandbox, tests on the answer that is there: as the engine does it."""
    stubs = stubs_of(bank)
    steps = [Step(n, cell, "theirs" if cell in stubs else "locked", source) for n, (cell, source) in enumerate(cells)]
    marks = {}
    with sandbox.open() as session:
        answer = RemoteAnswer(session, untouched(steps, Plan(bank.name, starters=stubs))[1])
        for cell, source in cells:
            if cell in tests:
                marks[cell] = evaluate(call_of(bank, source), answer, bank.maxima[cell]).points
            elif cell not in bank.maxima:
                session.run_cell(source)
    return marks
