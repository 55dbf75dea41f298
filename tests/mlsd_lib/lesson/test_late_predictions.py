"""A prediction counts if it came before the measurement; what comes later does not; a reader may begin anew."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from mlsd_lib.lesson import calibration, forget_predictions, predict
from mlsd_lib.lesson.reader import LessonError
from mlsd_lib.lesson.start_page import course_table, read_course


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSD_HOME", str(tmp_path / "record"))


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of two lessons that ask for "sum" and "tail", and the working folder in it."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mlsd"\n')
    entry = {"kind": "lesson", "title": "t", "section": "s", "objectives": ["o"], "minutes": 5, "requires": []}
    entry["budget"] = {"cpu_s": 1, "peak_mb": 1}
    (tmp_path / "chapters").mkdir()
    for stem, identity in (("01_sums", "sum"), ("02_tails", "tail")):
        cells = [new_code_cell(f'guess = predict("{identity}", "?", "ms")')]
        nbformat.write(new_notebook(cells=cells, metadata={"mlsd": entry}), tmp_path / "chapters" / f"{stem}.ipynb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ask(low=None, high=None, identity="sum"):
    return predict(identity, "How long?", "ms", low, high)


def test_a_late_prediction_says_so_and_is_not_counted(course, capsys):
    ask().measured(3)
    capsys.readouterr()
    late = ask(2, 4)
    said = capsys.readouterr().out
    assert "after the measurement: not counted" in said
    assert 'forget_predictions("01_sums")' in said
    assert not late.given
    assert calibration().answered == 0


def test_a_change_after_the_measurement_leaves_the_first_interval_and_says_so(course, capsys):
    ask(2, 5).measured(9)
    capsys.readouterr()
    assert ask(0, 1000).high == 5
    said = capsys.readouterr().out
    assert "after the measurement: not counted" in said
    assert "2 to 5" in said
    assert calibration().inside == 0


def test_running_the_cell_again_with_the_same_interval_is_no_late_prediction(course, capsys):
    ask(2, 5).measured(9)
    capsys.readouterr()
    ask(2.0, 5.0)
    assert "not counted" not in capsys.readouterr().out


def test_a_reader_can_begin_one_lesson_anew_and_only_that_one(course, capsys):
    ask().measured(3)
    ask(2, 4)
    ask(1, 2, "tail").measured(1.5)
    forget_predictions("01_sums")
    assert "1 prediction" in capsys.readouterr().out
    ask(2, 4).measured(3)
    assert calibration().answered == 2


def test_a_lesson_that_does_not_exist_is_named_with_what_there_is(course):
    with pytest.raises(LessonError, match=r"'01_sum'.*01_sums, 02_tails"):
        forget_predictions("01_sum")


def test_the_message_names_the_prediction_where_no_lesson_of_the_course_asks_for_it(course, capsys):
    ask(identity="of-my-own").measured(3)
    ask(2, 4, "of-my-own")
    assert 'forget_predictions("of-my-own")' in capsys.readouterr().out
    forget_predictions("of-my-own")
    assert ask(2, 4, "of-my-own").given


def test_the_start_page_counts_given_predictions_only(course):
    def counted():
        return course_table(read_course(course), course / "page.ipynb").data.count("| 1 of 1 predictions |")

    ask().measured(3)
    ask(2, 4)
    assert counted() == 0
    forget_predictions("01_sums")
    ask(2, 4).measured(3)
    assert counted() == 1


def test_an_older_record_is_read_on(tmp_path, course):
    import sqlite3

    (tmp_path / "record").mkdir()
    with sqlite3.connect(tmp_path / "record" / "reader.db") as connection:
        connection.execute(
            "CREATE TABLE predictions (id TEXT PRIMARY KEY, question TEXT NOT NULL, unit TEXT NOT NULL, "
            "low REAL, high REAL, measured REAL, asked_at REAL NOT NULL, measured_at REAL)"
        )
        connection.execute("INSERT INTO predictions VALUES ('sum', '?', 'ms', 2, 4, 3, 1.0, 2.0)")
    assert calibration().inside == 1
    assert ask(5, 6).high == 4
    assert calibration().answered == 1
