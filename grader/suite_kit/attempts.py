"""A record of one's own: the points of each test that a reader ran and the hints opened, kept beside the predictions.

Only runs with public cases in a reader's own notebook are kept: never those of a grader, of nbgrader's Validate or of
papermill. The file is the reader's: one line a run, plain text, and nothing leaves the machine. No mark depends on it.
"""

import json
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grader.suite_kit.score_sheet import Sheet

FILE, HINTS = "attempts.jsonl", "hints.jsonl"


@dataclass(frozen=True)
class Attempt:
    """One run of one test: its points of `maximum`, and when, in seconds since 1970."""

    exercise: str
    test: str
    points: float
    maximum: float
    at_s: float


def keep(exercise: str, sheet: Sheet) -> None:
    """Keeps what a test found, if a reader ran it on public cases and had written an answer. Never raises.

    A record that cannot be written, on a full disk say, must not cost the points of the cell.
    """
    if sheet.private or sheet.verdict == "not attempted" or not run_by_a_reader():
        return
    with suppress(Exception):
        attempt = Attempt(exercise, sheet.test, sheet.points, sheet.maximum, time.time())
        _append(FILE, asdict(attempt))


def read(exercise: str) -> list[Attempt]:
    """The kept runs of an exercise, in their order; a line that cannot be read is passed over."""
    found = []
    for line in _lines(FILE):
        with suppress(ValueError, TypeError):
            found.append(Attempt(**json.loads(line)))
    return [attempt for attempt in found if attempt.exercise == exercise]


def show_hint(exercise: str, criterion: str, stages: Sequence[str]) -> None:
    """Prints the hints for a criterion that were opened before, and one more of `stages`.

    What was opened is kept for a reader in a notebook, in a file of their own that no mark depends on.
    """
    opened = {"exercise": exercise, "criterion": criterion}
    number = 1 + min(_lines(HINTS).count(json.dumps(opened)), len(stages) - 1)
    if run_by_a_reader():
        with suppress(Exception):
            _append(HINTS, opened)
    print("\n".join(f"{at}. {text}" for at, text in enumerate(stages[:number], 1)))
    if number < len(stages):
        print("Run this again for the next hint.")


def _append(name: str, entry: dict[str, Any]) -> None:
    path = _home() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def _lines(name: str) -> list[str]:
    try:
        return (_home() / name).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def totals(attempts: Sequence[Attempt]) -> list[float]:
    """After each run the points of all tests together: of each test those of its last run so far."""
    last: dict[str, float] = {}
    return [sum((last := last | {attempt.test: attempt.points}).values()) for attempt in attempts]


def plot(exercise: str, maximum: float) -> None:
    """Draws the points by run: all tests together, and each test where it was run. `maximum`: of all tests.

    Before the first run it says what will stand here; where nobody is there to see it, it does nothing.
    """
    if not run_by_a_reader():
        return
    attempts = read(exercise)
    if not attempts:
        print("No run of a test is kept yet. Write an answer, run its test, and run this cell again.")
        return
    from mlsd_lib.lesson import plotting

    plotting.use_style()
    series = {"all tests": dict(enumerate(totals(attempts), 1))}
    for number, attempt in enumerate(attempts, 1):
        series.setdefault(attempt.test, {})[number] = attempt.points
    grey, dotted = dict.fromkeys(series, plotting.GREY), dict.fromkeys(series, "o:")
    plotting.lines(
        series, f"{series['all tests'][len(attempts)]:g} of {maximum:g} points after {len(attempts)} runs of a test",
        "run", "points", colours=grey | {"all tests": plotting.BLUE}, style=dotted | {"all tests": "o-"},
        y_range=(0, 1.05 * maximum), levels={"all points": maximum}, better="up",
    )  # fmt: skip


def run_by_a_reader() -> bool:
    """Whether a person runs this cell in a notebook; where no kernel runs it, nothing is imported to find out."""
    ipython = sys.modules.get("IPython")
    if ipython is None or getattr(ipython.get_ipython(), "kernel", None) is None:
        return False
    from mlsd_lib.lesson.reader import someone_is_there

    return someone_is_there()


def _home() -> Path:
    from mlsd_lib.lesson.reader import home

    return home()
