"""Where a reader stands: what is done of each stage, points of exercises, predictions, and where to go on.

Read from the notebooks and the reader's own record, so that it works without anything that grades.
"""

import html
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from mlsd_lib.lesson.places import Place, place_of, read_record
from mlsd_lib.lesson.predictions import Calibration, calibration
from mlsd_lib.lesson.routes import part_of
from mlsd_lib.lesson.start_page import read_course
from notebook_runner import Notebook

START_PAGE = "chapters/00_start_here.ipynb"
BAR = 20
CELL, FIGURES = "<td style='text-align:left'>", "<td style='text-align:left;white-space:nowrap'>"


class Bar(NamedTuple):
    """How much of a stage is done: `done` of `whole`, of checks and predictions or, where `unit` says so, of points.

    `part` is the part of the course that the stage belongs to.
    """

    part: str
    stage: str
    done: float
    whole: float
    unit: str

    @property
    def figures(self) -> str:
        """The bar in words."""
        return f"{self.done:g} of {self.whole:g} {self.unit}"

    @property
    def drawn(self) -> str:
        """The bar in characters that every terminal has; full only where all is done."""
        filled = int(BAR * min(1.0, self.done / self.whole))
        return f"[{'#' * filled}{'.' * (BAR - filled)}]"


@dataclass(frozen=True)
class Standing:
    """Where a reader stands; JupyterLab shows it with bars and a link, a terminal as text.

    `next` is the notebook to go on with, None where all is done, and `going_on` what stands before its title; `page` is
    the notebook from which the link leads.
    """

    bars: tuple[Bar, ...]
    predictions: Calibration
    next: Notebook | None
    going_on: str
    page: Path

    def three_numbers(self) -> str:
        """Hits, median width and interval score of the reader's predictions, in words."""
        width, score = self.predictions.median_relative_width, self.predictions.interval_score
        if width is None or score is None:
            return str(self.predictions)
        return (
            f"{self.predictions} Median width: {width:.0%} of the measured value. "
            f"Interval score: {score:.2f} (0 is best, 20 worst)."
        )

    def __repr__(self) -> str:
        longest = max((len(bar.stage) for bar in self.bars), default=0)
        lines = [] if self.next is None else [f"{self.going_on}: {self.next.title}", f"  {self.next.name}"]
        for part, bars in groupby(self.bars, key=lambda bar: bar.part):
            lines += ["", part, *(f"  {bar.stage:{longest}s}  {bar.drawn}  {bar.figures}" for bar in bars)]
        return "\n".join([*lines, "", "Predictions", f"  {self.three_numbers()}"]).strip()

    def _repr_html_(self) -> str:
        rows = "".join(_rows(part, bars) for part, bars in groupby(self.bars, key=lambda bar: bar.part))
        on = "" if self.next is None else f"<p><b>{self.going_on}:</b> {_link(self.next, self.page)}</p>"
        return f"{on}<table>{rows}</table><p><b>Predictions:</b> {html.escape(self.three_numbers())}</p>"


def standing(root: Path) -> Standing:
    """Where the reader stands in the course at `root`; links lead from its start page."""
    kept = read_record()
    places = [place_of(notebook, kept) for notebook in read_course(root).notebooks]
    return Standing(tuple(_bars(places)), calibration(), *_next(places), root / START_PAGE)


def _next(places: Sequence[Place]) -> tuple[Notebook | None, str]:
    """The notebook that the reader was in last, or the first after it that has something left; and how to say so."""
    latest = max(range(len(places)), key=lambda at: places[at].seen_s, default=0)
    around = [*places[latest:], *places[:latest]]
    following = next((place for place in around if place.left), None)
    if following is None:
        return None, ""
    if not around[0].seen_s:
        return following.notebook, "Begin"
    return following.notebook, "Continue where you were" if following is around[0] else "Continue with"


def _bars(places: Iterable[Place]) -> Iterator[Bar]:
    """A bar for each stage, in the order of study; a stage that asks nothing has none."""
    stages: dict[tuple[str, str], list[Place]] = {}
    for place in places:
        stages.setdefault(_stage(place.notebook), []).append(place)
    parts = [part for part, _ in stages]
    for (part, _), group in sorted(stages.items(), key=lambda item: parts.index(item[0][0])):
        done, whole = sum(place.done for place in group), sum(place.whole for place in group)
        unit = "points" if group[0].notebook.kind == "exercise" else "done"
        if whole:
            yield Bar(part, group[0].notebook.title.split(":")[0], done, whole, unit)


def _stage(notebook: Notebook) -> tuple[str, str]:
    """The part of the course and the stage in it: the lessons of a folder that share a number are one stage."""
    folder, _, name = notebook.name.rpartition("/")
    number = re.match(r"\d+", name)
    return part_of(notebook), f"{folder}/{number[0]}" if number else notebook.name


def _rows(part: str, bars: Iterable[Bar]) -> str:
    lines = [
        f"<tr>{CELL}{html.escape(bar.stage)}</td>{CELL}<progress value='{bar.done:g}' max='{bar.whole:g}' "
        f"style='width:5em' aria-label='{html.escape(bar.stage)}'></progress></td>{FIGURES}{bar.figures}</td></tr>"
        for bar in bars
    ]
    return f"<tr><th colspan='3' style='text-align:left'>{html.escape(part)}</th></tr>{''.join(lines)}"


def _link(notebook: Notebook, page: Path) -> str:
    target = Path(os.path.relpath(notebook.path, page.resolve().parent)).as_posix()
    return f"<a href='{html.escape(target)}'>{html.escape(notebook.title)}</a>"
