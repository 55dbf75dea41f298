"""The contract of every exercise: the answers of its bank get the bank's marks, in a kernel, the engine and nbgrader.

Every answer is tried in a kernel, with public and with hidden cases. That a mark does not depend on where it was given
is proven by some of them in the engine, and by one in nbgrader: it runs the same cells in the same way as a kernel. The
bank's proof says that no cell of a starter raises. `MLSD_EVERY_ANSWER=1` tries all in the engine, and those that the
bank names in nbgrader, for minutes.
"""

import dataclasses
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from grader.answer_bank.proof import AGAIN, automatic_mutants
from grader.answer_bank.runner import run_cell
from grader.empty_gradebook import lay_empty_gradebook
from tests.grader.suites.contract import (
    EXERCISES,
    ROOT,
    bank_of,
    cells_of,
    drawn,
    every_exercise,
    feed,
    hooks_of,
    marks_in_the_engine,
    reference_of,
    suite_of,
)
from tests.kernels import on_files

FIVE = 5
SECRETS = int(os.environ.get("MLSD_SECRETS", "0"))  # by hand, instead of five or one; lessons meet one
COSTLY = {
    "design_fraud_pipeline": ("test-pipeline",),
    "design_prediction_service": ("test-app",),
    "implement_monitoring": (),
    "serve_language_model": (),
}
"""Five secrets for every test of these would take a minute of CPU time or more each: see `secrets_of_tests`.

The tests that are named fit a student's model or start a service, for up to twenty seconds: they meet one secret.
"""
EVERY_ANSWER = "MLSD_EVERY_ANSWER" in os.environ
RANDOM = int(os.environ.get("MLSD_RANDOM_ANSWERS", "0"))  # instead of the bank's number; two thousand by hand
PASS, LUCK = 12, 2


def of_every_exercise(chosen):
    """The mark that runs a test with each exercise and each of the answers that are `chosen` from its bank."""
    pairs = [(name, answer) for name in EXERCISES for answer in chosen(bank_of(name)) if answer.exact]
    return pytest.mark.parametrize(("name", "answer"), pairs, ids=[f"{name}-{answer.name}" for name, answer in pairs])


def of_every_mark(bank, tests):
    """Answers that together get every mark that any gets in one of `tests`, and every one that must get all of them."""
    seen, chosen = set(), []
    for answer in bank.answers if tests else [reference_of(bank)]:
        marks = {(test, points) for test, points in bank.expected(answer).items() if answer.exact and test in tests}
        if EVERY_ANSWER or answer.kind != "wrong" or not marks <= seen:
            chosen.append(answer)
            seen |= marks
    return chosen


PROVE = """
import json, pathlib, sys
from grader.answer_bank.model import load_bank
from grader.answer_bank.proof import killed, prove
bank = load_bank(pathlib.Path(sys.argv[1]), sys.argv[2])
findings = [[one.answer.name, one.answer.kind, list(one.problems)] for one in prove(bank)]
print(json.dumps([findings, *killed(bank, spared=bank.automatic["survivors"])]))
"""


