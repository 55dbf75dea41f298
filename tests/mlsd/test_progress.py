"""The progress bar: rate and time left."""

import pytest

from mlsd.instructors.progress import pace, progress


@pytest.mark.parametrize(
    ("number", "total", "elapsed_s", "told"),
    [
        (10, 200, 5.0, "120 a minute, 1:35 left"),
        (200, 200, 5.0, "2,400 a minute, 0:00 left"),
        (1, 1, 0.0, "60,000 a minute, 0:00 left"),
        (1, 3, 90.0, "1 a minute, 3:00 left"),
    ],
)
def test_rate_and_time_left_are_by_the_whole_time_so_far(number, total, elapsed_s, told):
    assert pace(number, total, elapsed_s) == told


def test_outcomes_come_through_as_they_are_and_only_the_error_stream_is_written(capsys):
    assert list(progress(iter("ab"), 2, "graded")) == ["a", "b"]
    out, err = capsys.readouterr()
    assert out == ""
    assert "2/2" in err
    assert "left" in err
