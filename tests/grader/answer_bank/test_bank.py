"""Banks: fixtures that make each check of a bank fail. That each exercise's bank is proven stands in its contract."""

import multiprocessing
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from grader.answer_bank.model import (
    Bank,
    BankAnswer,
    BankError,
    Patches,
    load_bank,
    mistakes,
    read_answer,
    read_settings,
)
from grader.answer_bank.mutation import mutants
from grader.answer_bank.proof import DISTURBED, Finding, automatic_mutants, judge, killed, prove
from grader.answer_bank.report import show_bank, show_margins
from grader.answer_bank.runner import Job, Result, run_all, run_cells

ROOT = Path(__file__).parents[3]
NAME = "reduce_latency"


@pytest.fixture(scope="module")
def bank():
    return load_bank(ROOT, NAME)


# Each check of a bank has something that it refuses.

SMALL = Bank("small", Path("small.ipynb"), [("answer", "x = 1"), ("test-x", "")], {"test-x": 2.0}, [], (), {})
WRONG = BankAnswer("zero", "wrong", {"answer": "x = 0"}, {"test-x": 1.0}, ("x is 0",))


def problems(answer, **result):
    return judge(SMALL, answer, Result(**result)).problems


def test_other_points_than_stated_are_a_problem():
    assert not problems(WRONG, points={"test-x": 1.0}, texts={"test-x": "x\n  is 0."})
    assert problems(WRONG, points={"test-x": 1.5}, texts={"test-x": "x is 0"}) == ("test-x gave 1.5, not 1",)
    assert problems(WRONG, points={}, texts={"test-x": "x is 0"}) == ("test-x gave 0, not 1",)


def test_a_message_that_is_not_said_is_a_problem():
    assert problems(WRONG, points={"test-x": 1.0}, texts={"test-x": "x is 1"}) == ("nothing says 'x is 0'",)


def test_a_mutant_that_keeps_all_points_is_a_problem():
    mutant = BankAnswer("mutant", "mutant", exact=False)
    assert problems(mutant, points={"test-x": 2.0}) == ("no test noticed the fault",)
    assert not problems(mutant, points={"test-x": 1.0})


