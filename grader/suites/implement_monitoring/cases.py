"""The cases of `implement_monitoring`: streams as their seeds and magnitudes, and what only an oracle knows of them.

The public ones are stored; the hidden ones are drawn by the same functions from the secret.
"""

from dataclasses import dataclass
from pathlib import Path

from grader.suite_kit.designs import Draw
from grader.suite_kit.exercise import CaseSource, load_exercise

EXERCISE = load_exercise(Path(__file__).parent)


@dataclass(frozen=True)
class Cases:
    """`draws` by family; for each the day from which on an incident can be `seen` at all, None where there is none.

    `silent_eur` is what all streams cost without a monitor, `known_eur` with one that names each incident on the first
    day on which it can be seen. Nothing of `private` cases is shown.
    """

    draws: dict[str, list[Draw]]
    seen: dict[str, list[int | None]]
    silent_eur: float
    known_eur: float
    private: bool = False


def public_cases() -> Cases:
    """The stored cases."""
    stored = EXERCISE.read_cases()
    draws = {
        family: [Draw(family, one["seed"], tuple((name, size) for name, size in one["magnitudes"])) for one in some]
        for family, some in stored["draws"].items()
    }
    return Cases(**{**stored, "draws": draws})


CASES = CaseSource(EXERCISE, public_cases)
