"""The contract of every exercise: what each must keep, whatever it asks. One of its own states only what is its own.

An exercise whose points come from a clock has a module `hooks_NAME` beside this one, which says how the clock is fed.
"""

import ast
import dataclasses
import functools
import json
import linecache
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from grader.bank.model import banks
from grader.bank.proof import AGAIN
from grader.bank.runner import run_cell, run_cells
from grader.grading.analysis.grading_plan import Plan, Plans, plans
from grader.grading.analysis.name_analysis import Names
from grader.grading.intake.instructor_notebook import InstructorNotebook
from grader.grading.sealed import checker_process
from grader.grading.sealed.checker import Checker
from grader.grading.sealed.client import Client
from grader.grading.sealed.evaluator import Evaluator, Namespace
from grader.sandbox import make_sandbox
from tests.grader.grading.bench import locked
from tests.grader.grading.beside import SERVER
from tests.grader.suites.contract import (
    ROOT,
    bank_of,
    calls_of,
    cells_of,
    feed,
    hooks_of,
    marks_in_the_engine,
    reference_of,
    suite_of,
    told_of,
)  # fmt: skip

EXERCISES = sorted(path.parent.name for path in (ROOT / "grader/suites").glob("*/exercise.toml"))
SECRETS = int(os.environ.get("MLSD_SECRETS", "2"))  # more of them by hand: two hundred take half an hour
PASS = 12
every_exercise = pytest.mark.parametrize("name", EXERCISES)
ANSWERS = [pytest.param(name, one, id=f"{name}-{one.name}") for name in EXERCISES for one in bank_of(name).answers
           if one.exact]  # fmt: skip


# What an exercise consists of


def test_every_exercise_has_all_its_parts():
    assert EXERCISES == banks(ROOT) == sorted(path.name for path in (ROOT / "solutions").iterdir() if path.is_dir())
    for name in EXERCISES:
        for part in ("__init__.py", "suite.py", "exercise.toml"):
            assert (ROOT / "grader/suites" / name / part).is_file(), (name, part)
        for part in ("__init__.py", "oracle.py"):
            assert (ROOT / "grader/hidden" / name / part).is_file(), (name, part)


PROVE = """
import json, pathlib, sys
from grader.bank.model import load_bank
from grader.bank.proof import killed, prove
bank = load_bank(pathlib.Path(sys.argv[1]), sys.argv[2])
findings = [[one.answer.name, one.answer.kind, list(one.problems)] for one in prove(bank)]
print(json.dumps([findings, *killed(bank)]))
"""