def test_a_starter_that_is_judged_or_raises_is_a_problem():
    starter = BankAnswer("starter", "starter", points={"test-x": 0.0})
    assert not problems(starter, points={"test-x": 0.0}, texts={"test-x": "x: not attempted"})
    assert problems(starter, points={"test-x": 0.0}, texts={"test-x": "x: fail"})
    assert problems(starter, points={"test-x": 0.0}, errors={"answer": "NameError"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"""One.\n\nkind = "wrong"\npoints = { test-x = 1 }\n"""\n', "each cell starts with"),
        ('"""One.\n\nkind = "odd"\n"""\n# %% answer\nx = 0\n', "kind is"),
        ('"""One.\n\nkind = "wrong"\n"""\n# %% answer\nx = 0\n', "must state the points"),
        ('"""One.\n\nkind = "wrong"\npoints = { test-y = 1 }\n"""\n# %% answer\nx = 0\n', "Unknown here: test-y"),
        ('"""One.\n\nkind = "wrong"\npoints = { test-x = 1 }\n"""\n# %% other\nx = 0\n', "Unknown here: other"),
        ('"""One.\n\nkind: wrong\n"""\n# %% answer\nx = 0\n', "must be TOML"),
        ('"""One.\n\nkind = "wrong"\npoints = { test-x = 1 }\ncause = "luck"\n"""\n# %% answer\nx = 0\n', "missing"),
        ("x = ", "must be TOML"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused(tmp_path, text, words):
    path = tmp_path / "answer.py"
    path.write_text(text)
    with pytest.raises(BankError, match=words):
        read_answer(path, {"answer": "x = 1"}, {"test-x": 2.0})


PATCHES = Patches(Path("small/bank.toml"), {"answer": "x = 1 + 1"}, {"test-x": 2.0})
RULES = {"about": "One.", "points": {"test-x": 1}, "says": ["x"], "patches": [{"cell": "answer", "new": "x = 0"}]}


def test_patches_are_laid_over_the_reference_one_after_the_other():
    steps = [{"cell": "answer", "old": "= 1", "new": "= 2"}, {"cell": "answer", "old": "+ 1", "new": "+ 3"}]
    wrong = PATCHES.wrong("zero", {**RULES, "patches": steps})
    assert (wrong.kind, wrong.cells, wrong.points, wrong.says) == (
        "wrong",
        {"answer": "x = 2 + 3"},
        {"test-x": 1},
        ("x",),
    )
    assert PATCHES.wrong("zero", RULES).cells == {"answer": "x = 0"}
    mutant = PATCHES.mutant("one is two", {"cell": "answer", "old": "= 1", "new": "= 2"})
    assert (mutant.cells, mutant.exact) == ({"answer": "x = 2 + 1"}, False)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"patches": [{"cell": "answer", "old": "y", "new": "z"}]}, r"\[wrong.zero\]: .*0 times.*'y': copy it from"),
        ({"patches": [{"cell": "answer", "old": "1", "new": "2"}]}, "2 times, not once, the text '1': quote more"),
        ({"patches": [{"cell": "other", "new": ""}]}, r"'other' must be one of \['answer'\]"),
        ({"patches": [{"cell": "answer", "old": "1"}]}, "a patch has cell, old and new"),
        ({"patches": []}, "has no patches"),
        ({"points": {}}, "in `points` what it gets of: test-x"),
        ({"points": {"test-y": 1}}, "in `points` what it gets of: test-x"),
        ({"about": ""}, "must say in `about`"),
        ({"say": ["x"]}, r"has \['say'\]"),
        ({"varies": {"test-x": [1, 2]}}, "one of varies and cause is missing"),
        ({"cause": "luck"}, "one of varies and cause is missing"),
        ({"varies": {"test-x": [0, 0.5]}, "cause": "luck"}, "Wrong here: test-x"),
        ({"varies": {"test-x": [1, 1]}, "cause": "luck"}, "Wrong here: test-x"),
    ],
)
def test_a_patch_that_breaks_a_rule_is_refused(rules, words):
    with pytest.raises(BankError, match=rf"small/bank.toml: .*{words}"):
        PATCHES.wrong("zero", RULES | rules)


RIGHT = {
    "reference": PATCHES,
    "twice": PATCHES.over({"answer": "x = 2"}),
    "thrice": PATCHES.over({"answer": "x = 6 / 3"}),
}
LESSON = {"about": "One too few.", "every": [{"cell": "answer", "add": "x -= 1"}]}


def test_a_lessons_mistake_is_laid_over_every_right_answer_and_one_may_have_its_own():
    over = {"twice": [{"cell": "answer", "old": "2", "new": "1"}]}
    laid = mistakes("count", {**LESSON, "over": over}, RIGHT)
    assert {name: answer.cells["answer"] for name, answer in laid.items()} == {
        "reference": "x = 1 + 1\n\nx -= 1",
        "twice": "x = 1",
        "thrice": "x = 6 / 3\n\nx -= 1",
    }
    assert {answer.kind for answer in laid.values()} == {"mistake"}


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"about": ""}, "must say in `about`"),
        ({"points": 3}, r"has \['points'\]"),
        ({"over": {"other": []}}, r"has \['other'\]"),
        ({"over": {"twice": []}}, "over twice has no patches"),
        ({"over": {"twice": [{"cell": "answer", "old": "3", "new": "1"}]}}, "over twice: cell 'answer' holds 0 times"),
    ],
)
def test_a_lesson_that_breaks_a_rule_is_refused(rules, words):
    with pytest.raises(BankError, match=rf"small/bank.toml: \[lessons.'count'\] ?.*{words}"):
        mistakes("count", LESSON | rules, RIGHT)


def test_a_lesson_over_two_right_answers_is_refused():
    two = {name: RIGHT[name] for name in ("reference", "twice")}
    with pytest.raises(BankError, match="lies over 2 right answers"):
        mistakes("count", LESSON, two)


def test_a_bank_that_is_no_toml_is_refused(tmp_path):
    (tmp_path / "bank.toml").write_text("points = 1 1")
    with pytest.raises(BankError, match=r"bank.toml: .*line 1"):
        read_settings(tmp_path / "bank.toml")


