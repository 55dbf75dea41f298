"""Where a reader stands: what is done of each stage, points of exercises, predictions, and where to go on.

Read from the notebooks and the reader's own record, so that it works without anything that grades.
"""

import html
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from mlsd_lib.lesson.asked import asked_in
from mlsd_lib.lesson.predictions import Calibration, calibration
from mlsd_lib.lesson.reader import home, record
from mlsd_lib.lesson.routes import part_of
from mlsd_lib.lesson.start_page import read_course
from notebook_runner import Notebook
from notebook_runner.course import read_json

ATTEMPTS = "attempts.jsonl"
"""Where the tests of exercises keep a reader's own runs (`grader.suite_kit.attempts`), one JSON object a line."""
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

    `next` is the notebook to go on with, None where all is done; `page` the notebook from which the link leads.
    """

    bars: tuple[Bar, ...]
    predictions: Calibration
    next: Notebook | None
    begun: bool
    page: Path

    @property
    def going_on(self) -> str:
        """What stands before the title of the next notebook."""
        return "Continue where you were" if self.begun else "Begin"

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
    begun = any(place.seen_s for place in places)
    return Standing(tuple(_bars(places)), calibration(), _next(places), begun, root / START_PAGE)


@dataclass(frozen=True)
class Record:
    """What a reader's record holds: ids of passed checks and of measured predictions, points by exercise and test.

    `seen_s` has the newest moment of a check or a prediction by its id, `run_s` that of an exercise's tests by its
    name, both in seconds since 1970.
    """

    done: frozenset[str]
    points: Mapping[str, Mapping[str, float]]
    seen_s: Mapping[str, float]
    run_s: Mapping[str, float]


def read_record() -> Record:
    """The reader's record as it is now; an empty one where there is none."""
    with record() as connection:
        checks = connection.execute("SELECT id, outcome, checked_at FROM checks").fetchall()
        asked = connection.execute("SELECT id, low, measured, asked_at, measured_at FROM predictions").fetchall()
    passed = {row["id"] for row in checks if row["outcome"] == "pass"}
    measured = {row["id"] for row in asked if row["low"] is not None and row["measured"] is not None}
    seen_s = {row["id"]: max(row["asked_at"], row["measured_at"] or 0.0) for row in asked}
    seen_s |= {row["id"]: row["checked_at"] for row in checks}
    points: dict[str, dict[str, float]] = {}
    run_s: dict[str, float] = {}
    for exercise, test, got, at_s in _attempts():
        points.setdefault(exercise, {})[test] = got
        run_s[exercise] = at_s
    return Record(frozenset(passed | measured), points, seen_s, run_s)


def _attempts() -> Iterator[tuple[str, str, float, float]]:
    """Exercise, test, points and moment of each kept run, oldest first; a line that cannot be read is passed over."""
    try:
        lines = (home() / ATTEMPTS).read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(ValueError, TypeError, KeyError):
            run = json.loads(line)
            yield str(run["exercise"]), str(run["test"]), float(run["points"]), float(run["at_s"])


class Place(NamedTuple):
    """A notebook, how much of what it asks is done, and when the reader was last seen in it (0: never)."""

    notebook: Notebook
    done: float
    whole: float
    seen_s: float


def place_of(notebook: Notebook, kept: Record) -> Place:
    """How far the reader is in a notebook: an exercise by the points of its tests, others by checks and predictions."""
    name = notebook.path.stem
    if notebook.kind == "exercise":
        points = sum(kept.points.get(name, {}).values())
        return Place(notebook, points, measured_points(notebook.path), kept.run_s.get(name, 0.0))
    asked = asked_in(notebook.path)
    ids = {*asked.checks, *asked.predictions}
    return Place(notebook, len(ids & kept.done), len(ids), max((kept.seen_s.get(id, 0.0) for id in ids), default=0.0))


def measured_points(path: Path) -> float:
    """The points that the tests of an exercise give, as its cells state them; those that a person gives are not in."""
    entries = [cell.get("metadata", {}).get("nbgrader", {}) for cell in read_json(path)["cells"]]
    return sum(entry.get("points", 0) for entry in entries if entry.get("grade") and not entry.get("solution"))


def _next(places: Sequence[Place]) -> Notebook | None:
    """The notebook that the reader was in last, or where that one is done, the first after it that is not."""
    latest = max(range(len(places)), key=lambda at: places[at].seen_s, default=0)
    around = [*places[latest:], *places[:latest]]
    return next((place.notebook for place in around if place.done < place.whole), None)


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