@every_exercise
def test_its_bank_is_proven_and_surviving_mutants_are_justified(name):
    # In a process of its own, as the command does it: a process has one fork server, and that of an earlier test has
    # neither the libraries nor the one thread a library with which answers are timed.
    ran = subprocess.run([sys.executable, "-c", PROVE, str(ROOT), name], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    findings, made, alive = json.loads(ran.stdout.splitlines()[-1])
    assert {one: problems for one, _, problems in findings if problems} == {}
    kinds = [kind for _, kind, _ in findings]
    assert kinds.count("wrong") >= 8
    assert kinds.count("alternative") >= 2
    assert kinds.count("mutant") >= 8
    automatic = bank_of(name).automatic
    assert made == automatic["most"]
    assert set(alive) <= set(automatic["survivors"])


@every_exercise
def test_its_statement_names_every_criterion_and_what_its_suite_requires(name):
    bank, exercise = bank_of(name), suite_of(name).EXERCISE
    told, stated = told_of(bank.notebook), json.loads(bank.notebook.read_text())["metadata"]["mlsd"]
    assert [family for family in exercise.families if f"`{family}`" not in told] == []
    assert tuple(stated["forbids"]) == exercise.forbids
    points = {cell: exercise.points[test.replace("_", " ")] for cell, (test, _) in calls_of(bank).items()}
    assert points == bank.maxima
    assert sum(bank.maxima.values()) == 20


LESSONS = {
    re.search(r"^# ([^:\n]*)", told_of(path), re.MULTILINE)[1]: path
    for path in (ROOT / "chapters").rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
}


@every_exercise
def test_what_is_to_be_read_exists(name):
    rules = set(re.findall(r"^(\d+)\. |\*\* (\d+)\. ", told_of(bank_of(name).notebook), re.MULTILINE))
    rules = {int(one or other) for one, other in rules}
    for family, one in suite_of(name).EXERCISE.families.items():
        assert one.production, family
        assert one.read or not one.points, family
        if quoted := re.fullmatch(r'(.+), "(.+)"', one.read):
            lesson, heading = quoted.groups()
            if not lesson.startswith("the Python docs, "):
                headings = re.findall(r"^#+ (?:\d+\. )?(.*)$", told_of(LESSONS[lesson]), re.MULTILINE)
                assert heading in headings, (family, heading, headings)
        if "rule" in one.read and (numbers := re.findall(r"(?<=rule |ules |. to )\d+", one.read)):
            assert {int(number) for number in numbers} <= rules, (family, one.read, rules)


@every_exercise
def test_the_samples_of_its_decision_record_are_marked_in_words_of_the_rubric(name):
    folder = ROOT / "tests/bank" / name
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
            assert not (isinstance(node, ast.Import | ast.ImportFrom) and "grader.hidden" in ast.unparse(node)), path


# Its cases


def same(one, other):
    """Whether two cases are equal, numbers to 1e-12."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == pytest.approx(other, abs=1e-12) if isinstance(one, float) else one == other


@every_exercise
def test_its_stored_answers_are_the_oracles(name, secret):
    suite = suite_of(name)
    public = suite.CASES.public()
    assert not public.private
    answered = suite.EXERCISE.hidden().answered(public)
    assert same(dataclasses.asdict(answered), dataclasses.asdict(public))


@every_exercise
def test_its_hidden_cases_differ_with_the_secret_and_nothing_hidden_stays_importable(name, secret):
    suite, drawn = suite_of(name), []
    for text in ("a" * 64, "b" * 64, "a" * 64):
        secret.write_text(text)
        drawn.append(suite.CASES.find())
    assert all(one.private for one in drawn)
    texts = [repr([getattr(one, field.name) for field in dataclasses.fields(one)]) for one in drawn]
    texts = [re.sub(r" at 0x\w+| object at \w+", "", text) for text in texts]
    assert texts[0] == texts[2] != texts[1]
    assert repr(suite.CASES.public()) not in texts
    assert not [module for module in sys.modules if module.startswith("grader.hidden.")]


@every_exercise
def test_without_the_hidden_folder_a_secret_changes_nothing(name, secret, monkeypatch):
    suite = suite_of(name)
    for module in [module for module in sys.modules if module.startswith("grader.hidden.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "grader.hidden", None)  # an import of it, and of what lies below, finds nothing
    assert suite.CASES.find() == suite.CASES.public()


@every_exercise
def test_a_process_of_the_graders_finds_its_cases_once(name, secret, monkeypatch):
    suite = suite_of(name)
    monkeypatch.setattr(suite.CASES, "kept", None)
    suite.warm()
    assert suite.CASES.find() is suite.CASES.find()
    assert suite.CASES.find().private
    assert set(suite.EXERCISE.preloads) <= set(sys.modules)


@every_exercise
def test_a_fork_of_the_checker_has_the_cases_that_its_parent_found(name):
    made = Plans({"nb": Plan("nb", names=Names())}, [f"grader.suites.{name}"])
    with make_sandbox(server=SERVER) as sandbox, Checker(made) as checker, sandbox.open() as session:
        assert checker.failed == []
        with checker.open("nb", session) as fork:
            kept = f"from grader.suites.{name} import CASES\nfloat(CASES.kept is not None)"
            assert fork.run(session, "cell", kept, 1.0, 20.0).points == 1.0


@every_exercise
def test_what_its_code_imports_late_is_loaded_before_the_forks(name):
    notebook = InstructorNotebook("nb", (locked("imports", f"from grader.suites import {name} as suite"),))
    found, exercise = plans([notebook], {}), suite_of(name).EXERCISE
    assert {f"grader.suites.{name}", *exercise.preloads} <= set(found.modules)
    assert found.forbids == sorted(exercise.forbids)


def test_a_suite_that_cannot_be_warmed_is_reported_and_no_other_module_is_asked(monkeypatch):
    def fail():
        raise RuntimeError("no file")

    suite = f"grader.suites.{EXERCISES[0]}"
    monkeypatch.setattr(suite_of(EXERCISES[0]), "warm", fail)
    assert checker_process._warm([suite, "json"]) == [f"{suite}: RuntimeError: no file"]


# Its marks


def in_nbgrader(bank, answers, folder):
    """The marks that nbgrader gives by itself: {answer: {test: points}}."""
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    config, name = Config(), bank.name
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
    config.ExecutePreprocessor.timeout = config.Execute.timeout = 300
    config.Execute.shutdown_kernel = "immediate"
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
        grades = {one.name: book.find_submission_notebook(name, name, one.name).grades for one in answers}
        return {one: {grade.name: grade.score for grade in some if grade.name in bank.maxima}
                for one, some in grades.items()}  # fmt: skip


@every_exercise
def test_nbgrader_gives_the_banks_marks_with_hidden_cases(name, secret, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    bank = bank_of(name)
    answers = [one for one in bank.answers if one.name in ("starter", *bank.in_nbgrader)]
    assert len(answers) >= 3
    assert in_nbgrader(bank, answers, tmp_path) == {one.name: bank.expected(one) for one in answers}


@pytest.mark.parametrize(("name", "answer"), ANSWERS)
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


@pytest.mark.parametrize(("name", "answer"), ANSWERS)
def test_so_it_does_with_hidden_cases_where_no_clock_decides(sandboxes, name, answer, secret):
    bank = bank_of(name)
    tests = bank.maxima.keys() - bank.measured
    expected = {test: points for test, points in bank.expected(answer).items() if test in tests}
    assert marks_in_the_engine(sandboxes(name), bank, bank.source(answer), tests) == expected


@pytest.mark.parametrize(("name", "answer"), ANSWERS)
def test_no_answer_depends_on_the_secret(name, answer, secret, monkeypatch):
    bank, suite = bank_of(name), suite_of(name)
    if answer.timed or answer.kind == "starter":
        return  # what it loses a clock takes; a starter is not run
    hidden = suite.EXERCISE.hidden()
    feed(name, "no_clocks", monkeypatch, hidden)
    untimed = dataclasses.replace(answer, cells=getattr(hooks_of(name), "UNTIMED", {}) | answer.cells)
    found, marks = cells_of(bank, untimed), []
    fed = hasattr(hooks_of(name), "no_clocks")
    tests = [test for test in bank.maxima if fed or test not in bank.measured]
    for seed in range(SECRETS):
        monkeypatch.setattr(suite.CASES, "kept", hidden.drawn(seed, seed + 1000))
        marks.append(sum(float(run_cell(test, dict(bank.cells)[test], found)) for test in tests))
    assert np.std(marks) <= 0.25, marks
    assert np.mean(marks) == pytest.approx(sum(bank.expected(answer)[test] for test in tests), abs=0.25), marks


@every_exercise
def test_answers_at_random_do_not_pass(name, secret, monkeypatch):
    bank, suite, marks = bank_of(name), suite_of(name), []
    hidden = suite.EXERCISE.hidden()
    feed(name, "no_clocks", monkeypatch, hidden)
    monkeypatch.setattr(suite.CASES, "kept", suite.CASES.public())
    for seed in range(bank.draws):
        drawn = cells_of(bank, bank.at_random, seed=seed)
        marks.append(sum(float(run_cell(test, dict(bank.cells)[test], drawn)) for test in bank.maxima))
    assert len(marks) >= 25
    assert np.mean(np.array(marks) >= PASS) < 0.01
    assert np.median(marks) <= 2


# Where it asks for tests: the objects that a student's tests get


PLANTING = [name for name in EXERCISES if hasattr(suite_of(name), "PLANTED")]
every_planting_exercise = pytest.mark.parametrize("name", PLANTING)


class OwnTests:
    """The reference's tests of an exercise, tried on one object: of its own, or of the grader's made by `lent`."""

    def __init__(self, name):
        self.suite, bank = suite_of(name), bank_of(name)
        self.planted, self.hidden = self.suite.PLANTED, self.suite.EXERCISE.hidden()
        (names,) = [names for test, names in calls_of(bank).values() if test == "own_tests"]
        reference = cells_of(bank, reference_of(bank))
        self.check, self.own = reference[names[0]], reference[names[1]]

    def tried(self, check, bug="", size=0, lent=None):
        shop = self.planted.shop(lent) if lent else None
        return getattr(self.suite, f"try_{self.planted.kind}")(check, self.own, bug, size, shop)


@every_planting_exercise
def test_bugs_are_the_same_in_public_and_hidden_and_their_sizes_are_in_the_published_ranges(name, secret):
    suite = suite_of(name)
    bugs, hidden, public = suite.PLANTED.bugs, suite.EXERCISE.hidden(), suite.PLANTED.public_trials()
    assert len(bugs) >= 14
    drawn = [hidden.drawn(1, seed).trials for seed in range(8)]
    for trials in [*drawn, public]:
        assert sorted(one.bug for one in trials if one.family) == sorted(bugs)
        for one in trials:
            least, most = sorted(bugs[one.bug].sizes) if one.family else (0, 0)
            assert least <= one.size <= most
            assert not one.family or one.family == bugs[one.bug].family
    assert len({tuple(one.bug for one in trials) for trials in drawn}) == len(drawn)
    sized = [name for name, bug in bugs.items() if bug.sizes[0] != bug.sizes[1]]
    assert all(len({one.size for trials in drawn for one in trials if one.bug == bug}) > 1 for bug in sized)


@pytest.mark.parametrize(("name", "bug"), [(name, bug) for name in PLANTING for bug in suite_of(name).PLANTED.bugs])
def test_the_references_tests_reject_every_bug_in_either_kind_of_object(name, bug, secret):
    own = OwnTests(name)
    for size in set(own.planted.bugs[bug].sizes):
        lent = functools.partial(own.planted.bugs[bug].wrapper, own.hidden.RIGHT[0], size)
        for given in ({"lent": lent}, {"bug": bug, "size": size}):
            with pytest.raises(AssertionError):
                own.tried(own.check, **given)


@every_planting_exercise
def test_the_references_tests_accept_every_right_object(name, secret):
    own, bank = OwnTests(name), bank_of(name)
    written = [cells_of(bank, one)[own.own.__name__] for one in bank.answers if one.kind == "alternative"]
    for lent in (*own.hidden.RIGHT, *written):
        own.tried(own.check, lent=lent)
    for way in ("", *own.planted.either_way):
        own.tried(own.check, way)


@every_planting_exercise
def test_a_tested_object_tells_nothing_of_what_is_behind_it(name, secret):
    own, names = OwnTests(name), set()
    for one in own.hidden.drawn(1, 1).trials:
        found = []
        own.tried(found.append, one.bug if one.lent is None else "", 0, one.lent)
        names.add((found[0].__name__, found[0].__qualname__, found[0].__module__, found[0].__doc__))
    assert len(names) == 1


@every_planting_exercise
def test_a_bug_of_another_name_is_refused_with_the_known_ones(name, secret):
    own = OwnTests(name)
    with pytest.raises(ValueError, match=next(iter(own.planted.bugs))):
        own.tried(own.check, "no such bug")


IN_THREADS = """

def in_threads(check):
    from concurrent.futures import ThreadPoolExecutor

    def check_in_threads(tested):
        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(check, tested) for _ in range(3)]:
                done.result()

    return check_in_threads


