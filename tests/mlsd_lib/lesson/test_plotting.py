"""Plots: what is compared is drawn, every text can be read, and what is good is said on the axis that it is about."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.transforms import Bbox

from mlsd_lib.lesson import plotting as plot
from mlsd_lib.lesson.direct_labels import READABLE, EndLabel, PointLabel, ambiguity, contrast, text_colour
from mlsd_lib.lesson.figures import alt_text, overlapping_texts
from mlsd_lib.lesson.predictions import Prediction
from mlsd_lib.lesson.reader import LessonError

SIZES = [200, 500, 1_000, 2_000, 5_000]


@pytest.fixture(autouse=True)
def figures_closed():
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    mpl.use("agg")
    with mpl.rc_context():
        plot.use_style()
        yield
        plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def drawn(ax):
    """The data of the lines with markers or ticks of error bars left out, by colour."""
    return [(line.get_color(), list(line.get_xdata()), list(line.get_ydata())) for line in ax.lines]


@pytest.mark.parametrize("colour", [*plot.CYCLE, plot.GREY, "#CC79A7"])
def test_text_in_every_colour_of_the_palette_can_be_read(colour):
    assert contrast(text_colour(colour)) >= READABLE


def test_black_on_white_has_the_largest_contrast_there_is():
    assert contrast("black") == pytest.approx(21)
    assert text_colour("#000000") == "#000000"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.sampled_from(["", "y"]))
@settings(max_examples=15, deadline=None)
def test_names_at_the_ends_of_lines_never_lie_over_each_other(ends, log):
    series = {f"line number {i}": [1.0, 1 + end, 1 + end] for i, end in enumerate(ends)}
    ax = plot.lines(series, "A finding", "week", "EUR", at=[1, 2, 3], log=log)
    assert overlapping_texts(ax.figure) == []
    assert set(texts(ax)) == set(series)


@pytest.mark.parametrize("log", ["", "x", "y", "xy"])
def test_the_names_at_the_ends_of_lines_lie_within_the_picture(log):
    ax = plot.lines({"a line of a long name": [1.0, 10, 200]}, "A finding", "week", "EUR", at=[1, 10, 100], log=log)
    ax.figure.draw_without_rendering()
    (label,) = [text for text in ax.texts if isinstance(text, EndLabel)]
    assert ax.bbox.x1 < label.get_window_extent().x1 <= ax.figure.bbox.x1


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=9, unique=True))
@settings(max_examples=15, deadline=None)
def test_names_of_points_find_room(places):
    # Two points that stand under one name's width of each other nine times over have no room; these do.
    spaced = {f"p{i}": (10 * i + x, 10 * (i % 3) + y) for i, (x, y) in enumerate(places)}
    ax = plot.points(spaced, "A finding", "cost (EUR)", "right (%)", better="up left")
    assert overlapping_texts(ax.figure) == []


def test_a_text_between_two_points_is_ambiguous_and_one_on_the_far_side_is_not():
    own, rival = np.array([100.0, 100.0]), np.array([100.0, 140.0])
    between, beyond = Bbox([[110, 112], [160, 128]]), Bbox([[110, 70], [160, 86]])
    assert ambiguity(between, own, [rival]) > 0
    assert ambiguity(beyond, own, [rival]) == 0
    assert ambiguity(between, own, []) == 0


def test_a_label_leaves_the_line_free_that_runs_past_its_point():
    ax = plot.lines({"": [1.0] * 50}, "A finding", "day", "EUR", at=list(range(50)))
    plot.label(ax, 25, 1.0, "beside the line")
    ax.figure.draw_without_rendering()
    (label,) = [text for text in ax.texts if isinstance(text, PointLabel)]
    box, height = label.get_window_extent(), ax.transData.transform((25, 1.0))[1]
    assert not box.y0 < height < box.y1


@pytest.mark.parametrize(("low", "high"), [(0.2, 0.3), (0.0, 1.0), (0.9, 1.1), (-3, -2)])
@pytest.mark.parametrize("along", ["x", "y"])
def test_the_readers_prediction_finds_room_wherever_it_lies(low, high, along):
    values = {"clean": np.linspace(0.2, 0.9, 5), "flipped": np.linspace(0.2, 0.85, 5)}
    ax = plot.lines(
        values,
        "A finding",
        "x",
        "y",
        at=np.linspace(0, 1, 5),
        guess=Prediction("a", "%", low, high),
        along=along,
        levels={"do nothing": 0.3},
        moments={"launch": 0.4},
    )
    assert overlapping_texts(ax.figure) == []
    assert "your prediction" in texts(ax)


def test_a_prediction_in_another_unit_is_scaled_and_a_missing_one_draws_nothing():
    ax = plot.bars({"a": 5}, "A finding", "EUR", guess=Prediction("a", "%", 20, 30), along="x", scale=0.1)
    (band,) = [patch for patch in ax.patches if patch.get_height() == 1]
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((2, 3))
    ax = plot.bars({"a": 5}, "A finding", "EUR", guess=Prediction("a", "%", None, None), along="x")
    assert "your prediction" not in texts(ax)


def test_lines_take_pairs_series_tables_and_spreads():
    table = pd.DataFrame({"a": [1.0, 2.0]}, index=[10, 20])
    for series in ({"a": ([10, 20], [1.0, 2.0])}, {"a": table["a"]}, table, {"a": plot.Spread([1, 2], [0, 1], [2, 3])}):
        ax = plot.lines(series, "A finding", "x", "y", at=[10, 20])
        assert drawn(ax)[0] == (plot.BLUE, [10, 20], [1.0, 2.0])
    with pytest.raises(LessonError, match="give at="):
        plot.lines({"a": [1, 2]}, "A finding", "x", "y")


def test_texts_as_x_are_categories_in_their_order():
    ax = plot.lines({"a": [3, 1]}, "A finding", "", "y", at=["offline", "live"])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["offline", "live"]


def test_a_line_can_be_named_at_a_point_of_its_own_or_not_at_all():
    ax = plot.lines({"a": [1, 2, 3]}, "A finding", "x", "y", at=[1, 2, 3], label_at={"a": 2})
    (label,) = ax.texts
    assert isinstance(label, PointLabel)
    assert label.anchors == [(2, 2.0)]
    assert list(plot.lines({"a": [1, 2]}, "A finding", "x", "y", at=[1, 2], labels=False).texts) == []


def test_steps_hold_a_value_until_the_next():
    ax = plot.lines({"a": [1, 2]}, "A finding", "x", "y", at=[1, 2], style="step")
    assert ax.lines[0].get_drawstyle() == "steps-post"


def test_a_spread_of_many_points_is_a_band_and_of_few_has_bars():
    few, many = (plot.spread(np.ones((n, 3)) * [1, 2, 3], "range") for n in (3, plot.MANY + 1))
    with_bars = plot.lines({"a": few}, "A finding", "x", "y", at=range(3))
    with_band = plot.lines({"a": many}, "A finding", "x", "y", at=range(plot.MANY + 1))
    assert len(with_bars.lines) == 3  # the line and two rows of caps
    assert len(with_band.lines) == 1
    assert len(with_band.collections) == 1


def test_spreads_are_those_that_their_names_say():
    repeats = np.arange(101.0)
    assert plot.spread(repeats, "range") == plot.Spread(50, 0, 100)
    assert plot.spread(repeats) == plot.Spread(50, 2.5, 97.5)
    of_mean = plot.spread(repeats, "mean")
    half = 1.98397 * repeats.std(ddof=1) / 101**0.5  # Student's t, 100 degrees of freedom
    assert (of_mean.low, of_mean.high) == (pytest.approx(50 - half, rel=1e-5), pytest.approx(50 + half, rel=1e-5))
    with pytest.raises(LessonError, match="'all'; it must be"):
        plot.spread(repeats, "all")


def test_rows_stand_from_the_top_with_a_mark_for_each_series():
    rows = {"true": {"model": plot.Spread(10, 8, 12), "rule": 7}, "seen": {"model": 8, "rule": 7}}
    ax = plot.dots(rows, "A finding", "EUR a day", better="right")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["model", "rule"]
    assert ax.yaxis_inverted()
    assert set(texts(ax)) == {"true", "seen"}
    assert overlapping_texts(ax.figure) == []


def test_every_repeat_is_a_dot_and_their_median_a_bar():
    ax = plot.dots({"a": [1, 2, 9]}, "A finding", "EUR")
    assert list(ax.lines[0].get_xdata()) == [1, 2, 9]
    assert list(ax.lines[1].get_xdata()) == [2, 2]


def test_bars_say_their_numbers_and_notes_stand_in_the_margin():
    ax = plot.bars({"a": 12.34, "b": 5}, "A finding", "kB", form="{:.1f}", notes={"b": "refused"})
    assert set(texts(ax)) == {"12.3", "5.0", "refused"}
    ax.figure.draw_without_rendering()
    (note,) = [text for text in ax.texts if isinstance(text, EndLabel)]
    assert note.get_window_extent().x0 >= ax.bbox.x1
    assert overlapping_texts(ax.figure) == []


def test_the_number_of_a_bar_below_zero_stands_beyond_its_end():
    ax = plot.bars({"a": -5.5, "b": plot.Spread(-2.0, -3.0, -1.0), "c": 1.0}, "A finding", "days")
    ax.figure.canvas.draw()
    renderer = ax.figure.canvas.get_renderer()
    bars = [bar.get_window_extent(renderer) for container in ax.containers for bar in getattr(container, "patches", [])]
    numbers = [text.get_window_extent(renderer) for text in ax.texts]
    assert len(bars) == len(numbers) == 3
    assert [number.x1 < bar.x0 for number, bar in zip(numbers, bars, strict=True)] == [True, True, False]


def test_names_of_series_stay_off_the_bars_and_every_bar_has_the_form_asked_for():
    rows = {"data": {"one": 30_000.0, "two": 20_000.0}, "footers": {"one": 900.0, "two": 25_000.0}}
    ax = plot.bars(rows, "A finding", "bytes", form="{:,.0f}")
    assert overlapping_texts(ax.figure) == []
    renderer = ax.figure.canvas.get_renderer()
    bars = [bar.get_window_extent(renderer) for container in ax.containers for bar in container]
    names = [text for text in ax.texts if isinstance(text, PointLabel)]
    assert [name.get_text() for name in names] == ["data", "footers"]
    for name in names:
        assert not any(name.get_window_extent(renderer).overlaps(bar) for bar in bars)
    assert {"30,000", "20,000", "900", "25,000"} <= set(texts(ax))


def test_a_front_joins_what_nothing_beats():
    places = {"slow": (9, 90), "fast": (1, 80), "beaten": (10, 85), "same": (1, 80)}
    ax = plot.points(places, "A finding", "ms", "right (%)", front=True, better="up left")
    assert drawn(ax)[0][1:] == ([1, 1, 9], [80, 80, 90])
    colours = {text.get_text(): text.get_color() for text in ax.texts}
    assert colours["beaten"] == text_colour(plot.RED)
    assert colours["slow"] == text_colour(plot.BLUE)
    with pytest.raises(LessonError, match="'up'"):
        plot.points(places, "A finding", "ms", "right (%)", front=True, better="up")


def test_a_heat_map_writes_every_number_in_an_ink_that_can_be_read():
    table = pd.DataFrame([[-20.0, 0], [5, 20]], index=["a", "b"], columns=["x", "y"])
    ax = plot.heat(table, "A finding", text="{:+.0f}")
    (image,) = ax.images
    assert texts(ax) == ["-20", "+0", "+5", "+20"]
    for text, value in zip(ax.texts, table.to_numpy().ravel(), strict=True):
        from matplotlib.colors import to_hex

        assert contrast(text.get_color(), to_hex(image.cmap(image.norm(value)))) > 3
    assert image.norm.vmin == -image.norm.vmax


def test_a_timeline_draws_spans_in_their_rows():
    ax = plot.timeline(
        {"model 1": [(0, 5, plot.BLUE), (5, 7, plot.ORANGE)], "model 2": [(3, 8, plot.RED)]},
        "A finding",
        "day",
        legend={"window": plot.BLUE},
        notes={"model 1": "changed"},
        moments={"the bad day": 6},
    )
    assert [(bar.get_x(), bar.get_width()) for bar in ax.patches] == [(0, 5), (5, 2), (3, 5)]
    assert overlapping_texts(ax.figure) == []


def test_what_is_good_stands_on_the_axis_that_it_is_about():
    ax = plot.lines({"a": [1, 2]}, "A finding", "cost (EUR)", "right (%)", at=[1, 2], better="up left")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("← better   cost (EUR)", "right (%)   better →")
    with pytest.raises(LessonError, match="'upper'"):
        plot.lines({"a": [1, 2]}, "A finding", "x", "y", at=[1, 2], better="upper left")


def test_panels_share_an_axis_and_a_heading():
    left, right = plot.panels(2, share="y", title="One finding")
    plot.bars({"a": 1, "b": 2}, "here", "kB", ax=left)
    plot.bars({"a": 3, "b": 4}, "there", "kB", ax=right)
    assert left.get_ylim() == right.get_ylim()
    assert alt_text(left.figure).startswith("One finding. here; x: kB; ")


def test_overlapping_texts_are_found():
    (ax,) = plot.panels()
    ax.text(0.5, 0.5, "one")
    ax.text(0.5, 0.5, "other")
    assert overlapping_texts(ax.figure) == [("one", "other")]
    assert overlapping_texts(ax.figure, drawn=True) == [("one", "other")]


def test_the_alt_text_says_finding_axes_and_names():
    ax = plot.lines({"clean": [1, 2]}, "Quantity\nrepairs labels", "labels", "accuracy (%)", at=[1, 2], better="up")
    assert alt_text(ax.figure) == "Quantity repairs labels; x: labels; y: accuracy (%)   better →; clean."


@pytest.mark.parametrize(
    ("low", "high"), [(2.9, 4.6), (30, 47), (1.1, 1.2), (3, 900), (1e-3, 1e-2), (0.2, 7e4), (1, 1e9), (1e-12, 1e12)]
)
def test_a_logarithmic_axis_of_any_length_has_ticks_that_can_be_read(low, high):
    at, series = np.geomspace(low, high, 20), {"a": np.linspace(low, high, 20)}
    ax = plot.lines(series, "A finding", "ms", "EUR", at=at, log="xy")
    assert overlapping_texts(ax.figure) == []
    for axis in (ax.xaxis, ax.yaxis):
        inside = [tick for tick in axis.get_majorticklocs() if low <= tick <= high]
        assert 2 <= len(inside) <= 8
        assert not axis.get_minorticklocs().size


def test_a_cell_that_ends_with_a_plot_does_not_name_its_axes(monkeypatch):
    shell = InteractiveShell.instance()
    try:
        monkeypatch.setattr("IPython.get_ipython", lambda: shell)
        plot.use_style()
        axes = plot.lines({"one": [1, 2]}, "Rises", "x", "y", at=[1, 2])
        assert shell.display_formatter.format(axes) == ({}, {})
        assert shell.display_formatter.format([axes])[0]["text/plain"]
    finally:
        InteractiveShell.clear_instance()  # another test of this process may start its own


@pytest.mark.parametrize(("backend", "times"), [("inline", 0), ("agg", 1)])
def test_pyplot_draws_no_figure_that_the_end_of_a_cell_prints_anyway(monkeypatch, backend, times):
    from matplotlib._pylab_helpers import Gcf

    monkeypatch.setattr("matplotlib.get_backend", lambda: backend)
    drawn_by = []
    ax = plot.lines({"one": [1, 2]}, "Rises", "x", "y", at=[1, 2])
    monkeypatch.setattr(ax.figure, "draw", drawn_by.append)
    Gcf.draw_all(force=True)
    assert len(drawn_by) == times