def test_an_unknown_bank_is_named_with_the_known_ones():
    with pytest.raises(BankError, match=r"There is no bank 'nothing'.*reduce_latency"):
        load_bank(ROOT, "nothing")


def test_an_answer_that_dies_or_never_ends_is_ended_and_told(tmp_path):
    closes = "import os, time; os.closerange(3, 99); time.sleep(99)"
    sources = ("import os; os._exit(3)", "while True: pass", "x = 1", closes)
    jobs = [Job([("answer", source)], []) for source in sources]
    results = dict(run_all(jobs, tmp_path, (), limit_s=600, limit_cpu_s=8))
    assert results[0].errors == {"process": "the answer's process died"}
    assert results[1].errors == {"process": "the answer was ended after 8 s of CPU time"}
    assert results[2].errors == {}
    assert results[3].errors == {"process": "the answer's process died"}


def test_an_answer_that_sleeps_for_ever_is_ended_by_the_clock_on_the_wall(tmp_path):
    sleeps = Job([("answer", "import time; time.sleep(99)")], [])
    [(_, result)] = run_all([sleeps], tmp_path, (), limit_s=5, limit_cpu_s=2)
    assert result.errors == {"process": "the answer was ended after 5 s"}


def test_answers_find_what_the_exercise_needs_though_another_started_the_fork_server(tmp_path):
    context = multiprocessing.get_context("forkserver" if sys.platform != "win32" else "spawn")
    process = context.Process(target=os.getpid)
    process.start()
    process.join()
    jobs = [Job([("answer", "import sys; assert 'this' in sys.modules")], [])]
    assert dict(run_all(jobs, tmp_path, ["this"]))[0].errors == {}


def test_a_cell_that_raises_does_not_stop_the_others():
    result = run_cells(Job([("first", "1 / 0"), ("second", "x = 1"), ("test-skipped", "1 / 0")], []))
    assert result.errors == {"first": "ZeroDivisionError: division by zero"}


GIVE = """
from types import SimpleNamespace
from grader.suite_kit.points import Points

def give(points):
    return Points(points, 2, SimpleNamespace(text=lambda: "a table"))
"""


@pytest.mark.parametrize("first", ["give(1)", "1 / 0"])
def test_where_a_loss_is_all_that_is_asked_nothing_runs_after_the_first(first):
    cells = [("answer", GIVE), ("test-a", first), ("test-b", "give(2)")]
    maxima = {"test-a": 2.0, "test-b": 2.0}
    assert "test-b" not in run_cells(Job(cells, ["test-a", "test-b"], maxima)).points
    assert run_cells(Job(cells, ["test-a", "test-b"])).points["test-b"] == 2
    assert run_cells(Job(cells, ["test-b"], maxima)).points == {"test-b": 2.0}


TWO_CRITERIA = """
from grader.suite_kit.families import Family
from grader.suite_kit.score_sheet import graded

@graded("a", 2, families={name: Family(test="a", title=name, production="") for name in ("first", "second")})
def test(sheet, answer, name):
    sheet.judge("first", "", "", answer.call(name))
    sheet.judge("second", "", "", True)
"""


@pytest.mark.parametrize(
    ("gives", "maxima", "measured", "asked", "points"),
    [
        (False, {"test-a": 2.0}, (), False, 0),
        (True, {"test-a": 2.0}, (), True, 2),
        (False, {}, (), True, 1),
        (False, {"test-a": 2.0}, ("test-a",), True, 1),
    ],
)
def test_where_a_loss_is_all_that_is_asked_a_test_ends_with_it(gives, maxima, measured, asked, points):
    """Not one that a clock decides: it may judge its criteria again."""
    cells = [("answer", f"{TWO_CRITERIA}\ndef gives():\n    return {gives}"), ("test-a", "test(gives)")]
    result = run_cells(Job(cells, ["test-a"], maxima, frozenset(measured)))
    assert ("second" in result.texts["test-a"], result.points["test-a"]) == (asked, points)


def test_mutants_differ_from_the_source_by_one_fault_each():
    source = "def f(a, b):\n    if a <= b:\n        return a + 1\n    return -b if a else b * 2\n"
    made = mutants(source)
    assert len({mutant.source for mutant in made}) == len(made) >= 9
    assert "line 2: LtE is Lt" in [mutant.what for mutant in made]
    assert all(mutant.source != source for mutant in made)
    assert mutants("x = 'text'\n") == []


