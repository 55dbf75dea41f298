"""What a figure says to who cannot see it, and whether its texts can be read: alt text, and texts that overlap."""

import html
import sys
from itertools import combinations
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

TOLERANCE_PX = 1.5
"""How far two boxes may reach into each other: a box is a little larger than what is written."""


class CourseFigure(Figure):
    """A figure that the course's calls have drawn, and the axes on which it asked for a prediction."""

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.predicted: list[tuple[Axes, str]] = []
        """Each with the axis, "x" or "y", that the prediction is about."""
        self.shown = ""
        """The picture (PNG, base64) between the HTML and the PNG of one display."""
        self.overlapping: list[tuple[str, str]] = []
        """Pairs of texts that lay over each other in it, looked for in a run of the course."""

    def get_tightbbox(self, *arguments: Any, **options: Any) -> Any:
        """As of any figure. Printing asks for it once all is in its place, the moment for a run to look it over."""
        if _watch() is not None:
            self.overlapping = overlapping_texts(self, drawn=True)
        return super().get_tightbbox(*arguments, **options)


class TextsOverlap(Exception):
    """Texts of a figure lie over each other."""


def describe_figures() -> None:
    """In a notebook, give every figure of the course its alt text, and in a run of the course look it over."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None:
        formatters = shell.display_formatter.formatters
        formatters["text/html"].for_type(CourseFigure, _as_html)
        formatters["image/png"].for_type(CourseFigure, _as_png)
        # A cell that ends with a plot returns its axes; their name above the picture says nothing.
        shell.display_formatter.ipython_display_formatter.for_type(Axes, lambda axes: None)


def draw_when_shown(figure: Figure) -> None:
    """Where the end of a cell shows its figures, keep pyplot from drawing this one before that, for nobody to see.

    pyplot takes IPython's inline backend for one with windows, and draws into them at the end of each cell.
    """
    import matplotlib

    if "inline" in matplotlib.get_backend():
        figure.canvas.draw_idle = lambda *_arguments, **_options: None  # type: ignore[method-assign]


def alt_text(figure: Figure) -> str:
    """What the figure shows, in words: for each of its axes the title, what is on the axes, and what is named."""
    heading = figure.get_suptitle()
    return " ".join(filter(None, [f"{heading}." if heading else "", *map(_axes_in_words, figure.axes)]))


def overlapping_texts(figure: Figure, drawn: bool = False) -> list[tuple[str, str]]:
    """Pairs of texts of the figure, as drawn, whose boxes lie over each other.

    `drawn`: it has been drawn, nothing was added since, and it was not moved for a picture.
    """
    if not drawn:
        figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    boxes, hidden = [], _out_of_sight(figure)
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden:
            box = Text.get_window_extent(text, renderer)
            boxes.append((text.get_text(), box.x0, box.x1, box.y0, box.y1))
    return [
        (one[0], other[0])
        for one, other in combinations(boxes, 2)
        if min(one[2], other[2]) - max(one[1], other[1]) > TOLERANCE_PX
        and min(one[4], other[4]) - max(one[3], other[3]) > TOLERANCE_PX
    ]


def _as_html(figure: CourseFigure) -> str:
    """An image with its alt text: JupyterLab takes none from the metadata of a PNG."""
    figure.shown = _rendered(figure)
    return f'<img src="data:image/png;base64,{figure.shown}" alt="{html.escape(alt_text(figure))}">'


def _as_png(figure: CourseFigure) -> Any:
    """The same picture, for what shows no HTML: IPython asks for it right after the HTML."""
    picture, figure.shown = figure.shown or _rendered(figure), ""
    words = alt_text(figure)
    if (watch := _watch()) is not None:
        if figure.predicted:
            _predict_something(figure)
            figure.overlapping = overlapping_texts(figure)
        for text, other in figure.overlapping:
            watch.report("a figure", TextsOverlap(f"{text!r} lies over {other!r}"))
    return picture, {"alt": words}


def _watch() -> Any:
    """What looks over the kernel of a run; a reader's kernel has none."""
    return sys.modules.get("mlsd_kernel_watch")


def _rendered(figure: CourseFigure) -> str:
    from IPython.core.pylabtools import print_figure

    return str(print_figure(figure, "png", base64=True))


def _predict_something(figure: CourseFigure) -> None:
    """Draw what a reader's prediction would draw, whose label must find room too: a run has no reader."""
    from mlsd_lib.lesson.predictions import Prediction

    for ax, along in figure.predicted:
        whole = getattr(ax, f"get_{along}lim")()
        transform = getattr(ax, f"{along}axis").get_transform()
        low, high = sorted(transform.inverted().transform(transform.transform(whole) @ [[0.6, 0.5], [0.4, 0.5]]))
        Prediction("", "", float(low), float(high)).draw(ax, along)


def _axes_in_words(ax: Axes) -> str:
    words = [" ".join(ax.get_title(loc="left").split()) or ax.get_title()]
    words += [f"{axis}: {name}" for axis, name in (("x", ax.get_xlabel()), ("y", ax.get_ylabel())) if name]
    rows = [label.get_text() for label in ax.get_yticklabels()] if not ax.get_ylabel() else []
    named = [*rows, *(text.get_text() for text in ax.texts)]
    words += [", ".join(dict.fromkeys(filter(None, named)))]
    return "; ".join(filter(None, words)) + "."


def _out_of_sight(figure: Figure) -> set[int]:
    """The ids of the ticks' texts beyond the limits of their axis, which matplotlib holds but does not draw."""
    hidden = set()
    for ax in figure.axes:
        for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not min(limits) <= tick.get_loc() <= max(limits):
                    hidden |= {id(tick.label1), id(tick.label2)}
    return hidden
