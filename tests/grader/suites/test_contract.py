"""The contract of every exercise: its parts, its prose and its cases. One of its own states only what is its own.

Its marks, the objects that a student's tests get, and what may be shown of hidden cases: see the modules beside this.
An exercise whose points come from a clock has a module `hooks_NAME` there, which says how the clock is fed.
"""

import ast
import dataclasses
import itertools
import json
import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.answer_bank.model import banks
from grader.grading.analysis.grading_plan import Plans, plans
from grader.grading.analysis.name_analysis import bound, read, tree_of
from grader.grading.intake.instructor_notebook import InstructorNotebook
from grader.grading.intake.submission import Assignment
from grader.grading.records import Job
from grader.grading.worker import Spec, Task, WorkerProcess
from grader.grading.worker_process import warm
from grader.suite_kit.answer import is_hidden
from grader.suite_kit.designs import Range
from grader.suite_kit.exercise import ExerciseError
from tests.grader.grading.bench import locked
from tests.grader.suites.contract import (
    EXERCISES,
    ROOT,
    bank_of,
    calls_of,
    every_exercise,
    secrets_of,
    stubs_of,
    suite_of,
    told_of,
)  # fmt: skip

# What an exercise consists of


def test_every_exercise_has_all_its_parts():
    assert EXERCISES == banks(ROOT) == sorted(path.name for path in (ROOT / "solutions").iterdir() if path.is_dir())
    for name in EXERCISES:
        for part in ("__init__.py", "suite.py", "exercise.toml", "hidden/__init__.py"):
            assert (ROOT / "grader/suites" / name / part).is_file(), (name, part)


def waits_for_a_student(tree, answers):
    """Whether a cell has comments and plain values alone, or shows one of `answers` by a choice of several."""
    if all(isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant) for line in tree.body):
        return True
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    chosen = [call for call in calls if any(isinstance(argument, ast.Constant) for argument in call.args)]
    return any(argument.id in answers for call in chosen for argument in call.args if isinstance(argument, ast.Name))


@every_exercise
def test_a_student_can_type_where_he_is_to_change_something(name):
    """JupyterLab drops what is typed into a locked cell without a word; no locked cell needs what he may change."""
    bank, cells = bank_of(name), json.loads((ROOT / "exercises" / name / f"{name}.ipynb").read_text())["cells"]
    trees = {cell["id"]: tree_of("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"}
    open_to_him = {cell["id"] for cell in cells if cell["metadata"].get("editable", True)} & trees.keys()
    stubs = stubs_of(bank).keys()
    assert stubs <= open_to_him
    assert not open_to_him & bank.maxima.keys()
    answers = set().union(*(bound(trees[cell]) for cell in stubs))
    his = set().union(*(bound(trees[cell]) for cell in open_to_him - stubs))
    closed = {cell: trees[cell] for cell in trees.keys() - open_to_him}
    assert [cell for cell, tree in closed.items() if waits_for_a_student(tree, answers)] == []
    assert {cell: names for cell, tree in closed.items() if (names := read(tree) & his)} == {}


class Misspelled(ast.NodeTransformer):
    def visit_Constant(self, node):
        return ast.Constant(f"{node.value}x") if isinstance(node.value, str) else node


def choices_in(bank):
    """Calls of the suite, as text, in which its cells and prose choose by a name; each name is misspelled."""
    cells = [source for cell, source in bank.cells if cell not in stubs_of(bank)]
    lines = [line.lstrip("# ") for source in cells for line in source.splitlines()]
    for text in [*re.findall(r"`([^`]+)`", told_of(bank.notebook)), *lines]:
        for call in (node for node in ast.walk(tree_of(text)) if isinstance(node, ast.Call)):
            chosen = any(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in call.args)
            if chosen and ast.unparse(call.func).startswith("suite."):
                yield ast.unparse(Misspelled().visit(call))


@every_exercise
def test_a_misspelled_choice_is_answered_with_those_there_are(name):
    given = defaultdict(lambda: lambda *_: None, suite=suite_of(name))
    for call in set(choices_in(bank_of(name))):
        with pytest.raises(ExerciseError, match=r"must be|There are hints for"):
            eval(call, {}, given)


@every_exercise
def test_what_is_handed_in_comes_before_what_may_be_left(name):
    """Between two tests, the answers that a test asks for come first, then what only helps with them."""
    bank = bank_of(name)
    stubs, asked = stubs_of(bank), {argument for _, arguments in calls_of(bank).values() for argument in arguments}
    only_helps = {cell: not bound(tree_of(source)) & asked for cell, source in bank.cells}
    for is_answer, cells in itertools.groupby(only_helps, key=stubs.__contains__):
        answers = [cell for cell in cells if is_answer]
        assert answers == sorted(answers, key=only_helps.get)


@every_exercise
def test_its_statement_names_every_criterion_and_what_its_suite_requires(name):
    bank, exercise = bank_of(name), suite_of(name).EXERCISE
    report, stated = told_of(bank.notebook), json.loads(bank.notebook.read_text())["metadata"]["mlsd"]
    assert [family for family in exercise.families if f"`{family}`" not in report] == []
    assert stated["forbids"] == exercise.forbids
    points = {cell: exercise.points[test.replace("_", " ")] for cell, (test, _) in calls_of(bank).items()}
    assert points == bank.maxima
    assert sum(bank.maxima.values()) == 20
    assert "suite.EXERCISE.plot_attempts()" in dict(bank.cells)["attempts"]


@every_exercise
def test_its_statement_says_every_limit_in_the_words_of_its_file(name):
    limits = suite_of(name).EXERCISE.limits
    told = re.sub(r"\s+", " ", told_of(bank_of(name).notebook))
    assert {key: limit.stated for key, limit in limits.items() if limit.stated not in told} == {}
    assert limits


def ranges_in(value):
    """Every range that lies in the data of a module."""
    if isinstance(value, Range):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from ranges_in(part)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from ranges_in(vars(value))


@every_exercise
def test_its_statement_says_every_range_from_which_cases_are_drawn_or_has_them_shown(name):
    suite_of(name)
    modules = [module for found, module in sys.modules.items() if found.startswith(f"grader.suites.{name}.")]
    spans = {span for module in modules for value in vars(module).values() for span in ranges_in(value)}
    told = told_of(bank_of(name).notebook).replace(",", "").replace("three or four", "3 to 4")
    shown = any("suite.scenarios()" in source for _, source in bank_of(name).cells)
    silent = [span for span in spans if span.low < span.high and f"{span.low:g} to {span.high:g}" not in told]
    assert shown or silent == []


FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)


