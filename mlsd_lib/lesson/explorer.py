"""Explorers: a reader sets values of a lesson's experiment, sees the result, and hears when a question is answered.

JupyterLab computes each choice when it is made; pages without a kernel show pictures of all choices, made before
(`frames`). An explorer of one lesson belongs to that lesson, as a function in its `explorers.py`; only what all have in
common stands here.
"""

import base64
import io
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from mlsd_lib.lesson.reader import LessonError, someone_is_there

if TYPE_CHECKING:
    from ipywidgets import VBox
    from matplotlib.axes import Axes

SIZE = (5.2, 3.2)
"""Inches of a picture: small, so that its texts can be read on a telephone."""
DPI = 140
INSTALL = "To change the settings here, install ipywidgets (pip install ipywidgets) and start JupyterLab again."


@dataclass(frozen=True)
class Setting:
    """What a reader may set. `values` maps the texts to choose from to what the experiment gets; `first` is a text."""

    name: str
    """The keyword of the experiment's function."""
    label: str
    """The name that a reader sees, with the unit."""
    values: Mapping[str, Any]
    first: str


@dataclass(frozen=True)
class Verdict:
    """What was measured, in a sentence, whether that answers the question, and the reason."""

    measured: str
    answered: bool
    reason: str

    def __str__(self) -> str:
        return f"{self.measured} {'Answered' if self.answered else 'Not answered yet'}: {self.reason}"


@dataclass(frozen=True)
class Explorer:
    """A question, the settings, and three functions: the experiment, its picture, and its verdict."""

    question: str
    settings: tuple[Setting, ...]
    compute: Callable[..., Any]
    """Takes each setting by its name; a third of a second at most."""
    draw: Callable[[Any], "Axes"]
    """Takes what `compute` returned; draws at `SIZE`."""
    judge: Callable[..., Verdict]
    """Takes what `compute` returned, then each setting by its name."""

    @property
    def first(self) -> dict[str, str]:
        """The choice that is shown before a reader makes one: a text for each setting."""
        return {one.name: one.first for one in self.settings}


@dataclass(frozen=True)
class Frame:
    """One choice with its result: a picture (WebP), its alt text, and the verdict."""

    choice: Mapping[str, str]
    picture: bytes
    alt: str
    verdict: Verdict


def frame(explorer: Explorer, choice: Mapping[str, str]) -> Frame:
    """The result of one choice, a text for each setting. Raises `LessonError` for a choice that the explorer lacks."""
    values = {one.name: _value(one, choice) for one in explorer.settings}
    if unknown := sorted(set(choice) - set(values)):
        raise LessonError(
            f"{unknown[0]!r} is no setting of this explorer; it has {', '.join(values)}. Name one of them."
        )
    result = explorer.compute(**values)
    verdict = explorer.judge(result, **values)
    return Frame(dict(choice), *_drawn(explorer.draw(result)), verdict)


def frames(explorer: Explorer) -> Iterator[Frame]:
    """The results of all choices, the last setting changing first."""
    names = [one.name for one in explorer.settings]
    for texts in itertools.product(*(one.values for one in explorer.settings)):
        yield frame(explorer, dict(zip(names, texts, strict=True)))


def explore(make: Callable[..., Explorer], *data: Any) -> None:
    """Show the explorer that `make(*data)` returns: with controls to a reader, else the result of its first choice.

    Pages that need no kernel find `make` by its name and call it without `data`.
    """
    from IPython.display import display

    explorer = make(*data)
    first = frame(explorer, explorer.first)
    if someone_is_there():
        try:
            display(controls(explorer, first))
            return
        except ImportError:
            pass
    display(Shown(explorer, first, f"{make.__module__}:{make.__qualname__}"))


class Shown:
    """An explorer without controls, as HTML that names where it is made; as plain text where no HTML is shown."""

    def __init__(self, explorer: Explorer, first: Frame, made_by: str):
        self.explorer, self.first, self.made_by = explorer, first, made_by

    def __repr__(self) -> str:
        chosen = ", ".join(f"{one.label}: {one.first}" for one in self.explorer.settings)
        return f"{self.explorer.question}\n{chosen}\n{self.first.verdict}"

    def _repr_html_(self) -> str:
        question, chosen, _ = (f"<p>{escape(line)}</p>" for line in repr(self).splitlines())
        missing = f"<p>{INSTALL}</p>" if someone_is_there() else ""
        body = question + chosen + verdict_html(self.first.verdict) + picture_html(self.first) + missing
        return f'<div class="explorer" data-explorer="{escape(self.made_by)}">{body}</div>'


def controls(explorer: Explorer, first: Frame) -> "VBox":
    """Widgets: the question, a list to choose from for each setting, the picture, and the verdict below it.

    Raises `ImportError` where ipywidgets is not installed.
    """
    from ipywidgets import HTML, Box, Dropdown, Layout, VBox

    fit = Layout(width="auto", margin="2px 1.5em 2px 0")  # no label or choice is cut off
    lists = {
        one.name: Dropdown(
            options=list(one.values), value=one.first, description=one.label, layout=fit,
            style={"description_width": "initial"},
        )
        for one in explorer.settings
    }  # fmt: skip
    picture, verdict = HTML(picture_html(first)), HTML(verdict_html(first.verdict))

    def show(_: Any) -> None:
        verdict.value, picture.layout.visibility = _status("Computing this choice.", "open"), "hidden"
        now = frame(explorer, {name: one.value for name, one in lists.items()})
        picture.value, verdict.value = picture_html(now), verdict_html(now.verdict)
        picture.layout.visibility = "visible"

    for one in lists.values():
        one.observe(show, "value")
    chosen = Box(list(lists.values()), layout=Layout(flex_flow="row wrap"))
    question = HTML(
        f"<p style='line-height: 1.4'><strong>{escape(explorer.question)}</strong></p>"
        "<p style='line-height: 1.4'>By keyboard: Tab leads to a list, Space opens it, Enter chooses.</p>"
    )
    return VBox([question, chosen, verdict, picture])


def picture_html(shown: Frame) -> str:
    """The picture with its alt text, never wider than its place."""
    data = base64.b64encode(shown.picture).decode()
    return f'<img src="data:image/webp;base64,{data}" alt="{escape(shown.alt)}" style="width: 36em; max-width: 100%">'


def verdict_html(verdict: Verdict) -> str:
    """The verdict as a box that a screen reader reads out when it changes."""
    return _status(str(verdict), "good" if verdict.answered else "open")


def _status(text: str, tone: str) -> str:
    from mlsd_lib.lesson.show import Message

    return f'<div role="status" style="line-height: 1.4">{Message(text, tone)._repr_html_()}</div>'


def _value(setting: Setting, choice: Mapping[str, str]) -> Any:
    if setting.name not in choice or choice[setting.name] not in setting.values:
        raise LessonError(
            f"{setting.name} is {choice.get(setting.name)!r}; it must be one of {', '.join(map(repr, setting.values))}."
            " Give one of these texts."
        )
    return setting.values[choice[setting.name]]


def _drawn(axes: "Axes") -> tuple[bytes, str]:
    """The picture of a figure, and what it shows in words; the figure is closed."""
    import matplotlib.pyplot as plt

    from mlsd_lib.lesson.figures import alt_text

    figure = axes.get_figure(root=True)
    assert figure is not None
    file = io.BytesIO()
    figure.savefig(file, format="webp", dpi=DPI)
    words = alt_text(figure)
    plt.close(figure)
    return file.getvalue(), words
