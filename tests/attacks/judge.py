"""What became of a case: points that were not earned, points that went missing, and what leaked or was left behind.

The same judgement for every grader: it looks at marks and files only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.grading.records import HELD
from tests.attacks.case import Case
from tests.attacks.course import TOKENS

Marks = Mapping[str, Mapping[str, float | None]]
MB = 1_000_000


@dataclass
class Judgement:
    """Faults of a grader on one case, each list empty if there are none."""

    case: Case
    undeserved: dict[str, float] = field(default_factory=dict)
    missing: dict[str, float] = field(default_factory=dict)
    aborted: bool = False
    changed: list[str] = field(default_factory=list)
    left: int = 0
    leaked: list[str] = field(default_factory=list)
    size_mb: float = 0.0
    alive: bool = False

    @property
    def faults(self) -> list[str]:
        """One short sentence a fault."""
        found = [f"{points:+g} points in {cell}" for cell, points in self.undeserved.items()]
        found += [f"{-points:+g} points in {cell}" for cell, points in self.missing.items()]
        found += ["the students behind were not graded"] if self.aborted else []
        found += [f"changed: {', '.join(self.changed[:3])}"] if self.changed else []
        found += [f"{self.left} processes left"] if self.left else []
        found += [f"leaked: {', '.join(self.leaked)}"] if self.leaked else []
        found += [f"{self.size_mb:.0f} MB of output"] if self.size_mb > self.case.size_mb else []
        return found + (["its script runs in feedback"] if self.alive else [])


def judge(case: Case, marks: Marks, autograded: Path, heard: list[bytes] = ()) -> Judgement:
    """The judgement on points, output and leaks; the caller adds what it saw of the host."""
    got = marks.get(case.name, {})
    verdict = Judgement(case)
    for cell, expected in case.marks.items():
        points = got.get(cell) or 0.0
        if points > expected + 1e-6:
            verdict.undeserved[cell] = points - expected
        elif points < expected - 1e-6:
            verdict.missing[cell] = expected - points
    folder = autograded / case.name
    shown = outputs(folder) + [text.decode(errors="replace") for text in heard]
    verdict.leaked = sorted(name for name, token in TOKENS.items() if any(token in text for text in shown))
    verdict.size_mb = size_mb(folder)
    return verdict


def outputs(folder: Path) -> list[str]:
    """What the student's code showed: all outputs of all notebooks below `folder`.

    A hidden test may stand in outputs that are held back, which no student sees: it ran where that code runs.
    """
    found = []
    for path in sorted(folder.rglob("*.ipynb")):
        try:
            cells = json.loads(path.read_text(errors="replace"))["cells"]
        except (ValueError, KeyError, OSError):
            continue
        for cell in (cell for cell in cells if not _is_test(cell)):
            text = json.dumps(cell.get("outputs", []))
            found.append(text.replace(TOKENS["test"], "") if cell["metadata"].get(HELD) else text)
    return found


def size_mb(folder: Path) -> float:
    """How much lies below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / MB


def honest_lost(marks: Marks, student: str, maxima: Mapping[str, float]) -> bool:
    """Whether a right submission in the same batch was not graded in full."""
    got = marks.get(student, {})
    return any(got.get(cell) != points for cell, points in maxima.items())


def _is_test(cell: dict[str, Any]) -> bool:
    """A failed test cell's traceback shows its own source; only the instructor sees that notebook."""
    entry = cell.get("metadata", {}).get("nbgrader", {})
    return bool(entry.get("grade")) and cell.get("cell_type") == "code"
