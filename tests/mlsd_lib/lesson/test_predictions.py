import sqlite3
from contextlib import closing

import pytest

from mlsd_lib.lesson import calibration, predict, reader
from mlsd_lib.lesson import predictions as room
from mlsd_lib.lesson.predictions import PredictionWanted
from mlsd_lib.lesson.reader import LessonError


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSD_HOME", str(tmp_path / "record"))
    return tmp_path / "record"


@pytest.fixture
def a_reader_is_there(monkeypatch):
    monkeypatch.setattr(room, "someone_is_there", lambda: True)


def ask(low=None, high=None):
    return predict("stack-ratio", "How many times?", "times", low, high)


def test_an_empty_prediction_goes_on_where_nobody_is_there():
    assert not ask().given


def test_an_empty_prediction_asks_a_reader_once_and_then_goes_on(a_reader_is_there):
    with pytest.raises(PredictionWanted, match="90 % interval"):
        ask()
    assert not ask().given


def test_the_question_is_shown_without_a_traceback(monkeypatch):
    monkeypatch.setattr(reader, "someone_is_there", lambda: True)
    assert PredictionWanted("Only this.")._render_traceback_() == ["Only this."]


def test_an_error_that_nobody_sees_keeps_its_traceback_for_the_report():
    assert not hasattr(LessonError("low is 3"), "_render_traceback_")


def test_an_interval_is_kept_and_used_again():
    ask(2, 5)
    again = ask()
    assert (again.low, again.high) == (2, 5)


def test_an_interval_may_be_changed_until_the_value_is_measured_and_not_after():
    ask(2, 5)
    assert ask(3, 6).low == 3
    ask(3, 6).measured(4)
    assert ask(0, 1000).high == 6


@pytest.mark.parametrize(("value", "where"), [(1, "below"), (2, "inside"), (5, "inside"), (6, "above")])
def test_measured_says_where_the_value_lies(value, where, capsys):
    ask(2, 5).measured(value)
    assert where in capsys.readouterr().out


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        (1, None, "needs both ends"),
        (None, 1, "needs both ends"),
        (2, 1, "upside down"),
        (float("nan"), 1, "finite"),
        ("1", 2, "finite"),
        (True, 2, "finite"),
    ],
)
def test_half_or_senseless_intervals_are_refused_by_name(low, high, message):
    with pytest.raises(LessonError, match=message):
        ask(low, high)


@pytest.mark.parametrize(
    ("unit", "low", "high"), [("of 100", 90, 101), ("of 24 bugs", -1, 3), ("of 1,000 rows", 0, 1001), ("of 1", 0, 1.5)]
)
def test_more_or_fewer_than_there_are_is_refused_with_how_many_there_are(unit, low, high):
    most = unit.split()[1]
    with pytest.raises(LessonError, match=f"of {most}: both ends lie from 0 to {most}"):
        predict("bounded", "How many?", unit=unit, low=low, high=high)


@pytest.mark.parametrize(
    ("unit", "high"), [("of 100", 100), ("% of the loss", 400), ("of the capacity", 3), ("ms", 101)]
)
def test_a_unit_that_names_no_number_bounds_nothing(unit, high):
    assert predict("unbounded", "How many?", unit=unit, low=0, high=high).high == high


def test_calibration_counts_only_what_was_predicted_and_measured():
    for i, (low, high, value) in enumerate([(0, 1, 0.5), (0, 1, 2), (None, None, 3)]):
        guess = predict(f"q{i}", "?", "m", low, high)
        guess.measured(value)
    predict("open", "?", "m", 0, 1)
    assert (calibration().inside, calibration().answered) == (1, 2)


def test_a_record_of_another_version_or_a_folder_in_its_place_is_named_and_kept(own_record):
    (own_record / "reader.db").mkdir(parents=True)
    with pytest.raises(LessonError, match=r"reader\.db cannot be used"):
        ask(2, 5)
    (own_record / "reader.db").rmdir()
    with closing(sqlite3.connect(own_record / "reader.db")) as later:
        later.execute("CREATE TABLE predictions (name TEXT)")
    with pytest.raises(LessonError, match="move it away if another version"):
        ask(2, 5)


def test_an_unreadable_record_is_set_aside_and_never_overwritten(own_record):
    own_record.mkdir()
    (own_record / "reader.db").write_bytes(b"not a database, but somebody's file" * 100)
    ask(1, 2)
    kept = list(own_record.glob("reader-unreadable-*.db"))
    assert kept[0].read_bytes().startswith(b"not a database")
    with sqlite3.connect(own_record / "reader.db") as connection:
        assert connection.execute("SELECT COUNT(*) FROM predictions").fetchone() == (1,)


def test_a_record_that_cannot_be_made_names_the_folder_and_the_fix(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MLSD_HOME", str(tmp_path / "file" / "below"))
    with pytest.raises(LessonError, match="MLSD_HOME"):
        ask(1, 2)


def test_the_interval_is_drawn_where_it_lies_and_nothing_without_one():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    ask().draw(ax)
    assert not ax.patches
    predict("other", "?", "ms", 2, 5).draw(ax, along="x", scale=10)
    assert ax.patches[0].get_bbox().x0 == 20
    assert ax.patches[0].get_bbox().x1 == 50
    with pytest.raises(LessonError, match="along"):
        predict("other", "?", "ms", 2, 5).draw(ax, along="z")


@pytest.mark.parametrize(
    ("inside", "answered", "advice"),
    [(4, 4, "go on"), (5, 10, "widen"), (9, 10, "should look like"), (25, 25, "narrow them"), (0, 0, "No prediction")],
)
def test_the_advice_fits_the_share_of_intervals_that_held(inside, answered, advice):
    assert advice in str(room.Calibration(inside, answered, ()))
