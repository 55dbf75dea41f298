"""Arrivals from a recorded trace: a CSV file with a line a request, or a line a minute.

The header names the columns; others than these are passed over. `time`: when a request came, in seconds or as ISO 8601,
rising. `count`: how many came in a minute, a line each minute in turn; with `time`, in the minute that begins then.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from mlsd.simulate.document import LONGEST_S
from mlsd_lib.own_file import require_bounded
from mlsd_lib.simulation import SimulationError

MOST, MOST_BYTES = 5_000_000, 1_000_000_000
MINUTE_S = 60.0


@dataclass(frozen=True)
class Recorded:
    """Either `times` of requests, (n,) in seconds from the first, or `counts`, (minutes,), each of a minute."""

    name: str
    times: np.ndarray | None
    counts: np.ndarray | None

    def drawn(self, seed: int) -> tuple[np.ndarray, float]:
        """Times in seconds, sorted, and how long the record is; those of counts are drawn within their minutes."""
        if self.times is not None:
            return self.times, float(np.floor(self.times[-1]) + 1)
        assert self.counts is not None
        minute = np.repeat(np.arange(len(self.counts)), self.counts)
        within = np.random.default_rng([seed, 3]).random(len(minute))
        return np.sort((minute + within) * MINUTE_S), len(self.counts) * MINUTE_S


def read_recorded(path: Path) -> Recorded:
    """The arrivals in a CSV file; raises `SimulationError` with the line, its value, the rule and the fix."""
    try:
        require_bounded(path, MOST_BYTES)
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(csv.DictReader(file, strict=True), path.name)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SimulationError(f"{path} cannot be read: {' '.join(str(error).split())}. Give a CSV file.") from None


def _read(lines: "csv.DictReader[str]", name: str) -> Recorded:
    columns = lines.fieldnames or []
    if not {"time", "count"} & set(columns):
        raise SimulationError(
            f"{name}, line 1: the columns are {', '.join(map(str, columns))[:80] or 'none'}; one must be time (of a "
            "request) or count (of requests in a minute). Name it in the first line."
        )
    times = _times(lines, name) if "time" in columns else None
    if "count" not in columns:
        found = np.fromiter((at for _, at, _ in times or ()), dtype=float)
        if not len(found):
            raise SimulationError(f"{name}: no line follows the header. Record a request.")
        return Recorded(name, found - found[0], None)
    counts = _with_times(times, name) if times is not None else list(_minutes(lines, name))
    if 60 * len(counts) > LONGEST_S:
        raise SimulationError(
            f"{name}: {len(counts):,} minutes are more than {LONGEST_S / 86_400:g} days. Cut the file."
        )
    if sum(counts) > MOST:
        raise SimulationError(f"{name}: {sum(counts):,} requests are counted; at most {MOST:,} are simulated. Cut it.")
    if not sum(counts):
        raise SimulationError(f"{name}: no request is counted. Record some.")
    return Recorded(name, None, np.array(counts, dtype=np.int64))


def _rows(lines: "csv.DictReader[str]", name: str) -> Iterator[tuple[int, dict[str, str]]]:
    for number, row in enumerate(lines):
        if number >= MOST:
            raise SimulationError(
                f"{name}, line {lines.line_num}: more than {MOST:,} lines are not read. Cut the file."
            )
        yield lines.line_num, row


def _times(lines: "csv.DictReader[str]", name: str) -> Iterator[tuple[int, float, dict[str, str]]]:
    """Line, time and row of each line, in seconds of whatever clock the file has."""
    first = before = None
    kind: str | None = None
    for line, row in _rows(lines, name):
        text = row["time"] or ""
        at, seen = _seconds(text)
        if seen is None:
            raise SimulationError(
                f"{name}, line {line}: time is {text[:40]!r}; it must be seconds or ISO 8601, as 2026-11-29T08:00:00. "
                "Correct it."
            )
        kind = kind or seen
        if seen != kind:
            raise SimulationError(
                f"{name}, line {line}: time is {text[:40]!r}, {seen}, after {kind} before it; all must be of one kind. "
                "Write them alike."
            )
        if before is not None and at < before:
            raise SimulationError(
                f"{name}, line {line}: time is {text[:40]!r}, before that of the line above; times must rise. Sort it."
            )
        first = at if first is None else first
        if at - first > LONGEST_S:
            raise SimulationError(
                f"{name}, line {line}: time is {text[:40]!r}, more than {LONGEST_S / 86_400:g} days after the first. "
                "Cut the file."
            )
        before = at
        yield line, at, row


def _seconds(text: str) -> tuple[float, str | None]:
    """A time in seconds, and of which kind its text is; None for neither kind."""
    try:
        at = float(text)
        return at, "seconds" if np.isfinite(at) else None
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0.0, None
    if moment.tzinfo:
        return moment.timestamp(), "ISO 8601 with a zone"
    return (moment - datetime(1970, 1, 1)).total_seconds(), "ISO 8601 without a zone"


def _count(row: dict[str, str], line: int, name: str) -> int:
    text = row["count"] or ""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise SimulationError(
            f"{name}, line {line}: count is {text[:40]!r}; it must be a whole number, 0 or more. Correct it."
        )
    return int(text)


def _minutes(lines: "csv.DictReader[str]", name: str) -> Iterator[int]:
    """The count of each line; an empty one, which the reader passes over, would move the minutes after it."""
    for expected, (line, row) in enumerate(_rows(lines, name), 2):
        if line != expected:
            raise SimulationError(f"{name}, line {expected}: count is ''; each line is a minute. Write 0, or cut it.")
        yield _count(row, line, name)


def _with_times(times: Iterator[tuple[int, float, dict[str, str]]], name: str) -> list[int]:
    """Counts of every minute from the first to the last; a minute without a line has none."""
    first, counts = None, list[int]()
    for line, at, row in times:
        first = at if first is None else first
        minute, rest = divmod(at - first, MINUTE_S)
        if rest or minute < len(counts):
            raise SimulationError(
                f"{name}, line {line}: time is {row['time'][:40]!r}, {at - first:g} s after the first; with count each "
                "line begins a minute of its own. Count by whole minutes."
            )
        counts += [0] * (int(minute) - len(counts)) + [_count(row, line, name)]
    return counts