def test_automatic_mutants_are_the_same_in_every_run(bank):
    assert [name for name, _ in automatic_mutants(bank)] == [name for name, _ in automatic_mutants(bank)]


def test_a_bank_that_is_not_proven_says_so(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    answers = [BankAnswer("reference", "reference"), WRONG]
    cells = [("answer", "x = 1"), ("test-x", "from grader.suite_kit.points import Points\nPoints(2 * x, 2)")]
    bank = Bank("small", tmp_path / "small.ipynb", cells, {"test-x": 2.0}, answers, (), {})
    assert not show_bank(bank)
    text = capsys.readouterr().out
    assert "NOT proven" in text
    assert "zero" in text


@pytest.mark.parametrize(("right", "wrong", "told"), [(2.0, 0.5, False), (1.1, 0.5, True), (2.0, 0.9, True)])
def test_a_figure_near_a_limit_that_a_processor_decides_is_told(capsys, right, wrong, told):
    margins = [(BankAnswer("reference", "reference"), right), (WRONG, wrong)]
    margins.append((BankAnswer("mutant", "mutant", exact=False), 1.0))  # of it no figure is asked
    findings = [Finding(answer, Result(margins={"rows, 38x": margin}), ()) for answer, margin in margins]
    show_margins(SMALL, findings, Console(width=120))
    (row,) = (line for line in capsys.readouterr().out.splitlines() if "rows, 38x" in line)
    assert f"{right:.2g} x" in row
    assert f"{wrong:.2g} x" in row
    assert ("another processor" in row) == told


# An answer that passes its test at the third run: each run leaves a mark in the folder.
SAYS = """
from pathlib import Path
from grader.suite_kit.points import Points
class Report:
    def text(self): return "measured"
"""
THIRD = f"""{SAYS}
marks = len(list(Path.cwd().glob("mark-*")))
Path("mark-" + str(marks)).touch()
Points(2 * (marks >= 2), 2, Report())
"""


HALF = f"{SAYS}Points(x, 2, Report())"


def small(folder, test, answers=1, measured=("test-x",)):
    """A bank with so many references, and with one test."""
    references = [BankAnswer(f"reference {number}", "reference") for number in range(answers)]
    cells = [("answer", "x = 1"), ("test-x", test)]
    return Bank(
        "small", folder / "small.ipynb", cells, {"test-x": 2.0}, references, (), {}, measured=frozenset(measured)
    )


@pytest.mark.parametrize(("measured", "runs", "proven"), [(["test-x"], 3, True), ([], 1, False)])
def test_only_what_a_clock_decides_is_run_again(tmp_path, measured, runs, proven):
    (finding,) = prove(small(tmp_path, THIRD, measured=measured))
    assert (finding.runs, not finding.problems) == (runs, proven)
    assert len(list(tmp_path.glob("mark-*"))) == runs


def test_an_answer_that_differs_each_time_stays_a_problem(tmp_path):
    (finding,) = prove(small(tmp_path, HALF))
    assert finding.problems == ("test-x gave 1, not 2",)
    assert finding.runs == 3


def test_many_that_differ_are_not_run_again(tmp_path):
    answers = DISTURBED + 1
    assert [finding.runs for finding in prove(small(tmp_path, HALF, answers))] == [1] * answers


def test_of_automatic_mutants_those_that_no_test_notices_are_told_and_the_spared_do_not_run(tmp_path):
    test = f"{SAYS}Path(f'mark-{{os.getpid()}}').touch()\nPoints(2 * (x == 1), 2, Report())"
    bank = small(tmp_path, f"import os\n{test}")
    automatic = {"cells": ["answer"], "tests": ["test-x"], "most": 9}
    bank = replace(bank, cells=[("answer", "x = 1 + 0"), *bank.cells[1:]], automatic=automatic)
    assert killed(bank) == (3, ["answer, line 1: Add is Sub"])
    assert len(list(tmp_path.glob("mark-*"))) == 3
    assert killed(bank, spared=["answer, line 1: Add is Sub"]) == (2, [])
    assert len(list(tmp_path.glob("mark-*"))) == 5
