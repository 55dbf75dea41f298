"""The suite of `implement_feature_store`: its bank, its stores and bugs, its messages; public predicts hidden."""

import ast
import functools
import itertools
import json
import multiprocessing
import os
import re
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import grader.suites.implement_feature_store as suite
from grader.bank.model import load_bank
from grader.bank.proof import killed, prove
from grader.bank.runner import run_cell
from grader.course import Course
from grader.suite_kit.answer import InKernel
from grader.suite_kit.score_sheet import Sheet
from grader.suites import hidden
from grader.suites.implement_feature_store import cases as stored
from grader.suites.implement_feature_store import judging, scaling
from grader.suites.implement_feature_store.bugs import BUGS, TIES
from grader.suites.implement_feature_store.families import FAMILIES
from grader.suites.implement_feature_store.lent import Shop, store_class

ROOT = Path(__file__).parents[3]
NAME = "implement_feature_store"
CHAPTER = ROOT / "chapters/02_design_a_machine_learning_system"
LESSONS = {"": "04_data_processing.ipynb", "daily, ": "04c_data_processing_daily.ipynb"}
SECRETS = int(os.environ.get("MLSD_SECRETS", "2"))  # more of them by hand: two hundred take half an hour
RANDOM_ANSWERS = int(os.environ.get("MLSD_RANDOM_ANSWERS", "25"))


@pytest.fixture(autouse=True)
def no_secret(monkeypatch, tmp_path):
    monkeypatch.setenv("MLSD_SECRET_FILE", str(tmp_path / "none"))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))  # an import guard of one test is not another's


@pytest.fixture(scope="module")
def bank():
    return load_bank(ROOT, NAME)


@pytest.fixture
def secret(monkeypatch, tmp_path):
    path = tmp_path / "secret"
    path.write_text("a" * 64)
    path.chmod(0o600)
    monkeypatch.setenv("MLSD_SECRET_FILE", str(path))
    return path


@pytest.fixture
def part(secret):
    """The hidden part, loaded as the grader loads it."""
    return hidden(NAME)


def cells_of(bank, answer):
    """What an answer's cells define, without its tests."""
    namespace = {"__name__": "__main__"}
    for cell, source in bank.source(answer):
        if not cell.startswith("test-"):
            run_cell(cell, source, namespace)
    return namespace


@pytest.fixture
def reference(bank):
    return cells_of(bank, next(one for one in bank.answers if one.kind == "reference"))


# The bank


def test_the_bank_is_proven(bank):
    findings = prove(bank)
    assert {finding.answer.name: finding.problems for finding in findings if finding.problems} == {}
    kinds = [finding.answer.kind for finding in findings]
    assert kinds.count("wrong") >= 8
    assert kinds.count("alternative") >= 2
    assert kinds.count("mutant") >= 14


def test_automatic_mutants_that_nobody_notices_are_justified(bank):
    made, alive = killed(bank)
    assert made == bank.automatic["most"]
    assert set(alive) <= set(bank.automatic["survivors"])


