"""What a reader has done of each notebook, as their own record has it: checks, predictions, points of exercises."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from mlsd_lib.lesson.reader import home, record
from mlsd_lib.lesson.reader_tasks import asked_in
from notebook_runner import Notebook
from notebook_runner.course import read_json

ATTEMPTS = "attempts.jsonl"
"""Where the tests of exercises keep a reader's own runs (`grader.suite_kit.attempts`), one JSON object a line."""


@dataclass(frozen=True)
class Record:
    """What a reader's record holds: ids of passed checks and of measured predictions, points by exercise and test.

    `passed_over` are the predictions that were measured before one was given: nothing is left to do there. `seen_s` has
    the newest moment of a check or a prediction by its id, `run_s` that of an exercise's tests by its name, both in
    seconds since 1970.
    """

    done: frozenset[str]
    passed_over: frozenset[str]
    points: Mapping[str, Mapping[str, float]]
    seen_s: Mapping[str, float]
    run_s: Mapping[str, float]


def read_record() -> Record:
    """The reader's record as it is now; an empty one where there is none."""
    with record() as connection:
        checks = connection.execute("SELECT id, outcome, checked_at FROM checks").fetchall()
        asked = connection.execute("SELECT id, low, measured, asked_at, measured_at FROM predictions").fetchall()
    passed = {row["id"] for row in checks if row["outcome"] == "pass"}
    measured = {row["id"]: row["low"] is not None for row in asked if row["measured"] is not None}
    seen_s = {row["id"]: max(row["asked_at"], row["measured_at"] or 0.0) for row in asked}
    seen_s |= {row["id"]: row["checked_at"] for row in checks}
    points: dict[str, dict[str, float]] = {}
    run_s: dict[str, float] = {}
    for exercise, test, got, at_s in _attempts():
        points.setdefault(exercise, {})[test] = got
        run_s[exercise] = at_s
    given = {id for id, before in measured.items() if before}
    return Record(frozenset(passed | given), frozenset({*measured} - given), points, seen_s, run_s)


def _attempts() -> Iterator[tuple[str, str, float, float]]:
    """Exercise, test, points and moment of each kept run, oldest first; a line that cannot be read is passed over."""
    try:
        lines = (home() / ATTEMPTS).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(ValueError, TypeError, KeyError, OverflowError):
            run = json.loads(line)
            datetime.fromtimestamp(run["at_s"], UTC)  # raises for a moment that is in no calendar
            yield str(run["exercise"]), str(run["test"]), float(run["points"]), float(run["at_s"])


class Place(NamedTuple):
    """A notebook, how much of what it asks is done and left, and when the reader was last seen in it (0: never)."""

    notebook: Notebook
    done: float
    whole: float
    left: float
    seen_s: float


def place_of(notebook: Notebook, kept: Record) -> Place:
    """How far the reader is in a notebook: an exercise by the points of its tests, others by checks and predictions."""
    name = notebook.path.stem
    if notebook.kind == "exercise":
        points, whole = sum(kept.points.get(name, {}).values()), measured_points(notebook.path)
        return Place(notebook, points, whole, max(whole - points, 0), kept.run_s.get(name, 0.0))
    asked = asked_in(notebook.path)
    ids = {*asked.checks, *asked.predictions}
    left = ids - kept.done - kept.passed_over
    seen_s = max((kept.seen_s.get(id, 0.0) for id in ids), default=0.0)
    return Place(notebook, len(ids & kept.done), len(ids), len(left), seen_s)


def measured_points(path: Path) -> float:
    """The points that the tests of an exercise give, as its cells state them; those that a person gives are not in."""
    entries = [cell.get("metadata", {}).get("nbgrader", {}) for cell in read_json(path)["cells"]]
    return sum(entry.get("points", 0) for entry in entries if entry.get("grade") and not entry.get("solution"))
