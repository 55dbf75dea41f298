"""`mlsd recall`: what is asked when, what is kept of it, and what a reader sees."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlsd.cli import app
from mlsd.students.files import StudentError
from mlsd.students.recall import ask_all, due, of_lesson, summary
from mlsd_lib.lesson import predict
from mlsd_lib.lesson.reader import record
from notebook_runner import course_root

ROOT = course_root(Path(__file__))
LESSON = "01_performance_requirements"
NOW = datetime(2027, 1, 15, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSD_HOME", str(tmp_path / "record"))
    monkeypatch.chdir(ROOT)


@pytest.fixture
def recalls():
    return [of_lesson(ROOT, LESSON)]


def answer_all(recalls, rightly, at):
    """Answer what is due then; the texts that were told."""
    text = []

    def typed(_):
        asks, answers = text[-2], [line.strip().split("  ", 1) for line in text[-1].splitlines()]
        right = next(entry.question.right.says for entry in asked if entry.question.asks in asks)
        return next(number for number, says in answers if (says == right) == rightly)

    asked = due(recalls, at)
    return ask_all(asked, typed, text.append, lambda: at), text


def test_new_questions_come_in_order_and_right_ones_after_more_and_more_days(recalls):
    assert [entry.question for entry in due(recalls, NOW)] == list(recalls[0].questions)
    waits, at = [], NOW
    for _ in range(3):
        assert answer_all(recalls, True, at)[0] == 5
        assert due(recalls, at) == []
        first = min(days for days in range(1, 400) if due(recalls, at + timedelta(days=days)))
        waits.append(first)
        at += timedelta(days=first)
    assert waits == sorted(set(waits))


def test_a_wrong_one_comes_back_the_next_day_and_before_new_ones(recalls):
    right, told = answer_all(recalls, False, NOW)
    assert right == 0
    assert all(entry.question.right.because in "\n".join(told) for entry in due(recalls, NOW + timedelta(days=1)))
    with record() as connection:
        connection.execute("DELETE FROM recalls WHERE id NOT LIKE '%hedging-fails'")
    assert due(recalls, NOW + timedelta(days=1))[0].question.id == "when-hedging-fails"
    assert due(recalls, NOW + timedelta(hours=1))[0].question.id == "who-is-dominated"


def test_a_question_whose_card_was_damaged_is_asked_as_a_new_one(recalls):
    answer_all(recalls, True, NOW)
    with record() as connection:
        connection.execute("UPDATE recalls SET card = '{'")
    assert [entry.card for entry in due(recalls, NOW)] == [None] * len(recalls[0].questions)


def test_what_is_no_answer_is_asked_again_and_nothing_typed_is_not_known(recalls):
    text, typed = [], iter(["four", "9", ""])
    assert ask_all(due(recalls, NOW)[:1], lambda _: next(typed), text.append, lambda: NOW) == 0
    assert "'four' is none of the answers. Type a number from 1 to 4, or only Enter." in text
    assert "Right is: A only" in text[-1]
    assert "Not so" not in text[-1]


def test_a_rule_is_shown_with_what_the_reader_measured(recalls):
    predict("stack-latency-ratio", "How many times?", unit="times", low=10, high=20).measured(44.0)
    assert "measured on this machine: 44 times" in summary(recalls[0])


@pytest.mark.parametrize("name", [LESSON, "performance_requirements", f"chapters/01_introduction/{LESSON}.ipynb"])
def test_a_lesson_is_known_by_its_names(name):
    assert of_lesson(ROOT, name).notebook.path.stem == LESSON


@pytest.mark.parametrize("name", ["performance_requirement", "01_performence_requirements", "Performance_Requirements"])
def test_a_misspelled_name_is_refused_with_the_one_that_was_meant(name):
    with pytest.raises(StudentError, match=f"'{name}' is no lesson with questions. Was {LESSON} meant?"):
        of_lesson(ROOT, name)


def test_a_name_that_is_like_none_is_refused_with_the_way_to_all():
    with pytest.raises(StudentError, match=r"'99' is no lesson with questions\. `mlsd notebooks` lists"):
        of_lesson(ROOT, "99")


def test_a_name_of_two_lessons_is_refused_with_both():
    with pytest.raises(StudentError, match="'data_processing' means 04_data_processing and 01_data_processing"):
        of_lesson(ROOT, "data_processing")


def run(*words, typed=""):
    return CliRunner().invoke(app, ["recall", *words], input=typed)


def test_the_rules_of_a_lesson_are_shown_and_of_none_refused():
    assert "fails: Pauses that the query causes stay" in run("performance_requirements", "--rules").output
    assert run("--rules").exit_code == 2
