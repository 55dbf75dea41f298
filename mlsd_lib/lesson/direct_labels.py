"""Texts that stand beside what they name, placed where they cover neither data nor each other.

Placing needs the finished layout, so it is a matplotlib layout engine: constrained layout, then the labels. Nothing
here knows what a plot compares.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.container import BarContainer
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox, IdentityTransform

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

READABLE = 4.5
"""The contrast of text against white that WCAG 2.1 asks for at level AA."""
DISTANCES_PT = (7, 15, 26, 40)
DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))  # the first ones are preferred
FAR_PT = 20
"""From this distance on a thin line joins a label to its point."""
GAP_PX = 2.0
CLEAR_PX = 10.0
"""How much nearer a text must stand to its own point than to another, or a reader may take it for the other's."""


def contrast(colour: str, background: str = "white") -> float:
    """The contrast of two colours, 1 to 21 (W3C, WCAG 2.1, 1.4.3)."""
    light, dark = sorted((_luminance(colour), _luminance(background)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def text_colour(colour: str) -> str:
    """`colour`, darkened until a text in it can be read on white (contrast of at least `READABLE`)."""
    rgb = np.array(to_rgb(colour))
    while contrast(to_hex(tuple(rgb))) < READABLE:
        rgb = rgb * 0.95
    return to_hex(tuple(rgb))


def _luminance(colour: str) -> float:
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


class PointLabel(Annotation):
    """A text beside one of its `anchors`, points in `coords`: data, or the shares of the axes for one of the two."""

    def __init__(self, text: str, anchors: Sequence[tuple[float, float]], colour: str, coords: Any = "data"):
        super().__init__(
            text,
            anchors[0],
            (DISTANCES_PT[0], 0),
            xycoords=coords,
            textcoords="offset points",
            color=text_colour(colour),
            va="center",
            arrowprops={"arrowstyle": "-", "linewidth": 0.6, "color": "#999999", "shrinkA": 0, "shrinkB": 3},
        )
        self.anchors = list(anchors)
        self.coords = coords
        self.set_in_layout(False)

    @property
    def names_a_point(self) -> bool:
        """True if the text belongs to one point, and not to a line or to any of several points."""
        return self.coords == "data" and len(self.anchors) == 1

    def candidates(self, size_px: "NDArray[np.float64]", px_a_pt: float) -> "list[tuple[Any, Any, Bbox, float]]":
        """Anchor, offset (points), box (pixels) and displeasure of each place where the text could stand."""
        found = []
        for number, anchor in enumerate(self.anchors):
            at = _pixel(self, anchor)
            for rank, direction in enumerate(DIRECTIONS):
                for distance in DISTANCES_PT:
                    offset = np.array(direction) * distance * (0.75 if all(direction) else 1)
                    # An offset to the side moves the text's edge, any other its middle.
                    middle = at + offset * px_a_pt + np.sign(direction) * size_px / 2 * (1, direction[1] != 0)
                    box = Bbox([middle - size_px / 2, middle + size_px / 2])
                    found.append((anchor, offset, box, 0.5 * distance + 0.8 * rank + 0.5 * number))
        return found

    def place(self, anchor: Any, offset: "NDArray[np.float64]") -> None:
        """Stand at `offset` points from `anchor`."""
        sideways, upwards = np.sign(offset)
        self.xy, self.xyann = anchor, tuple(offset)
        self.set(
            horizontalalignment={1: "left", -1: "right", 0: "center"}[int(sideways)],
            verticalalignment={1: "bottom", -1: "top", 0: "center"}[int(upwards)],
        )
        if self.arrow_patch is not None:
            self.arrow_patch.set_visible(bool(np.hypot(*offset) >= FAR_PT))


class EndLabel(Annotation):
    """A text in the right margin, level with `height` (data) unless another end label stands there."""

    coords = ("axes fraction", "data")

    def __init__(self, text: str, height: float, colour: str):
        super().__init__(
            text,
            (1, height),
            (8, 0),
            xycoords=self.coords,
            textcoords="offset points",
            color=text_colour(colour),
            va="center",
            ha="left",
            annotation_clip=False,
        )
        # As ax.annotate does. Else its offset counts as data until it is drawn, and a log axis has no place for 0.
        self.set_transform(IdentityTransform())


class DirectLabels(ConstrainedLayoutEngine):
    """Constrained layout, after which every label of every axes finds its place."""

    def execute(self, fig: "Figure") -> None:
        """Lay the figure out and place its labels."""
        super().execute(fig)
        renderer = fig.canvas.get_renderer()  # type: ignore[attr-defined]
        for ax in fig.axes:
            _spread_ends([text for text in ax.texts if isinstance(text, EndLabel)], ax, renderer)
            _place([text for text in ax.texts if isinstance(text, PointLabel)], ax, renderer)


def _spread_ends(labels: "list[EndLabel]", ax: "Axes", renderer: "RendererBase") -> None:
    if not labels:
        return
    ends = [_as_floats(ax, label.xy, label.coords) for label in labels]
    ends_px = _transform(ax, EndLabel.coords).transform(ends)[:, 1]
    heights_px = np.array([Text.get_window_extent(label, renderer).height + GAP_PX for label in labels])
    order = np.argsort(ends_px, kind="stable")
    placed_px = _without_overlap(np.clip(ends_px, ax.bbox.y0, ax.bbox.y1)[order], heights_px[order])
    for number, placed in zip(order, placed_px, strict=True):
        labels[number].xyann = (8, (placed - ends_px[number]) * 72 / ax.figure.dpi)


def _without_overlap(wanted: "NDArray[np.float64]", heights: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Middles as near as can be to `wanted` (sorted), so that boxes of `heights` do not overlap: pooled violators."""
    before = np.concatenate([[0], np.cumsum((heights[1:] + heights[:-1]) / 2)])
    groups: list[list[float]] = []  # [sum of free positions, count]
    for value in wanted - before:
        groups.append([value, 1])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] > groups[-1][0] / groups[-1][1]:
            total, count = groups.pop()
            groups[-1][0] += total
            groups[-1][1] += count
    free = np.concatenate([np.full(int(count), total / count) for total, count in groups])
    return free + before


def _place(labels: "list[PointLabel]", ax: "Axes", renderer: "RendererBase") -> None:
    if not labels:
        return
    drawn = _pixels_drawn(ax)
    fixed = [text.get_window_extent(renderer) for text in ax.texts if not isinstance(text, PointLabel | EndLabel)]
    bars = [bar for container in ax.containers if isinstance(container, BarContainer) for bar in container]
    fixed += [bar.get_window_extent(renderer) for bar in bars]
    sizes = [_size(label, renderer) for label in labels]
    points = {number: _pixel(label, label.anchors[0]) for number, label in enumerate(labels) if label.names_a_point}
    taken: dict[int, Bbox] = {}
    for _round in range(2):  # the second time, each knows where the others went
        for number, (label, size) in enumerate(zip(labels, sizes, strict=True)):
            others = [*fixed, *(box for owner, box in taken.items() if owner != number)]
            rivals = [point for owner, point in points.items() if owner != number and label.names_a_point]
            anchor, offset, taken[number] = _best(label, size, others, rivals, drawn)
            label.place(anchor, offset)


def _best(
    label: PointLabel,
    size: "NDArray[np.float64]",
    others: "list[Bbox]",
    rivals: "list[NDArray[np.float64]]",
    drawn: "NDArray[np.float64]",
) -> "tuple[Any, NDArray[np.float64], Bbox]":
    """Anchor, offset and box of the place that displeases least."""

    ax: Any = label.axes

    def displeasure(place: Any) -> float:
        anchor, _, box, distance = place
        unclear = ambiguity(box, _pixel(label, anchor), rivals) if rivals else 0.0
        return float(distance + _cost(box, others, drawn, ax) + unclear)

    places = label.candidates(size, ax.figure.dpi / 72)
    return min(places, key=displeasure)[:3]


def _pixel(label: PointLabel, anchor: tuple[Any, Any]) -> "NDArray[np.float64]":
    return np.asarray(_transform(label.axes, label.coords).transform(_as_floats(label.axes, anchor, label.coords)))


def _size(text: Text, renderer: "RendererBase") -> "NDArray[np.float64]":
    box = Text.get_window_extent(text, renderer)
    return np.array([box.width, box.height]) + GAP_PX


def _cost(box: Bbox, others: Iterable[Bbox], drawn: "NDArray[np.float64]", ax: "Axes") -> float:
    x, y = drawn
    inside = (x >= box.x0) & (x <= box.x1) & (y >= box.y0) & (y <= box.y1)
    beyond = max(ax.bbox.x0 - box.x0, box.x1 - ax.bbox.x1, ax.bbox.y0 - box.y0, box.y1 - ax.bbox.y1, 0)
    return 5 * float(inside.sum()) + 1_000 * sum(box.overlaps(other) for other in others) + 30 * beyond


def ambiguity(box: Bbox, own: "NDArray[np.float64]", rivals: "Sequence[NDArray[np.float64]]") -> float:
    """What it costs that a text stands about as near to the point of another as to its `own`."""
    mine = _distance(box, own)
    return 25 * sum(_distance(box, rival) <= mine + CLEAR_PX for rival in rivals)


def _distance(box: Bbox, point: "NDArray[np.float64]") -> float:
    x, y = point
    return float(np.hypot(max(box.x0 - x, 0, x - box.x1), max(box.y0 - y, 0, y - box.y1)))


def _pixels_drawn(ax: "Axes") -> "NDArray[np.float64]":
    """Points in pixels, (2, n), at most six apart, on every line that the axes shows."""
    paths = []
    for line in ax.lines:
        vertices = line.get_transform().transform(line.get_path().vertices)
        paths.append(vertices if line.get_linestyle() in ("None", "") else _filled(vertices))
    for collection in ax.collections:
        if isinstance(collection, LineCollection):
            paths += [_filled(ax.transData.transform(segment)) for segment in collection.get_segments()]
    points = np.concatenate([*paths, np.empty((0, 2))]).T
    return np.ascontiguousarray(points[:, np.isfinite(points).all(axis=0)])


def _filled(vertices: "NDArray[np.float64]") -> "NDArray[np.float64]":
    vertices = vertices[np.isfinite(vertices).all(axis=1)]
    if len(vertices) < 2:
        return vertices
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(vertices, axis=0).T))])
    at = np.linspace(0, length[-1], min(4_000, int(length[-1] / 6) + 2))
    return np.column_stack([np.interp(at, length, column) for column in vertices.T])


def _transform(ax: Any, coords: Any) -> Any:
    """From `coords`, "data" or a pair of "data" and "axes fraction", to pixels."""
    if coords == "data":
        return ax.transData
    return ax.get_yaxis_transform() if coords == ("axes fraction", "data") else ax.get_xaxis_transform()


def _as_floats(ax: Any, anchor: tuple[Any, Any], coords: Any) -> tuple[float, float]:
    """The anchor with dates turned into numbers, where they are in data coordinates."""
    of_x, of_y = coords if isinstance(coords, tuple) else (coords, coords)
    x = ax.convert_xunits(anchor[0]) if of_x == "data" else anchor[0]
    y = ax.convert_yunits(anchor[1]) if of_y == "data" else anchor[1]
    return float(x), float(y)