{name} = in_threads({name})
{name}.__name__ = "{name}"
"""


@every_planting_exercise
@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("in_engine", [False, True])
def test_tests_that_use_objects_from_threads_get_their_marks(name, hidden, in_engine, sandboxes, secret):
    bank = bank_of(name)
    ((test, (check, *_)),) = [
        (cell, names) for cell, (called, names) in calls_of(bank).items() if called == "own_tests"
    ]
    if not hidden:
        secret.unlink()
    cells = dict(bank.source(reference_of(bank)))
    last = [cell for cell, source in cells.items() if f"def {check}(" in source][-1]
    cells[last] += IN_THREADS.format(name=check)
    if in_engine:
        assert marks_in_the_engine(sandboxes(name), bank, list(cells.items()), [test]) == {test: bank.maxima[test]}
    else:
        result = run_cells(list(cells.items()), [test])
        assert result.points == {test: bank.maxima[test]}, result


# What hidden cases hold is not shown: attacks by code that saw an input, and tries to have it shown to its author


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
        def __getattr__(self, method):
            if method.startswith("_"):
                raise AttributeError(method)
            return lambda *arguments: way()

    bank, suite = bank_of(name), suite_of(name)
    reference = cells_of(bank, reference_of(bank))
    for test, passed in calls_of(bank).values():
        given = [Answers if isinstance(reference[one], type) else lambda *arguments: way() for one in passed]
        report = getattr(suite, test)(*given).report
        yield report.text() + report.html()


@every_exercise
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_table_shows_what_a_student_s_code_made_up_where_cases_are_hidden(name, way, secret, monkeypatch):
    feed(name, "no_clocks", monkeypatch, suite_of(name).EXERCISE.hidden())
    spelled = getattr(hooks_of(name), "spelled_in_its_form", in_a_text_of)
    for one in (way, lambda: spelled(DIGITS)):
        for told in tables_of(name, one):
            assert SAID not in "".join(told.split())
            assert str(DIGITS) not in told.replace(",", "")


@every_exercise
def test_some_of_it_is_shown_where_they_are_public(name, monkeypatch):
    assert any(SAID in told for told in tables_of(name, in_the_text_of_an_error))


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


def test_a_forged_reply_is_not_quoted(secret):
    with make_sandbox([], server=SERVER) as sandbox, sandbox.open() as session:
        ran = session.run_cell(FORGER % SAID)
        assert ran.verdict == "ok", ran.error
        evaluator = Evaluator(Namespace(Names()))
        evaluator.use(Client(session))
        evaluator.namespace["suite"] = suite_of("implement_feature_store")
        outcome = evaluator.run("suite.past(Store)", "test", 4.0, 60.0)
    assert outcome.verdict == "tampered"
    assert SAID not in outcome.message + outcome.html
    assert "is no answer" in outcome.message
