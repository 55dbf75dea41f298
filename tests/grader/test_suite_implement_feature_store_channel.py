"""The bank of `implement_feature_store` through the engine's channel: the marks of the kernel, public and hidden."""

import os
from pathlib import Path

import pytest

from grader.bank import load_bank
from grader.engine.evaluate import Evaluator, Names, Namespace
from grader.engine.job import Step, untouched
from grader.engine.link import Link
from grader.engine.plan import Plan
from grader.engine.sandbox import Zygote
from grader.suites import implement_feature_store
from tests.grader.engine.beside import SERVER

ROOT = Path(__file__).parents[2]
NAME = "implement_feature_store"
BANK = load_bank(ROOT, NAME)
ANSWERS = [answer for answer in BANK.answers if answer.exact]


@pytest.fixture(scope="module")
def zygote():
    with Zygote([f"grader.suites.{NAME}"], forbids=list(implement_feature_store.FORBIDS), server=SERVER) as zygote:
        yield zygote


def marks_through_the_channel(zygote, answer) -> dict[str, float]:
    """Student's cells in the sandbox, locked ones on both sides, tests in the checker: as the engine does it."""
    cells = BANK.source(answer)
    stubs = next(one for one in BANK.answers if one.kind == "starter").cells
    steps = [Step(n, name, "theirs" if name in stubs else "locked", source) for n, (name, source) in enumerate(cells)]
    evaluator = Evaluator(Namespace(Names()))
    evaluator.namespace["suite"] = implement_feature_store
    marks = {}
    with zygote.open() as session:
        evaluator.use(Link(session))
        evaluator.namespace.link.starters = untouched(steps, Plan(NAME, starters=stubs))[1]
        for name, source in cells:
            if name in BANK.maxima:
                marks[name] = evaluator.run(source, name, BANK.maxima[name], 120).points
                continue
            session.run_cell(source)
            if name == "try-store":
                evaluator.run(source, name, 0.0, 20)
    return marks


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda one: one.name)
def test_each_answer_of_the_bank_gets_its_marks_through_the_channel(zygote, answer, monkeypatch):
    monkeypatch.setenv("MLSD_SECRET_FILE", os.devnull)
    assert marks_through_the_channel(zygote, answer) == BANK.expected(answer)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda one: one.name)
def test_so_it_does_with_hidden_cases_and_lent_stores(zygote, answer, monkeypatch, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("c" * 64)
    monkeypatch.setenv("MLSD_SECRET_FILE", str(secret))
    assert marks_through_the_channel(zygote, answer) == BANK.expected(answer)
