"""What every plot has: palette, intervals, title, axes, reference lines, the good direction, the prediction, labels.

What a plot compares, and by which shape, stands in `plotting`. Palette: M. Okabe and K. Ito, Color Universal Design
(2008).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from mlsd_lib.lesson.reader import LessonError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mlsd_lib.lesson.predictions import Prediction

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, BLACK, GREY = "#CC79A7", "#56B4E9", "#222222", "#777777"
CYCLE = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK)
ARROWS = {"left": "← better   {}", "right": "{}   better →", "down": "← better   {}", "up": "{}   better →"}


class Frame(TypedDict, total=False):
    """What every plot takes beside its data; all of it may be left out."""

    ax: "Axes"
    """Where to draw; a new figure where it is left out."""
    size: tuple[float, float]
    """Width and height of a new figure, inches."""
    better: str
    """The good direction: "up", "down", "left", "right", or two of them ("upper left" is written "up left")."""
    guess: "Prediction"
    along: str
    """The axis that the guess is about, "x" or "y"."""
    scale: float
    """By what the guess is multiplied to stand in the plot's unit."""
    log: str
    """The axes on a logarithmic scale: "x", "y" or "xy"."""
    x_range: tuple[float | None, float | None]
    y_range: tuple[float | None, float | None]
    x_ticks: "Sequence[Any] | Mapping[Any, str]"
    """Places of the ticks, or places with their texts."""
    y_ticks: "Sequence[Any] | Mapping[Any, str]"
    levels: Mapping[str, float]
    """Horizontal lines to compare with, and their names."""
    moments: Mapping[str, Any]
    """Vertical lines to compare with, and their names."""


@dataclass(frozen=True)
class Spread:
    """A middle with the ends of its interval: three numbers, or three arrays of one length.

    As text, a number's `format` is applied to all three: f"{lead:.1f}" gives "4.2 (3.1 to 5.3)".
    """

    middle: Any
    low: Any
    high: Any

    def __format__(self, form: str) -> str:
        return f"{self.middle:{form}} ({self.low:{form}} to {self.high:{form}})"


def spread(repeats: Any, of: str = "middle 95 %", axis: int = -1) -> Spread:
    """The mean of `repeats` along `axis`, and how far they spread.

    `of` is "range" (smallest to largest), "middle 95 %" (percentiles 2.5 to 97.5) or "mean" (the 95 % interval of the
    mean by Student's t). Raises `LessonError` for any other.
    """
    import numpy as np

    values = np.asarray(repeats, dtype=float)
    mean = values.mean(axis)
    if of == "range":
        return Spread(mean, values.min(axis), values.max(axis))
    if of == "middle 95 %":
        return Spread(mean, *np.percentile(values, [2.5, 97.5], axis=axis))
    if of == "mean":
        from scipy.special import stdtrit  # Student's t; scipy.stats takes half a second to import

        count = values.shape[axis]
        half = stdtrit(count - 1, 0.975) * values.std(axis, ddof=1) / np.sqrt(count)
        return Spread(mean, mean - half, mean + half)
    raise LessonError(f'of is {of!r}; it must be "range", "middle 95 %" or "mean".')


def panels(
    columns: int = 1,
    rows: int = 1,
    *,
    size: tuple[float, float] | None = None,
    widths: Sequence[float] | None = None,
    share: str = "",
    title: str = "",
) -> "list[Axes]":
    """The axes of a new figure, row by row; `share` names the axis they have in common ("x", "y" or "xy")."""
    import matplotlib.pyplot as plt

    from mlsd_lib.lesson.direct_labels import DirectLabels
    from mlsd_lib.lesson.figures import CourseFigure, draw_when_shown

    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=size or ((7.5, 4.2) if columns == 1 else (9.8, 4.2)),
        width_ratios=widths,
        sharex="x" in share,
        sharey="y" in share,
        squeeze=False,
        FigureClass=CourseFigure,
    )
    figure.set_layout_engine(DirectLabels())
    draw_when_shown(figure)
    if title:
        figure.suptitle(title, fontweight="bold", x=0.01, ha="left")
    return list(axes.ravel())


def axes_of(frame: Frame) -> "Axes":
    return frame["ax"] if "ax" in frame else panels(size=frame.get("size"))[0]