def rows_of_criteria(statement):
    """The points that tables of criteria state, by the name of each criterion in their first column."""
    found = {}
    for table in re.findall(r"^\| *criterion *\|.*(?:\n\|.*)*", statement, re.MULTILINE):
        for row in table.splitlines()[2:]:
            cells = [cell.strip() for cell in row.strip("|").split("|")]
            found |= dict.fromkeys(re.findall(r"`([^`]+)`", cells[0]), cells[-1])
    return found


@every_exercise
def test_its_statement_is_short_and_has_each_criterion_with_its_points_in_a_table(name):
    """What need not be known to start is folded away."""
    cells = json.loads(bank_of(name).notebook.read_text(encoding="utf-8"))["cells"]
    prose = [cell for cell in cells if cell["cell_type"] == "markdown" and cell["id"] != "decision-record"]
    shown = FOLDED.sub("", "\n\n".join("".join(cell["source"]) for cell in prose))
    assert len(re.findall(r"\S*\w\S*", shown)) <= 1300
    stated = rows_of_criteria(shown)
    for criterion, family in suite_of(name).EXERCISE.families.items():
        worth = 0 if stated[criterion] == "condition" else sum(map(float, re.findall(r"[\d.]+", stated[criterion])))
        assert worth == family.points, criterion


@every_exercise
def test_a_reader_opens_hints_for_every_criterion(name):
    """The question to ask oneself, then the way; where to read follows."""
    suite = suite_of(name)
    for criterion, family in suite.EXERCISE.families.items():
        assert len(family.hints) == 2, criterion
        question, way = family.hints
        assert question.endswith("?"), criterion
        assert way.endswith("."), criterion
        assert max(len(text.split()) for text in family.hints) <= 45, criterion
    assert suite.hint == suite.EXERCISE.hint
    assert 'suite.hint("' in told_of(bank_of(name).notebook)


LESSONS = {
    re.search(r"^# ([^:\n]*)", told_of(path), re.MULTILINE)[1]: path
    for path in (ROOT / "chapters").rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
}


@every_exercise
def test_what_is_to_be_read_exists(name):
    rules = set(re.findall(r"^(\d+)\. |\*\* (\d+)\. ", told_of(bank_of(name).notebook), re.MULTILINE))
    rules = {int(one or other) for one, other in rules}
    for family, entry in suite_of(name).EXERCISE.families.items():
        assert entry.production, family
        assert entry.read or not entry.points, family
        if quoted := re.fullmatch(r'(.+), "(.+)"', entry.read):
            lesson, heading = quoted.groups()
            if not lesson.startswith("the Python docs, "):
                headings = re.findall(r"^#+ (?:\d+\. )?(.*)$", told_of(LESSONS[lesson]), re.MULTILINE)
                assert heading in headings, (family, heading, headings)
        if "rule" in entry.read and (numbers := re.findall(r"(?<=rule |ules |. to )\d+", entry.read)):
            assert {int(number) for number in numbers} <= rules, (family, entry.read, rules)


