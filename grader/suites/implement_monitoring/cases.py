"""The cases of `implement_monitoring`: streams as their seeds and magnitudes, and what only an oracle knows of them.

The public ones are stored; the hidden ones are drawn by the same functions from the secret.
"""

from dataclasses import dataclass
from pathlib import Path

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


CASES = CaseSource(EXERCISE, Cases)
