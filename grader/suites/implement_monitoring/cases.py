"""The cases of `implement_monitoring`: streams as their seeds and magnitudes, and what only an oracle knows of them.

The public ones are stored; the hidden ones are drawn by the same functions from the secret.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.suite_kit.designs import Draw
from grader.suite_kit.exercise import CaseSource, load_exercise
from grader.suites.implement_monitoring.world import Stream

EXERCISE = load_exercise(Path(__file__).parent)


@dataclass(frozen=True)
class Cases:
    """The streams of each test by its name, so that nothing seen in one is met in the other.

    `silent_eur` is what the streams of `worth` cost without a monitor, `known_eur` with one that names each incident on
    the first day on which it shows. Nothing of `private` cases is shown.
    """

    streams: dict[str, list[Stream]]
    silent_eur: float
    known_eur: float
    private: bool = False


def public_cases() -> Cases:
    """The stored cases."""
    stored = EXERCISE.read_cases()
    streams = {
        test: [Stream(_draw(entry["harmless"]), tuple(map(_draw, entry["incidents"]))) for entry in some]
        for test, some in stored["streams"].items()
    }
    return Cases(**{**stored, "streams": streams})


def _draw(stored: dict[str, Any]) -> Draw:
    return Draw(stored["family"], stored["seed"], tuple((name, size) for name, size in stored["magnitudes"]))


CASES = CaseSource(EXERCISE, public_cases)
