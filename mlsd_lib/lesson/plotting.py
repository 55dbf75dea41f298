"""The plots of the course: one call a shape (lines, dots, bars, points, heat, timeline), in one style.

A call says what is compared; title, units, scale, direct labels, reference lines, the good direction and the reader's
prediction are drawn by `plot_frame`. Each returns its matplotlib axes.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from mlsd_lib.lesson.plot_frame import (
    BLACK,
    BLUE,
    CYCLE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    Frame,
    Spread,
    axes_of,
    colours_of,
    end_label,
    error_of,
    finish,
    middle_of,
    panels,
    point_label,
    spread,
)  # fmt: skip
from mlsd_lib.lesson.reader import LessonError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = [
    "BLACK", "BLUE", "CYCLE", "GREEN", "GREY", "ORANGE", "PURPLE", "RED", "SKY", "Spread", "bars", "dots", "heat",
    "label", "lines", "panels", "points", "spread", "timeline", "use_style",
]  # fmt: skip
MANY = 25
"""From this many points on a line has no markers, and its spread is a band instead of bars."""


def use_style() -> None:
    """Set matplotlib's defaults to the course's style, for this process, and give figures their alt text."""
    import matplotlib as mpl
    from cycler import cycler

    from mlsd_lib.lesson.figures import describe_figures

    mpl.rcParams.update(
        {
            "figure.figsize": (7.5, 4.2),
            "figure.dpi": 110,
            "axes.prop_cycle": cycler(color=CYCLE),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "axes.titlesize": 12,
            "axes.titleweight": "bold",
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#DDDDDD",
            "grid.linewidth": 0.7,
            "lines.linewidth": 2,
            "font.size": 10.5,
        }
    )
    describe_figures()


def label(ax: "Axes", x: Any, y: Any, text: str, color: str = BLACK) -> None:
    """Write `text` beside the point (`x`, `y`), wherever there it covers nothing. Several points: lists of x and y."""
    point_label(ax, list(zip(x, y, strict=True)) if isinstance(x, Sequence) else [(x, y)], text, color)


def lines(
    series: Any,
    title: str,
    x: str,
    y: str,
    *,
    at: Any = None,
    colours: Mapping[str, str] | None = None,
    style: str | Mapping[str, str] = "",
    label_at: Mapping[str, Any] | None = None,
    labels: bool = True,
    **frame: Unpack[Frame],
) -> "Axes":
    """Lines over one x axis, each named at its right end.

    `series` maps names to values at `at`, to `Spread`s of values, to a pandas Series (over its own index), to a mapping
    of x to a number or a `Spread`, or to a pair of x and y; or it is a DataFrame, a line a column. Texts as x are
    categories. `style` is matplotlib's format, for all or by name; "step" draws steps. `label_at` names the x at which
    a line is labelled instead.
    """
    ax = axes_of(frame)
    names = list(series)
    shade = colours_of(names, colours)
    for name in names:
        xs, values = _line(series[name], at)
        _categories(ax, xs)
        own = style if isinstance(style, str) else style.get(name, "")
        _draw_line(ax, xs, values, own, shade[name])
        if labels:
            _name_line(ax, name, xs, values, shade[name], (label_at or {}).get(name))
    return finish(ax, title, x, y, frame)


def dots(
    rows: Any,
    title: str,
    x: str,
    *,
    colours: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
    marks: Mapping[str, str] | None = None,
    **frame: Unpack[Frame],
) -> "Axes":
    """A row a name, from the top: a number, a `Spread` with its interval, or every repeat and their median.

    `rows` maps names to these, or names of series to such a mapping (or is a DataFrame, a series a column):
    then each row holds a mark a series. `colours` and `marks` (matplotlib's markers) are by series or by row; `notes`
    stand at the right of their rows.
    """
    return _rows(_draw_dots, rows, title, x, colours, notes, marks or {}, frame)


def bars(
    rows: Any,
    title: str,
    x: str,
    *,
    colours: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
    form: str = "{:,.3g}",
    **frame: Unpack[Frame],
) -> "Axes":
    """Horizontal bars from the top, each with its number written by `form`; `rows` and `colours` as for `dots`."""
    return _rows(_draw_bars, rows, title, x, colours, notes, {"": form}, frame)


def points(
    places: Mapping[str, tuple[Any, Any]],
    title: str,
    x: str,
    y: str,
    *,
    colours: Mapping[str, str] | None = None,
    front: bool = False,
    path: bool = False,
    **frame: Unpack[Frame],
) -> "Axes":
    """Named points, `places` mapping a name to its x and y, numbers or `Spread`s.

    `front` joins the points that no other beats in the direction of `better` and colours the rest red; `path` joins all
    in the order given.
    """
    ax = axes_of(frame)
    middles = {name: tuple(middle_of(value) for value in place) for name, place in places.items()}
    best = _front(middles, frame.get("better", "")) if front else list(places)
    shade = {name: BLUE if name in best else RED for name in places} | dict(colours or {})
    if front or path:
        joined = sorted(middles[name] for name in best) if front else list(middles.values())
        ax.plot(*zip(*joined, strict=True), color=GREY, linewidth=1, zorder=1)
    for name, (at_x, at_y) in places.items():
        middle_x, middle_y = middles[name]
        error = {"yerr": error_of(at_y), "xerr": error_of(at_x)}
        ax.errorbar(middle_x, middle_y, **error, fmt="o", color=shade[name], capsize=3, zorder=2)
        point_label(ax, [middles[name]], name, shade[name])
    return finish(ax, title, x, y, frame)


def heat(
    table: "pd.DataFrame",
    title: str,
    x: str = "",
    y: str = "",
    *,
    text: "str | pd.DataFrame" = "{:.3g}",
    limits: tuple[float, float] | None = None,
    cmap: str = "",
    **frame: Unpack[Frame],
) -> "Axes":
    """The numbers of `table` as colours, each with its `text` (a format, or a table of texts).

    Where `limits` (or the numbers) lie on both sides of zero, the colours do too.
    """
    import numpy as np
    from matplotlib import colormaps
    from matplotlib.colors import Normalize, to_hex

    from mlsd_lib.lesson.direct_labels import contrast

    ax = axes_of(frame)
    values = table.to_numpy(dtype=float)
    low, high = limits or (float(np.nanmin(values)), float(np.nanmax(values)))
    if low < 0 < high and limits is None:
        low, high = -max(-low, high), max(-low, high)
    shades = colormaps[cmap or ("PuOr" if low < 0 < high else "Blues")]
    norm = Normalize(low, high)
    ax.imshow(values, cmap=shades, norm=norm, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        words = text.format(value) if isinstance(text, str) else str(text.iloc[row, column])
        behind = to_hex(shades(norm(value))) if np.isfinite(value) else "white"
        ink = "white" if contrast("white", behind) > contrast(BLACK, behind) else BLACK
        ax.text(column, row, words, ha="center", va="center", color=ink, fontsize=9)
    ax.set_xticks(range(table.shape[1]), [str(name) for name in table.columns])
    ax.set_yticks(range(table.shape[0]), [str(name) for name in table.index])
    ax.grid(visible=False)
    return finish(ax, title, x, y, frame)


def timeline(
    spans: Mapping[str, Sequence[tuple[Any, Any, str]]],
    title: str,
    x: str,
    *,
    legend: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
    **frame: Unpack[Frame],
) -> "Axes":
    """A row a name, from the top, with its spans (start, end, colour); `legend` maps texts to colours used."""
    ax = axes_of(frame)
    for row, (name, drawn) in enumerate(spans.items()):
        for start, end, colour in drawn:
            ax.barh(row, end - start, left=start, color=colour, height=0.6)
        if notes and name in notes:
            end_label(ax, notes[name], row, BLACK)
    _set_rows(ax, list(spans))
    if legend:
        _legend(ax, legend)
    return finish(ax, title, x, "", frame)


def _line(series: Any, at: Any) -> tuple[Any, Any]:
    if isinstance(series, tuple):
        return series
    if isinstance(series, Mapping):
        return list(series), _stacked(list(series.values()))
    if hasattr(series, "index") and hasattr(series, "to_numpy"):  # a pandas Series
        return series.index, series.to_numpy()
    if at is None:
        raise LessonError("the series have no x: give at=, or pairs of x and y, or pandas Series.")
    return at, series


def _stacked(values: "list[Any]") -> Any:
    """Numbers as they are; `Spread`s of numbers as one of arrays."""
    import numpy as np

    if not isinstance(values[0], Spread):
        return values
    return Spread(*np.transpose([(value.middle, value.low, value.high) for value in values]))


def _categories(ax: "Axes", xs: Any) -> None:
    if len(xs) and isinstance(xs[0], str):
        ax.set_xticks(range(len(xs)), list(xs))


def _places(xs: Any) -> Any:
    return range(len(xs)) if len(xs) and isinstance(xs[0], str) else xs


def _draw_line(ax: "Axes", xs: Any, values: Any, style: str, colour: str) -> None:
    places, middle = _places(xs), middle_of(values)
    many = len(middle) > MANY
    drawn: dict[str, Any] = {"color": colour}
    if style == "step":
        style, drawn["drawstyle"] = "-", "steps-post"
    if isinstance(values, Spread) and many:
        ax.fill_between(places, values.low, values.high, color=colour, alpha=0.15, linewidth=0)
    if isinstance(values, Spread) and not many:
        ax.errorbar(places, middle, yerr=error_of(values), fmt=style or "o-", capsize=3, **drawn)
    else:
        ax.plot(places, middle, style or ("-" if many else "o-"), **drawn)


def _name_line(ax: "Axes", name: str, xs: Any, values: Any, colour: str, chosen: Any) -> None:
    import numpy as np

    middle = np.asarray(middle_of(values), dtype=float)
    if chosen is not None:
        where = min(range(len(xs)), key=lambda i: abs(xs[i] - chosen)) if not isinstance(xs[0], str) else chosen
        point_label(ax, [(_places(xs)[where], middle[where])], name, colour)
    elif np.isfinite(middle).any():
        end_label(ax, name, middle[np.isfinite(middle)][-1], colour)


def _rows(
    draw: Any,
    rows: Any,
    title: str,
    x: str,
    colours: Mapping[str, str] | None,
    notes: Mapping[str, str] | None,
    style: Mapping[str, str],
    frame: Frame,
) -> "Axes":
    ax = axes_of(frame)
    series = {name: dict(rows[name]) for name in rows} if _is_nested(rows) else {"": dict(rows)}
    names = list(dict.fromkeys(row for bars in series.values() for row in bars))
    shade = colours_of(series, colours) | dict(colours or {})
    height = 0.8 / len(series)
    for number, (series_name, values) in enumerate(series.items()):
        shift = height * (number - (len(series) - 1) / 2)
        anchors = []
        for row, value in values.items():
            place = names.index(row) + shift
            colour = shade.get(row, shade[series_name])
            own = style.get(row, style.get(series_name, style.get("", "")))
            anchors.append((draw(ax, place, value, height, colour, own), place))
        if series_name:
            point_label(ax, anchors, series_name, shade[series_name])
    for row, words in (notes or {}).items():
        end_label(ax, words, names.index(row), BLACK)
    _set_rows(ax, names)
    return finish(ax, title, x, "", frame)


def _is_nested(rows: Any) -> bool:
    if hasattr(rows, "columns"):
        return True
    first = next(iter(rows.values())) if isinstance(rows, Mapping) else rows.iloc[0]
    return isinstance(first, Mapping) or (hasattr(first, "index") and hasattr(first, "to_numpy"))


def _draw_dots(ax: "Axes", place: float, value: Any, height: float, colour: str, mark: str) -> float:
    import numpy as np

    middle = middle_of(value)
    if np.ndim(middle):  # every repeat, and their median
        ax.plot(middle, np.full(len(middle), place), mark or "o", color=colour, alpha=0.5)
        middle = float(np.median(middle))
        ax.plot([middle] * 2, [place - 0.35 * height, place + 0.35 * height], color=colour, linewidth=3)
    else:
        ax.errorbar(middle, place, xerr=error_of(value), fmt=mark or "o", color=colour, capsize=3)
    return float(middle)


def _draw_bars(ax: "Axes", place: float, value: Any, height: float, colour: str, form: str) -> float:
    middle = middle_of(value)
    ax.barh(place, middle, height=0.9 * height if height < 0.8 else 0.6, color=colour)
    if isinstance(value, Spread):
        ax.errorbar(middle, place, xerr=error_of(value), fmt="none", color=BLACK, capsize=3)
    outwards = 1 if middle >= 0 else -1
    end = (
        outwards * max(outwards * edge for edge in (middle, value.low, value.high))
        if isinstance(value, Spread)
        else middle
    )
    words, beyond = (form or "{:,.3g}").format(middle), ("left" if outwards > 0 else "right")
    ax.annotate(words, (end, place), (5 * outwards, 0), textcoords="offset points", color=BLACK, va="center", ha=beyond)
    ax.margins(x=0.15)
    return float(end)


def _set_rows(ax: "Axes", names: "list[str]") -> None:
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)


def _legend(ax: "Axes", colours: Mapping[str, str]) -> None:
    from matplotlib.patches import Patch

    ax.figure.legend(
        handles=[Patch(color=colour, label=text) for text, colour in colours.items()],
        loc="outside lower right",
        ncols=len(colours),
        frameon=False,
    )


def _front(places: "Mapping[str, tuple[float, float]]", better: str) -> list[str]:
    words = better.split()
    if len(words) != 2:
        raise LessonError(f"a front needs better to name a direction for each axis, as 'up left'; it is {better!r}.")
    right, up = (1 if "right" in words else -1), (1 if "up" in words else -1)

    def beaten(name: str) -> bool:
        x, y = places[name]
        as_good = [(right * (a - x) >= 0 and up * (b - y) >= 0, (a, b) != (x, y)) for a, b in places.values()]
        return any(good and other for good, other in as_good)

    return [name for name in places if not beaten(name)]
