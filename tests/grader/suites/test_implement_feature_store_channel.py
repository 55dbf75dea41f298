"""The bank of `implement_feature_store` through the engine's channel: the marks of the kernel, public and hidden."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader.bank.model import load_bank
from grader.bank.runner import run_cells
from grader.grading.analysis.grading_plan import Plan
from grader.grading.grade_submission import Step, untouched
from grader.grading.sealed.client import Client
from grader.grading.sealed.evaluator import Evaluator, Names, Namespace
from grader.sandbox import make_sandbox
from grader.suites import implement_feature_store
from tests.grader.grading.beside import SERVER

ROOT = Path(__file__).parents[3]
NAME = "implement_feature_store"
BANK = load_bank(ROOT, NAME)
ANSWERS = [answer for answer in BANK.answers if answer.exact]


@pytest.fixture(scope="module")
def sandbox():
    with make_sandbox(
        [f"grader.suites.{NAME}"], forbids=list(implement_feature_store.FORBIDS), server=SERVER
    ) as sandbox:
        yield sandbox


def marks_through_the_channel(sandbox, answer) -> dict[str, float]:
    """Student's cells in the sandbox, locked ones on both sides, tests in the checker: as the engine does it."""
    cells = BANK.source(answer)
    stubs = next(one for one in BANK.answers if one.kind == "starter").cells
    steps = [Step(n, name, "theirs" if name in stubs else "locked", source) for n, (name, source) in enumerate(cells)]
    evaluator = Evaluator(Namespace(Names()))
    evaluator.namespace["suite"] = implement_feature_store
    marks = {}
    with sandbox.open() as session:
        evaluator.use(Client(session))
        evaluator.namespace.client.starters = untouched(steps, Plan(NAME, starters=stubs))[1]
        for name, source in cells:
            if name in BANK.maxima:
                marks[name] = evaluator.run(source, name, BANK.maxima[name], 120).points
                continue
            session.run_cell(source)
            if name == "try-store":
                evaluator.run(source, name, 0.0, 20)
    return marks


THREADS = """
from concurrent.futures import ThreadPoolExecutor

def check_store(Store):
    checks = [check_past, check_answers, check_online, check_change] * 3
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(check, Store) for check in checks]:
            done.result()
"""


def hide(monkeypatch, tmp_path):
    """From now on the cases are hidden ones, and the stores under test are lent."""
    secret = tmp_path / "secret"
    secret.write_text("c" * 64)
    monkeypatch.setenv("MLSD_SECRET_FILE", str(secret))


def in_threads():
    """The reference, whose tests run in six threads at once."""
    reference = next(one for one in BANK.answers if one.kind == "reference")
    return replace(reference, name="in threads", cells={**reference.cells, "check-store": THREADS})


def test_tests_that_use_lent_stores_from_threads_get_their_marks_through_the_channel(sandbox, monkeypatch, tmp_path):
    hide(monkeypatch, tmp_path)
    assert marks_through_the_channel(sandbox, in_threads())["test-own-tests"] == 6


@pytest.mark.parametrize("hidden", [False, True])
def test_so_do_they_in_the_kernel(monkeypatch, tmp_path, hidden):
    monkeypatch.setenv("MLSD_SECRET_FILE", os.devnull)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    if hidden:
        hide(monkeypatch, tmp_path)
    result = run_cells(BANK.source(in_threads()), ["test-own-tests"])
    assert result.points == {"test-own-tests": 6.0}, result


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda one: one.name)
def test_each_answer_of_the_bank_gets_its_marks_through_the_channel(sandbox, answer, monkeypatch):
    monkeypatch.setenv("MLSD_SECRET_FILE", os.devnull)
    assert marks_through_the_channel(sandbox, answer) == BANK.expected(answer)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda one: one.name)
def test_so_it_does_with_hidden_cases_and_lent_stores(sandbox, answer, monkeypatch, tmp_path):
    hide(monkeypatch, tmp_path)
    assert marks_through_the_channel(sandbox, answer) == BANK.expected(answer)