def test_stock_nbgrader_gives_a_right_and_a_wrong_answer_their_marks_with_hidden_cases(bank, secret, tmp_path):
    from grader.workflow import release, stock

    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copytree(ROOT / "solutions" / NAME, tmp_path / "solutions" / NAME)
    course = Course.open(tmp_path)
    release.release(course, NAME)
    released = json.loads((course.folder("release", name=NAME) / f"{NAME}.ipynb").read_text())
    answers = {one.name: one for one in bank.answers if one.name in ("facts_by_column", "life_includes_its_end")}
    for student, answer in answers.items():
        solved = dict(bank.source(answer))
        for cell in released["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code":
                cell["source"] = solved[cell["id"]]
        place = course.folder("submitted", student, NAME) / f"{NAME}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(released))
    graded = {one.student: one for one in stock.grade(course, NAME, sorted(answers), timeout_s=300)}
    for student, answer in answers.items():
        assert not graded[student].failure, graded[student].failure
        assert graded[student].points == sum(bank.expected(answer).values()), student


def test_the_samples_of_the_decision_record_are_marked_in_words_of_the_rubric(bank):
    folder = ROOT / "tests/bank" / NAME
    rubric = (folder / "record_rubric.md").read_text()
    for name, points in (("poor", "0.5"), ("fair", "3"), ("good", "5")):
        text = (folder / f"record_{name}.md").read_text()
        assert f"Together {points}." in text
        assert f"`record_{name}.md` {points}" in rubric
        assert len(text.partition("<!--")[0].split()) <= 400


# Two kinds of right stores, and the answers that are kept of one


def test_the_stored_answers_are_the_oracles(part):
    for cases in stored.public_families().values():
        for case in cases:
            assert part.expected(case.steps) == case.expected


def answers_of(store, steps):
    found = []
    for method, arguments, _ in steps:
        try:
            found.append(getattr(store, method)(*arguments))
        except (KeyError, ValueError):
            found.append("refused")
    return found


def test_independent_right_stores_agree_wherever_the_rules_leave_nothing_open(part):
    open_answers = set()
    for seed, (family, write_one) in itertools.product(range(5), FAMILIES.items()):
        steps = write_one(np.random.default_rng([99, seed])).steps
        right = part.expected(steps)
        for name, store in part.RIGHT.items():
            for step, given, wanted in zip(steps, answers_of(store(), steps), right, strict=True):
                if wanted == "refused":
                    assert given == "refused", (family, name, step)
                elif step[0] in judging.QUESTIONS:
                    assert judging.agrees(given, wanted), (family, name, step)
                    if isinstance(wanted, dict) and "any" in wanted:
                        open_answers.add((name, wanted["any"].index(given)))
    assert {number for _, number in open_answers} == {0, 1}  # both ways of deciding a tie were met


@pytest.mark.parametrize("tie", ["", *TIES])
def test_a_students_store_with_its_ties_decided_either_way_keeps_every_rule(reference, tie):
    for cases in stored.public_families().values():
        for case in cases:
            store = wrapped(reference, tie)
            for (method, arguments, about), wanted in zip(case.steps, case.expected, strict=True):
                if wanted == "refused":
                    with pytest.raises((KeyError, ValueError)):
                        getattr(store, method)(*arguments)
                    continue
                given = getattr(store, method)(*arguments)
                assert method not in judging.QUESTIONS or judging.agrees(given, wanted), about


def wrapped(reference, bug, size=0):
    """A store as the student's tests get it."""
    found = []
    suite.try_store(found.append, reference["FeatureStore"], bug, size)
    return found[0]()


@pytest.mark.parametrize("tie", list(TIES))
def test_what_was_published_stays_when_an_equal_row_comes(reference, tie):
    store = wrapped(reference, tie)
    store.define("v", ["a"])
    store.write("v", [{"entity": "e", "event_s": 5, "a": 1}], 5)
    store.materialise("v", 5)
    store.write("v", [{"entity": "e", "event_s": 5, "a": 2}], 5)
    assert store.online("v", "e", 6) == {"a": 1}
    store.add_column("v", "b", 9)
    assert store.online("v", "e", 6) == {"a": 1, "b": 9}
    later = {"first of ties": 1, "last of ties": 2}[tie]
    assert store.as_of("v", [{"entity": "e", "at_s": 6}]) == [{"a": later, "b": 9}]
    store.materialise("v", 4)
    assert store.online("v", "e", 6) == {"a": 1, "b": 9}
    store.materialise("v", 6)
    assert store.online("v", "e", 6) == {"a": later, "b": 9}


# Planted bugs


def test_there_are_many_bugs_of_every_family_the_same_in_public_and_hidden(part):
    planted = [one for one in part.trials(np.random.default_rng(1)) if one.family]
    assert len(BUGS) >= 14
    assert sorted(one.bug for one in planted) == sorted(BUGS)
    assert {one.family for one in planted} == {bug.family for bug in BUGS.values()}
    assert sum(1 for one in stored.public_trials() if one.family) == len(BUGS)


@pytest.mark.parametrize("bug", list(BUGS))
def test_the_references_tests_reject_every_bug_in_either_kind_of_store(part, reference, bug):
    assert "grader.hidden.implement_feature_store.oracle" not in sys.modules  # nothing hidden stays importable
    made = {one.bug: one for one in part.trials(np.random.default_rng(3)) if one.family}
    for size in {BUGS[bug].sizes[0], BUGS[bug].sizes[1]}:
        shop = Shop(functools.partial(made[bug].lent.func, *made[bug].lent.args[:-1], size))
        with pytest.raises(AssertionError):
            reference["check_store"](store_class(shop.new, shop.call))
        with pytest.raises(AssertionError):
            suite.try_store(reference["check_store"], reference["FeatureStore"], bug, size)


def test_the_references_tests_accept_every_right_store(part, reference):
    for make in part.RIGHT.values():
        shop = Shop(make)
        reference["check_store"](store_class(shop.new, shop.call))
    for tie in ("", *TIES):
        suite.try_store(reference["check_store"], reference["FeatureStore"], tie)


def test_sizes_lie_in_the_published_ranges_and_differ_with_the_secret(part):
    drawn = [part.trials(np.random.default_rng(seed)) for seed in range(40)]
    for one in itertools.chain(*drawn):
        if one.family:
            least, most = sorted(BUGS[one.bug].sizes)
            assert least <= one.size <= most
    sizes = {one.size for trials in drawn for one in trials if one.bug == "sees ahead"}
    assert sizes == {1, 2, 3, 4, 5}
    assert len({tuple(one.bug for one in trials) for trials in drawn}) == len(drawn)


def test_a_tested_store_tells_nothing_of_what_is_behind_it(part, reference):
    names = set()
    for one in part.trials(np.random.default_rng(1)):
        found = []
        suite.try_store(found.append, reference["FeatureStore"], one.bug if one.lent is None else "", 0,
                        Shop(one.lent) if one.lent else None)  # fmt: skip
        names.add((found[0].__name__, found[0].__qualname__, found[0].__module__, found[0].__doc__))
    assert len(names) == 1


def test_a_bug_of_another_name_is_refused_with_the_known_ones(reference):
    with pytest.raises(ValueError, match="sees ahead"):
        suite.try_store(reference["check_store"], reference["FeatureStore"], "see ahead")


def test_a_shop_offers_the_operations_of_a_store_and_no_more():
    shop = Shop(object)
    number = shop.new()
    with pytest.raises(AttributeError):
        shop.call(number, "__class__", ())
    assert shop.exposed().methods == {"new", "call"}


# Cases and verdicts


def test_hidden_cases_are_of_the_public_families_and_differ_with_the_secret(secret):
    drawn = []
    for text in ("a" * 64, "b" * 64, "a" * 64):
        secret.write_text(text)
        drawn.append(stored.cases())
    public = stored.public_families()
    assert [asdict(one) for one in drawn[0].families["events"]] == [asdict(one) for one in drawn[2].families["events"]]
    assert drawn[0].private
    assert list(drawn[0].families) == list(public) == list(suite.FAMILIES)
    for family, cases in public.items():
        assert len(drawn[0].families[family]) == len(cases)
        assert drawn[0].families[family] != drawn[1].families[family]
        about = [{step[2] for case in some for step in case.steps} for some in (drawn[0].families[family], cases)]
        assert about[0] == about[1], family


def test_without_the_hidden_folder_a_secret_changes_nothing(secret, monkeypatch):
    monkeypatch.setattr(stored, "hidden", lambda name: None)
    assert stored.cases() == stored.Cases(stored.public_families(), stored.public_trials())


def test_a_process_of_the_graders_finds_its_cases_once(secret, monkeypatch):
    monkeypatch.setattr(stored, "_KEPT", [])
    drawn = stored.cases()
    suite.warm()
    monkeypatch.setattr(stored, "hidden", None)
    assert stored.cases().families == drawn.families


@pytest.mark.parametrize(
    ("came", "right", "agree"),
    [
        ([{"a": 1.5}], [{"a": 1.5}], True),
        (({"a": np.float64(1.5)},), [{"a": 1.5}], True),
        ([{"a": 1}], [{"a": 1.0}], True),
        ([{"a": True}], [{"a": 1}], False),
        ([{"a": "1"}], [{"a": 1}], False),
        ([{"a": float("nan")}], [{"a": None}], False),
        ([{"a": 0}], [{"a": None}], False),
        ([{"a": None}], [{"a": 0}], False),
        ([{"a": 1, "entity": "e"}], [{"a": 1}], False),
        ([{}], [{"a": None}], False),
        ({"a": 1}, [{"a": 1}], False),
        ([{"a": 2}], {"any": [[{"a": 1}], [{"a": 2}]]}, True),
        ([{"a": 3}], {"any": [[{"a": 1}], [{"a": 2}]]}, False),
        (None, "refused", False),
    ],
)
def test_only_plain_values_of_the_same_columns_agree(came, right, agree):
    assert judging.agrees(came, right) is agree


def fed_growth(monkeypatch, found):
    monkeypatch.setattr(suite, "measure", lambda *_: found)
    return suite.growth(type("FeatureStore", (), {"write": lambda self: None}))


@pytest.mark.parametrize(("ratio", "points"), [(9.0, 2), (20.0, 2), (20.1, 0), (100.0, 0)])
def test_growth_is_judged_at_twenty_times(monkeypatch, ratio, points):
    assert fed_growth(monkeypatch, scaling.Growth(ratio, 0.01, True)) == points


def test_growth_counts_only_for_right_answers(monkeypatch):
    points = fed_growth(monkeypatch, scaling.Growth(9.0, 0.01, False))
    assert points == 0
    assert "their time does not count" in points.report.text().replace("\n  ", " ")


@pytest.mark.parametrize(
    ("large_s", "ratio", "rounds"),
    [([12.0], 12.0, 1), ([30.0, 12.0], 12.0, 2), ([30.0, 25.0, 21.0], 21.0, 3), ([41.0], 41.0, 1)],
)
def test_a_round_more_is_made_only_where_it_may_change_the_points(monkeypatch, large_s, ratio, rounds):
    told, left = [], iter(large_s)

    def timed(answer, name, maker):
        told.append(maker.rows)
        return 1.0 if maker.rows == scaling.ROWS else next(left), True

    monkeypatch.setattr(scaling, "_timed", timed)
    found = scaling.measure(InKernel({}), "FeatureStore", 0, 20, np.random.default_rng(1))
    assert (found.ratio, found.right, told.count(scaling.ROWS * scaling.TIMES)) == (ratio, True, rounds)


def grown(store, monkeypatch, rows=50):
    """The points and the table of the test of growth for a store class, on less data."""
    monkeypatch.setattr(scaling, "ROWS", rows)
    store.__name__ = "FeatureStore"
    points = suite.growth(store)
    return points, points.report.text()


def test_no_script_of_the_growth_is_known_before(reference):
    drawn = [scaling.ScriptMaker(np.random.default_rng(seed), 50, 0).script() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1]
    for kind in (1, 2):  # a view's name; what is asked or written
        assert drawn[0][0][1][1][:kind] != drawn[2][0][1][1][:kind]
    assert not {one["event_s"] for one in drawn[0][0][1][1][1]} & {one["event_s"] for one in drawn[2][0][1][1][1]}


def test_a_store_that_answers_the_growth_from_its_requests_alone_is_wrong(reference, monkeypatch):
    class Knows(reference["FeatureStore"]):
        def as_of(self, view, requests):
            return [dict.fromkeys(self.views[view].defaults, one["at_s"] // 10) for one in requests]

    points, told = grown(Knows, monkeypatch)
    assert points == 0
    assert "wrong answers" in told


def test_numbers_of_numpy_are_right_answers_in_scripts_of_any_length(reference, monkeypatch):
    class Numpy(reference["FeatureStore"]):
        def as_of(self, view, requests):
            return [{name: np.int64(one) for name, one in row.items()} for row in super().as_of(view, requests)]

        def online(self, view, entity, now_s):
            return {name: np.float64(one) for name, one in super().online(view, entity, now_s).items()}

    assert grown(Numpy, monkeypatch, 500)[0] == 2


def test_work_that_a_store_hands_to_another_process_counts_as_its_own(bank, monkeypatch):
    """The slow store of the bank, in a child: the process that answers looks quick."""
    listed = cells_of(bank, next(one for one in bank.answers if one.name == "filters_a_table"))["FeatureStore"]

    class FeatureStore:
        def __init__(self):
            self.pipe, theirs = multiprocessing.Pipe()
            if os.fork() == 0:
                self.pipe.close()
                work_for(theirs, listed())
            theirs.close()

        def __getattr__(self, method):
            def ask(*arguments):
                self.pipe.send((method, arguments))
                return self.pipe.recv()

            return ask

    points, told = grown(FeatureStore, monkeypatch, 500)
    assert points == 0, told
    assert "gone through from end to end" in told


def work_for(pipe, store):
    """Answer the calls of a parent until it is gone."""
    try:
        while True:
            method, arguments = pipe.recv()
            pipe.send(getattr(store, method)(*arguments))
    finally:
        os._exit(0)


def test_what_is_hidden_is_not_shown(reference, secret, monkeypatch):
    class Leaks(reference["FeatureStore"]):
        def as_of(self, view, requests):
            raise ValueError(f"seen: {requests}")

    Leaks.__name__ = "FeatureStore"
    text = suite.past(Leaks).report.text()
    assert "seen" not in text
    assert "suite.show" not in text
    assert "entity" not in text
    monkeypatch.setenv("MLSD_SECRET_FILE", os.devnull + "-none")
    assert "seen" in suite.past(Leaks).report.text()


def test_a_miss_is_told_with_the_step_to_look_at(reference):
    class Late(reference["FeatureStore"]):
        def as_of(self, view, requests):
            return super().as_of(view, [{**one, "at_s": one["at_s"] - 1} for one in requests])

    Late.__name__ = "FeatureStore"
    told = " ".join(suite.past(Late).report.text().split())
    found = re.search(r'First in step (\d+) of suite.show\("events", (\d+)\)', told)
    case = stored.public_families()["events"][int(found[2])]
    assert case.steps[int(found[1])][2] == "at the very moment of an event"


def test_a_public_case_can_be_printed(capsys):
    suite.show("answers", 1)
    told = capsys.readouterr().out
    assert "-> refused    # a row with an unknown column" in told
    assert "define(" in told


# What students are told, and what the class may rely on


def test_the_task_names_every_criterion_bug_size_and_what_is_forbidden(bank):
    notebook = json.loads(bank.notebook.read_text())
    told = " ".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    assert tuple(notebook["metadata"]["mlsd"]["forbids"]) == suite.FORBIDS
    for family in suite.FAMILIES:
        assert f"`{family}`" in told
    for family in {bug.family for bug in BUGS.values()}:
        assert family in told
    assert f"at most {suite.MOST_TIMES} times" in told
    assert "1 to 5 seconds, 1 to 3 seconds, 1 to 30 days" in told
    assert [BUGS[name].sizes for name in ("sees ahead", "forgets late")] == [(1, 5), (1, 3)]
    assert f"{len(BUGS)} of {len(BUGS)} planted bugs" in told
    assert "twenty-two" in notebook["metadata"]["mlsd"]["objectives"][2]
    assert sum(bank.maxima.values()) == 20


def headings_of(name):
    lesson = json.loads((CHAPTER / name).read_text())
    prose = "\n".join("".join(cell["source"]) for cell in lesson["cells"] if cell["cell_type"] == "markdown")
    return {re.sub(r"^#+ (\d+\. )?", "", line) for line in prose.splitlines() if line.startswith("#")}


def test_what_is_to_be_read_is_a_heading_of_the_lesson_that_is_named():
    found = [re.findall(r'Data processing, (.*?)"(.*?)"', read) for _, _, read in suite.FAMILIES.values()]
    named = {(lesson, heading) for all_of_one in found for lesson, heading in all_of_one}
    assert {lesson for lesson, _ in named} == set(LESSONS)
    for lesson, heading in named:
        assert heading in headings_of(LESSONS[lesson])


@pytest.mark.parametrize("path", sorted((ROOT / "grader/suites" / NAME).glob("*.py")), ids=lambda path: path.stem)
def test_the_public_suite_names_no_store_of_the_graders(path):
    imported = [ast.unparse(node) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    assert not any("grader.hidden" in one for one in imported)


def test_no_answer_of_the_bank_depends_on_the_secret(bank, monkeypatch, part):
    drawn = [part.drawn(seed, seed + 1000) for seed in range(SECRETS)]
    for answer in bank.answers:
        if not answer.exact or answer.kind == "starter":
            continue
        found, marks = cells_of(bank, answer), []
        for one in drawn:
            monkeypatch.setattr(stored, "cases", lambda one=one: one)
            tests = [suite.past(found["PastStore"]), suite.online(found["OnlineStore"])]
            tests += [suite.change(found["FeatureStore"]), suite.any_order(found["FeatureStore"])]
            marks.append(
                sum([*tests, suite.own_tests(found["check_store"], found["FeatureStore"], found["try_store"])])
            )
        expected = bank.expected(answer)
        assert np.std(marks) <= 0.25, (answer.name, marks)
        assert np.mean(marks) == pytest.approx(sum(expected.values()) - expected["test-growth"], abs=0.25), answer.name


def random_store(seed):
    """A store that takes everything and answers any row of the entity, or none."""
    rng = np.random.default_rng(seed)

    class FeatureStore:
        def __init__(self):
            self.columns, self.rows, self.missing = {}, {}, rng.uniform(0, 1)

        def define(self, view, columns, time_to_live_s=None):
            self.columns[view] = list(columns)

        def write(self, view, rows, known_s):
            for row in rows:
                self.rows.setdefault((view, row["entity"]), []).append(row)

        backfill = write

        def add_column(self, view, column, default=None):
            self.columns[view] = [*dict.fromkeys([*self.columns[view], column])]

        def materialise(self, view, now_s):
            pass

        def online(self, view, entity, now_s):
            rows = self.rows.get((view, entity), [])
            row = rows[int(rng.integers(len(rows)))] if rows and rng.random() > self.missing else {}
            return {column: row.get(column) for column in self.columns[view]}

        def as_of(self, view, requests):
            return [self.online(view, one["entity"], one["at_s"]) for one in requests]

    def check_store(Store):
        if rng.random() < 0.5:
            raise AssertionError
        Store()

    return FeatureStore, check_store


def test_answers_at_random_do_not_pass():
    marks = []
    for seed in range(RANDOM_ANSWERS):
        store, check_store = random_store(seed)

        def try_store(bug="", size=0, shop=None, store=store, check_store=check_store):
            return suite.try_store(check_store, store, bug, size, shop)

        tests = [one(store) for one in (suite.past, suite.online, suite.change, suite.any_order, suite.growth)]
        marks.append(sum([*tests, suite.own_tests(check_store, store, try_store)]))
    assert np.mean(np.array(marks) >= 12) < 0.01
    assert np.median(marks) <= 2


def test_a_sheet_with_public_cases_shows_what_came(reference):
    case = stored.public_families()["events"][0]
    found = judging.run_family(Sheet("past", 4), InKernel(reference), "FeatureStore", [case])
    assert not found.misses
    assert found.compared.total() == sum(step[0] in judging.QUESTIONS for step in case.steps)