def finish(ax: "Axes", title: str, x: str, y: str, frame: Frame) -> "Axes":
    import textwrap

    _scale(ax, "x", frame.get("log", ""), frame.get("x_range", (None, None)), frame.get("x_ticks"))
    _scale(ax, "y", frame.get("log", ""), frame.get("y_range", (None, None)), frame.get("y_ticks"))
    for axis, name in (("x", x), ("y", y)):
        ax.set(**{f"{axis}label": _with_arrow(name, axis, frame.get("better", ""))})
    for name, height in frame.get("levels", {}).items():
        ax.axhline(height, color=GREY, linewidth=1, zorder=0.9)
        point_label(ax, [(share / 20, height) for share in (1, 19, 5, 10, 15)], name, GREY, ("axes fraction", "data"))
    for name, moment in frame.get("moments", {}).items():
        ax.axvline(moment, color=GREY, linewidth=1, linestyle=":", zorder=0.9)
        point_label(ax, [(moment, share / 20) for share in (19, 17, 10, 4, 1)], name, GREY, ("data", "axes fraction"))
    if "guess" in frame:
        frame["guess"].draw(ax, frame.get("along", "y"), frame.get("scale", 1.0))
        if not frame["guess"].given and hasattr(ax.figure, "predicted"):
            ax.figure.predicted.append((ax, frame.get("along", "y")))
    ax.set_title("\n".join(textwrap.wrap(title, max(16, int(9.4 * _width_in(ax))))))
    return ax


def _with_arrow(name: str, axis: str, better: str) -> str:
    known = {"x": ("left", "right"), "y": ("down", "up")}
    words = better.split()
    if unknown := [word for word in words if word not in ARROWS]:
        raise LessonError(
            f"better is {better!r}; {unknown[0]!r} is none of {', '.join(ARROWS)}. Write, say, 'up left'."
        )
    for word in words:
        if word in known[axis]:
            return ARROWS[word].format(name).strip()
    return name


def _width_in(ax: "Axes") -> float:
    """The width in inches that a title over `ax` may take."""
    place, figure = ax.get_subplotspec(), ax.get_figure(root=True)
    if place is None or figure is None:
        return 7.5
    return float(place.get_position(figure).width / 0.775 * figure.get_size_inches()[0])


def _scale(ax: "Axes", axis: str, log: str, limits: tuple[float | None, float | None], ticks: Any) -> None:
    which = ax.xaxis if axis == "x" else ax.yaxis
    if axis in log:
        from mlsd_lib.lesson.log_ticks import LogTicks, log_text

        ax.set(**{f"{axis}scale": "log"})
        which.set_major_locator(LogTicks())
        which.set_major_formatter(log_text)
        which.set_minor_locator(_no_ticks())
    if limits != (None, None):
        ax.set(**{f"{axis}lim": limits})
    if ticks is None:
        return
    texts = list(ticks.values()) if isinstance(ticks, Mapping) else None
    if texts is None and all(isinstance(tick, int | float) for tick in ticks):
        texts = [f"{tick:,g}" for tick in ticks]
    which.set_ticks(list(ticks), texts)
    which.set_minor_locator(_no_ticks())


def _no_ticks() -> Any:
    from matplotlib.ticker import NullLocator

    return NullLocator()


def point_label(ax: "Axes", anchors: "list[tuple[Any, Any]]", text: str, colour: str, coords: Any = "data") -> None:
    from mlsd_lib.lesson.direct_labels import PointLabel

    if text:
        ax.add_artist(PointLabel(text, anchors, colour, coords)).set_clip_on(False)


def end_label(ax: "Axes", text: str, height: Any, colour: str) -> None:
    from mlsd_lib.lesson.direct_labels import EndLabel

    ax.add_artist(EndLabel(text, height, colour)).set_clip_on(False)


def colours_of(names: Iterable[str], wanted: Mapping[str, str] | None) -> dict[str, str]:
    names = list(names)
    return {name: CYCLE[number % len(CYCLE)] for number, name in enumerate(names)} | dict(wanted or {})


def middle_of(value: Any) -> Any:
    return value.middle if isinstance(value, Spread) else value


def error_of(value: Any) -> Any:
    import numpy as np

    if not isinstance(value, Spread):
        return None
    return np.array([np.subtract(value.middle, value.low), np.subtract(value.high, value.middle)]).reshape(2, -1)
