"""Every lesson keeps its rules, and each of its exercises tells unanswered, right and wrong apart."""

import copy
import importlib
from pathlib import Path

import pytest

from mlsd_lib.lesson.reader_tasks import asked_in
from mlsd_lib.lesson.your_turn import explanation
from notebook_runner import course_root, read_notebook
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


TURNS = [
    pytest.param(turn, id=f"{ids_of(module)}-{turn.id}")
    for module in CHECKS
    for turn in importlib.import_module(module).check.by_id.values()
]
each_turn = pytest.mark.parametrize("turn", TURNS)


@pytest.fixture(autouse=True)
def plots_go_nowhere(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")


@each_exercise
def test_an_unanswered_exercise_is_not_attempted_and_does_not_raise(lesson, slug):
    assert {outcome.outcome for outcome in lesson.outcomes(slug)} == {"not attempted"}


@each_exercise
def test_the_folded_solution_passes(lesson, slug):
    results = lesson.outcomes(slug, lesson.solution(slug))
    assert [(result.outcome, result.message) for result in results if result.outcome != "pass"] == []


@each_turn
def test_a_turn_passes_the_right_answer_and_tells_each_wrong_one_by_its_own_words(turn):
    assert turn.result(turn.right).outcome == "pass"
    assert turn.wrong, f"{turn.id} tells no wrong answer. Write one, with a docstring that explains it."
    for wrong in turn.wrong:
        result, own = turn.result(wrong), explanation(wrong)
        assert (result.outcome, own in result.message) == ("fail", True), (wrong.__name__, result.message)
        others = {explanation(other) for other in turn.wrong} - {own}
        assert [words for words in others if words in result.message and words not in own] == []


@each_turn
def test_a_turn_knows_an_unanswered_cell_and_a_function_that_returns_nothing(turn):
    def unanswered(*arguments):
        raise NotImplementedError

    assert turn.result(unanswered).outcome == "not attempted"
    assert turn.result(lambda *arguments: None).outcome == "fail"


@pytest.mark.parametrize("turn", [turn for turn in TURNS if rules.can_be_changed(*turn.values)])
def test_a_right_answer_that_changes_its_input_is_told_so(turn):
    def changes_its_input(*arguments):
        value = copy.deepcopy(turn.right(*arguments))
        for argument in arguments:
            rules.change(argument)
        return value

    assert "changed its own input" in turn.result(changes_its_input).message


@pytest.mark.parametrize(("module", "sharing"), [pytest.param(*pair, id=ids_of(pair[0])) for pair in SHARING.items()])
def test_every_turn_of_a_section_is_checked_by_a_cell_and_every_cell_has_its_turn(module, sharing):
    asked = [id for lesson in sharing for id in asked_in(lesson.path).checks]
    assert sorted(asked) == sorted(importlib.import_module(module).check.by_id)


@each_lesson
def test_every_exercise_has_its_check_and_its_solution(lesson):
    assert list(rules.incomplete_exercises(lesson)) == []


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