@every_exercise
def test_its_bank_is_proven_and_surviving_mutants_are_justified(name):
    # In a process of its own, as the command does it: a process has one fork server, and that of an earlier test has
    # neither the libraries nor the one thread a library with which answers are timed.
    ran = subprocess.run([sys.executable, "-c", PROVE, str(ROOT), name], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    findings, ran_mutants, alive = json.loads(ran.stdout.splitlines()[-1])
    assert {answer: problems for answer, _, problems in findings if problems} == {}
    kinds = [kind for _, kind, _ in findings]
    assert kinds.count("wrong") >= 8
    assert kinds.count("alternative") >= 2
    assert kinds.count("mutant") >= 8
    made, justified = descriptions_of_mutants(bank_of(name)), bank_of(name).automatic["survivors"]
    assert len(made) == bank_of(name).automatic["most"]
    assert set(justified) <= set(descriptions_of_mutants(bank_of(name), 10_000)), "it is justified, and no mutant"
    assert ran_mutants == sum(what not in justified for what in made)
    assert alive == []


def descriptions_of_mutants(bank, most=None):
    """Of the automatic mutants, `most` of them or as many as the bank says."""
    automatic = bank.automatic if most is None else {**bank.automatic, "most": most}
    return [what for what, _ in automatic_mutants(dataclasses.replace(bank, automatic=automatic))]


def in_nbgrader(bank, answers, folder, config):
    """The marks that nbgrader gives by itself: {answer: {test: points}}."""
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI

    name = bank.name
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
    config.ExecutePreprocessor.timeout = config.Execute.timeout = 300
    config.Execute.shutdown_kernel = "immediate"
    lay_empty_gradebook(folder / "gradebook.db")
    (folder / "source" / name).mkdir(parents=True)
    (folder / "source" / name / f"{name}.ipynb").write_text(bank.notebook.read_text())
    api = NbGraderAPI(config=config)
    assert api.generate_assignment(name)["success"]
    released = (folder / "release" / name / f"{name}.ipynb").read_text()
    for answer in answers:
        notebook, solved = json.loads(released), dict(bank.source(answer))
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code":
                cell["source"] = solved[cell["id"]]
        place = folder / "submitted" / answer.name / name / f"{name}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(notebook))
        outcome = api.autograde(name, answer.name)
        assert outcome["success"], outcome["log"]
    with Gradebook(config.CourseDirectory.db_url) as book:
        grades = {answer.name: book.find_submission_notebook(name, name, answer.name).grades for answer in answers}
        return {answer: {grade.name: grade.score for grade in some if grade.name in bank.maxima}
                for answer, some in grades.items()}  # fmt: skip


def for_nbgrader(bank):
    """The answers that nbgrader itself marks: of those that the bank names the wrong one with most points."""
    named = [answer for answer in bank.answers if answer.name in ("starter", *bank.in_nbgrader)]
    wrong = sorted(
        (answer for answer in named if answer.kind == "wrong"), key=lambda answer: sum(bank.expected(answer).values())
    )
    return named if EVERY_ANSWER else wrong[-1:]


@every_exercise
def test_nbgrader_gives_the_banks_marks_with_hidden_cases(name, secret, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    bank = bank_of(name)
    answers = for_nbgrader(bank)
    assert len(bank.in_nbgrader) >= 2
    assert any(0 < sum(bank.expected(answer).values()) < sum(bank.maxima.values()) for answer in answers)
    with on_files() as config:
        found = in_nbgrader(bank, answers, tmp_path, config)
    assert found == {answer.name: bank.expected(answer) for answer in answers}


@of_every_exercise(lambda bank: of_every_mark(bank, bank.measured))
def test_the_engine_gives_the_banks_marks_where_a_clock_decides(sandboxes, name, answer, monkeypatch):
    """The other tests are tried with hidden cases, below; those of the reference with public ones too.

    A busy machine disturbs a clock now and then: other marks are looked at twice more, as the bank's proof does.
    """
    bank = bank_of(name)
    tests = bank.maxima.keys() if answer.kind == "reference" else bank.measured
    expected = {test: points for test, points in bank.expected(answer).items() if test in tests}
    feed(name, "short_clocks", monkeypatch, bank.expected(answer))
    untimed = {cell: text for cell, text in getattr(hooks_of(name), "UNTIMED", {}).items() if cell not in answer.cells}
    cells = [(cell, untimed.get(cell, source)) for cell, source in bank.source(answer)]
    for _ in range(1 + AGAIN):
        marks = marks_in_the_engine(sandboxes(name), bank, cells, tests)
        if marks == expected:
            break
    assert marks == expected


@of_every_exercise(lambda bank: of_every_mark(bank, bank.maxima.keys() - bank.measured))
def test_so_it_does_with_hidden_cases_where_no_clock_decides(sandboxes, name, answer, hidden_cases, monkeypatch):
    bank = bank_of(name)
    feed(name, "no_repeats", monkeypatch)
    tests = set(bank.tests(answer)) - bank.measured
    expected = {test: points for test, points in bank.expected(answer).items() if test in tests}
    assert marks_in_the_engine(sandboxes(name), bank, bank.source(answer), tests) == expected


def secrets_of_tests(bank, answer):
    """Which tests an answer meets with each of the secrets: all with five.

    In a costly exercise, unless a range is stated, five meet the tests that an answer passes in part: there a figure
    lies between limits. The others meet one, each answer the next, unless engine or nbgrader tries the answer.
    """
    tests, expected = list(bank.tests(answer)), bank.expected(answer)
    if SECRETS or answer.varies or bank.name not in COSTLY:
        return [tests] * (max(FIVE, SECRETS) if answer.varies else SECRETS or FIVE)
    partly = [test for test in tests if 0 < expected[test] < bank.maxima[test] and test not in COSTLY[bank.name]]
    tried = [*of_every_mark(bank, bank.maxima.keys() - bank.measured), *for_nbgrader(bank)]
    turn = None if answer in tried else bank.answers.index(answer) % FIVE
    return [tests if secret == turn else partly for secret in range(FIVE)]


def marks_with_hidden_cases(name, answer, secrets, monkeypatch, enough=np.inf):
    """The points of the tests that can be tried without a clock, by test; a table for each of the secrets.

    `secrets`: the tests that each of them meets. A table ends where `enough` points are lost.
    """
    bank, suite, marks = bank_of(name), suite_of(name), []
    feed(name, "no_clocks", monkeypatch, suite.EXERCISE.hidden())
    feed(name, "no_repeats", monkeypatch)
    untimed = dataclasses.replace(answer, cells=getattr(hooks_of(name), "UNTIMED", {}) | answer.cells)
    found, fed = cells_of(bank, untimed), hasattr(hooks_of(name), "no_clocks")
    for seed, tests in enumerate(secrets):
        marks.append({})
        if tests:
            monkeypatch.setattr(suite.CASES, "kept", drawn(name, seed))
        for test in tests:
            if (fed or test not in bank.measured) and lost(bank, marks[-1]) < enough:
                marks[-1][test] = float(run_cell(test, dict(bank.cells)[test], found))
    return marks


def lost(bank, marks):
    """The points that are missing in some tests."""
    return sum(bank.maxima[test] - points for test, points in marks.items())


def tried_here(bank):
    """The answers with tests for some of the secrets; what a timed one loses, a clock takes."""
    tried = [answer for answer in bank.answers if answer.exact and answer.kind != "starter" and not answer.timed]
    return [answer for answer in tried if any(secrets_of_tests(bank, answer))]


@of_every_exercise(tried_here)
def test_the_draw_moves_no_mark_but_those_whose_range_is_stated_and_found(name, answer, secret, monkeypatch):
    bank = bank_of(name)
    tables = marks_with_hidden_cases(name, answer, secrets_of_tests(bank, answer), monkeypatch)
    marks = {test: [table[test] for table in tables if test in table] for test in set().union(*tables)}
    found = {test: (min(some), max(some)) for test, some in marks.items()}
    assert found == {test: bank.ranges(answer)[test] for test in found}, tables
    assert answer.varies.keys() <= found.keys()


@every_exercise
def test_its_lessons_have_a_mistake_each_and_a_first_try_gets_at_most_half(name):
    bank = bank_of(name)
    assert bank.lessons.keys() == suite_of(name).EXERCISE.lessons.keys()
    assert len(bank.lessons) >= 3
    tries = {answer.name: sum(bank.expected(answer).values()) for answer in bank.answers if answer.first_try}
    assert tries
    assert max(tries.values()) <= sum(bank.maxima.values()) / 2, tries


@pytest.mark.parametrize(
    ("name", "lesson"),
    pairs := [(name, lesson) for name in EXERCISES for lesson in bank_of(name).lessons],
    ids=[f"{name}-{lesson}" for name, lesson in pairs],
)
def test_a_lessons_mistake_loses_its_points_over_every_right_answer(name, lesson, secret, monkeypatch):
    """A mistake is tried until it has lost enough. That right answers keep theirs with hidden cases is tried above."""
    bank, points = bank_of(name), suite_of(name).EXERCISE.lessons[lesson]
    right, usual = {answer.name: answer for answer in bank.right}, Counter()
    for over, mistake in bank.lessons[lesson].items():
        tests = sorted(bank.tests(mistake, right[over]), key=lambda test: (-usual[test], -bank.maxima[test]))
        tables = marks_with_hidden_cases(name, mistake, [tests] * (SECRETS or 1), monkeypatch, points)
        assert min(lost(bank, table) for table in tables) >= points, (over, tables)
        usual.update({test: bank.maxima[test] - marks for test, marks in tables[0].items()})  # the next loses it there


def luck_of(bank, seed, low_is_known):
    """The points of the answer of a seed, as (those that it has, those that it may get more).

    Tests end when it is known that it fails and, unless `low_is_known`, that it has more than `LUCK` points.
    """
    cells, got, left = cells_of(bank, bank.at_random, seed=seed), 0.0, sum(bank.maxima.values())
    for test, most in bank.maxima.items():
        if got + left < PASS and (low_is_known or got > LUCK):
            break
        got, left = got + float(run_cell(test, dict(bank.cells)[test], cells)), left - most
    return got, got + left


@every_exercise
def test_answers_at_random_do_not_pass(name, secret, monkeypatch):
    """That half of all have few points is known when half of them have: of the others it is asked that they fail."""
    bank, suite, marks = bank_of(name), suite_of(name), []
    hidden = suite.EXERCISE.hidden()
    feed(name, "no_clocks", monkeypatch, hidden)
    feed(name, "no_repeats", monkeypatch)
    monkeypatch.setattr(suite.CASES, "kept", suite.CASES.public())
    draws = RANDOM or bank.draws
    for seed in range(draws):
        low = sum(most <= LUCK for _, most in marks)
        marks.append(luck_of(bank, seed, low_is_known=not RANDOM and low > draws / 2))
    least, most = np.array(marks).T
    print(f"{name}: {np.bincount(np.floor(least).astype(int))} answers with at least 0, 1, 2, ... points")  # with -rP
    assert len(marks) >= 25
    assert np.mean(most >= PASS) < 0.01, marks
    assert np.mean(most <= LUCK) > 0.5, marks
