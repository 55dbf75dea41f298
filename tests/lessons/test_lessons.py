"""Every lesson keeps its rules, and each of its exercises tells unanswered, right and wrong apart."""

import importlib
from pathlib import Path

import pytest

from notebook_runner import course_root, read_notebook
from notebook_runner.canonical import next_to_write
from notebook_runner.course import notebook_paths
from tests.lessons import rules
from tests.lessons.lesson_cells import lessons

ROOT = course_root(Path(__file__))
TAUGHT = ("chapters", "case_studies")
LESSONS = lessons(
    [read_notebook(ROOT, path) for path in notebook_paths(ROOT) if path.relative_to(ROOT).parts[0] in TAUGHT]
)
CHECKS = sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in ROOT.glob("*/*/checks.py"))
EXERCISES = [pytest.param(lesson, slug, id=f"{lesson.stem}-{slug}") for lesson in LESSONS for slug in lesson.slugs]
SHARING = {module: [lesson for lesson in LESSONS if rules.module_of(lesson) == module] for module in CHECKS}
each_exercise = pytest.mark.parametrize(("lesson", "slug"), EXERCISES)
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)


def ids_of(module):
    """The lessons whose test it is: what passed is known by the names in an id."""
    return "-".join([module, *(lesson.stem for lesson in SHARING[module])])


@pytest.fixture(autouse=True)
def plots_go_nowhere(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")


@pytest.fixture(autouse=True)
def no_skeleton(request):
    """Of a notebook that is not written yet, each test says what its author writes next, and nothing more."""
    lesson = request.getfixturevalue("lesson") if "lesson" in request.fixturenames else None
    if lesson and (left := next_to_write(ROOT, lesson.path.relative_to(ROOT).as_posix())):
        pytest.fail(left, pytrace=False)


@each_exercise
def test_an_unanswered_exercise_is_not_attempted_and_does_not_raise(lesson, slug):
    assert {outcome.outcome for outcome in lesson.outcomes(slug)} == {"not attempted"}


@each_exercise
def test_the_folded_solution_passes(lesson, slug):
    results = lesson.outcomes(slug, lesson.solution(slug))
    assert [(result.outcome, result.message) for result in results if result.outcome != "pass"] == []


@each_exercise
def test_each_wrong_answer_fails_and_is_told_why(lesson, slug):
    answers = rules.wrong_answers(lesson.stem)
    assert slug in answers, f"tests/lessons/wrong_answers/{lesson.stem}.py has no {slug!r}. Write its wrong answers."
    for code, fragment in answers[slug]:
        messages = [outcome.message for outcome in lesson.outcomes(slug, code) if outcome.outcome == "fail"]
        assert any(fragment in message for message in messages), messages or f"this wrong answer did not fail: {code}"


@pytest.mark.parametrize(
    ("module", "sharing"), [pytest.param(module, SHARING[module], id=ids_of(module)) for module in CHECKS]
)
def test_every_mistake_that_a_lesson_names_is_told_to_some_wrong_answer(module, sharing):
    answered = [(lesson, rules.wrong_answers(lesson.stem)) for lesson in sharing]
    assert list(rules.unreached_mistakes(answered, importlib.import_module(module).EXERCISES)) == []


@each_lesson
def test_every_exercise_has_its_check_its_solution_and_a_wrong_answer(lesson):
    assert list(rules.incomplete_exercises(lesson, rules.wrong_answers(lesson.stem))) == []


@each_lesson
def test_a_turn_follows_its_statement_and_no_object_is_shown_above_a_picture(lesson):
    assert [*rules.turns_without_a_statement(lesson), *rules.shown_objects(lesson)] == []


@each_lesson
def test_no_claim_calls_equal_what_a_short_test_could_not_tell_apart(lesson):
    assert list(rules.equal_by_chance(lesson)) == []


@pytest.mark.parametrize(
    "lesson", [lesson for lesson in LESSONS if lesson.stem != "00_start_here"], ids=lambda path: path.stem
)
def test_a_lesson_has_all_its_parts(lesson):
    assert list(rules.missing_parts(lesson)) == []


def test_no_two_cells_of_the_course_share_the_id_of_a_prediction_or_a_check():
    student_side = [path for path in notebook_paths(ROOT) if not path.is_relative_to(ROOT / "solutions")]
    assert rules.repeated_ids(student_side) == []


def test_every_file_of_wrong_answers_belongs_to_one_lesson():
    stems = [lesson.stem for lesson in LESSONS]
    assert len(stems) == len(set(stems)), "two lessons share a file name, and so a file of wrong answers"
    assert rules.strangers(rules.WRONG_ANSWERS, set(stems)) == []
