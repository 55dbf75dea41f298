"""A Spread says its middle and its ends, in the form asked for."""

import numpy as np

from mlsd_lib.lesson import plotting as plot


def test_a_spread_is_written_with_the_ends_of_its_interval():
    assert f"{plot.Spread(1234.5, 1000.04, 1500):,.1f}" == "1,234.5 (1,000.0 to 1,500.0)"


def test_the_spread_of_a_mean_narrows_with_the_root_of_the_repeats():
    few, many = (plot.spread(np.resize([0.0, 1.0], count), "mean") for count in (100, 10_000))
    assert abs((few.high - few.low) / (many.high - many.low) - 10) < 0.2


def test_a_line_of_spreads_has_the_middle_and_the_interval_of_each():
    series = {"one": {1.0: plot.Spread(2, 1, 4), 3.0: plot.Spread(5, 4, 6)}}
    ax = plot.lines(series, "A title", "x", "y")
    (drawn,) = ax.containers
    assert drawn.lines[0].get_xydata().tolist() == [[1, 2], [3, 5]]
    assert [segment[:, 1].tolist() for segment in drawn.lines[2][0].get_segments()] == [[1, 4], [4, 6]]