@every_exercise
def test_the_samples_of_its_decision_record_are_marked_in_words_of_the_rubric(name):
    folder = ROOT / "grader/suites" / name / "bank"
    rubric, marks = (folder / "record_rubric.md").read_text(), []
    for sample in ("poor", "fair", "good"):
        text = (folder / f"record_{sample}.md").read_text()
        (points,) = re.findall(r"Together ([\d.]+)\.", text.partition("<!--")[2])
        assert f"`record_{sample}.md` {points}" in rubric
        assert len(text.partition("<!--")[0].split()) <= 400
        marks.append(float(points))
    assert marks == sorted(marks)
    assert (marks[0] <= 1.5, marks[-1]) == (True, 5.0)


@every_exercise
def test_its_public_suite_names_nothing_hidden(name):
    for path in sorted((ROOT / "grader/suites" / name).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert not re.search(r"grader\.suites\.\w+\.(hidden|bank)", ast.unparse(node)), path


# Its cases


def same(one, other):
    """Whether two cases are equal, numbers to 1e-12."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == pytest.approx(other, abs=1e-12) if isinstance(one, float) else one == other


@every_exercise
def test_its_stored_cases_are_those_of_its_seeds_and_oracle(name):
    suite = suite_of(name)
    public = suite.CASES.public()
    assert not public.private
    assert same(dataclasses.asdict(suite.CASES.published()), dataclasses.asdict(public))


@every_exercise
def test_its_hidden_cases_differ_with_the_secret_and_nothing_hidden_stays_importable(name, secret):
    suite, drawn = suite_of(name), []
    one, other = secrets_of(name)
    for text in (one, other, one):
        secret.write_text(text)
        drawn.append(suite.CASES.find())
    assert all(cases.private for cases in drawn)
    texts = [repr([getattr(cases, field.name) for field in dataclasses.fields(cases)]) for cases in drawn]
    texts = [re.sub(r" at 0x\w+| object at \w+", "", text) for text in texts]
    assert texts[0] == texts[2] != texts[1]
    assert repr(suite.CASES.public()) not in texts
    assert not [module for module in sys.modules if is_hidden(module)]


@every_exercise
def test_without_the_hidden_folder_a_secret_changes_nothing(name, secret, monkeypatch):
    suite = suite_of(name)
    for module in [module for module in sys.modules if is_hidden(module)]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, f"grader.suites.{name}.hidden", None)  # an import finds nothing
    assert suite.CASES.find() == suite.CASES.public()


@every_exercise
def test_a_process_of_the_graders_finds_its_cases_once(name, secret, monkeypatch):
    suite = suite_of(name)
    monkeypatch.setattr(suite.CASES, "kept", None)
    suite.warm()
    assert suite.CASES.find() is suite.CASES.kept
    assert suite.CASES.find().private
    assert set(suite.EXERCISE.preloads) <= set(sys.modules)


@every_exercise
def test_a_worker_finds_its_cases_before_the_first_submission(name):
    suite = f"grader.suites.{name}"
    worker = WorkerProcess(Spec(Assignment(name, [], {}, Job(name, "", {})), Plans({}, [suite])))
    try:
        worker.send(Task("ann", Path("/nobody/handed/this/in")))
        assert "cannot be read" in worker.recv().failure
        assert worker.reported["failed"] == []
    finally:
        worker.end(at_once=True)


@every_exercise
def test_what_its_code_imports_late_is_loaded_before_the_forks(name):
    notebook = InstructorNotebook("nb", (locked("imports", f"from grader.suites import {name} as suite"),))
    found, exercise = plans([notebook], {}), suite_of(name).EXERCISE
    assert {f"grader.suites.{name}", *exercise.preloads} <= set(found.modules)
    assert found.forbids == sorted(exercise.forbids)


def test_a_suite_that_cannot_be_warmed_is_reported(monkeypatch):
    def fail():
        raise RuntimeError("no file")

    suite = f"grader.suites.{EXERCISES[0]}"
    monkeypatch.setattr(suite_of(EXERCISES[0]), "warm", fail)
    assert warm([suite]) == [f"{suite}: RuntimeError: no file"]
