"""What goes into grading one submission and what comes out: plain records, one verdict a test.

A `Job` is all that a mark depends on, so that it may be graded anywhere and again. Nothing here executes or writes.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Notebook = dict[str, Any]

VERDICTS = (
    "pass", "partial", "fail", "not attempted", "error", "timeout", "memory", "crashed", "missing", "tampered",
    "unstable",
)  # fmt: skip
# Gradescope's levels of visibility, from what a student always sees to what a student never sees.
VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")


@dataclass(frozen=True)
class Verdict:
    """What one test found. `message` is plain text, `html` the table of a suite (escaped), both as `visibility` says.

    `unsealed` is true if student code ran in the process that decided; `wall_s`, `cpu_s` in seconds.
    """

    notebook: str
    cell: str
    points: float
    maximum: float
    verdict: str
    message: str = ""
    html: str = ""
    visibility: str = "visible"
    unsealed: bool = False
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0


@dataclass(frozen=True)
class Flag:
    """What was repaired or is odd in a submission; no mark follows from it. `look`: a person should see it."""

    kind: str
    text: str
    notebook: str = ""
    cell: str = ""
    look: bool = True

    def __str__(self) -> str:
        return f"{self.notebook}: {self.text}" if self.notebook else self.text


@dataclass(frozen=True)
class Job:
    """One submission to grade. `notebooks` are rebuilt ones by name, their test cells whole (hidden tests included).

    `files` lie beside the notebook in the sandbox; `trusted` are the course's own files, for the checker. Limits:
    `cell_s` seconds of wall time a cell, `total_s` in all, `memory_mb`. `forbids` names modules.
    """

    assignment: str
    student: str
    notebooks: Mapping[str, Notebook]
    files: Mapping[str, bytes] = field(default_factory=dict)
    trusted: Mapping[str, bytes] = field(default_factory=dict)
    cell_s: float = 30.0
    total_s: float = 300.0
    memory_mb: int = 2048
    seed: int = 0
    require_sealed: bool = False

    def digest(self) -> str:
        """A digest of everything that the marks depend on; the student's name is not among it."""
        whole = hashlib.sha256()
        limits = [self.assignment, self.cell_s, self.total_s, self.memory_mb, self.seed, self.require_sealed]
        whole.update(json.dumps([limits, dict(self.notebooks)], sort_keys=True).encode())
        for group in (self.files, self.trusted):
            for name, content in sorted(group.items()):
                whole.update(f"\0{name}\0".encode() + hashlib.sha256(content).digest())
        return whole.hexdigest()


@dataclass
class Result:
    """What grading one submission gave: executed notebooks by name, a verdict a test, what was odd on the way."""

    notebooks: dict[str, Notebook]
    verdicts: list[Verdict] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0

    def plain(self) -> dict[str, Any]:
        """The verdicts and flags as JSON-friendly data."""
        return {"verdicts": [asdict(one) for one in self.verdicts], "flags": [asdict(one) for one in self.flags]}
