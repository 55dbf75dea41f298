"""What goes into grading one submission and what comes out: plain records, one verdict a test.

A `Job` is all that a mark depends on, so that it may be graded anywhere and again. Nothing here executes or writes.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Notebook = dict[str, Any]
LIMITS = ("cell_s", "total_s", "memory_mb")  # of a job
HELD = "mlsd_held"  # the key in a cell's metadata that says that its outputs are held back

VERDICTS = (
    "pass", "partial", "fail", "not attempted", "error", "timeout", "memory", "crashed", "missing", "tampered",
    "unstable",
)  # fmt: skip


@dataclass
class Outcome:
    """What a test of a suite gave: points, a verdict, a message, its table."""

    points: float = 0.0
    verdict: str = "fail"
    message: str = ""
    html: str = ""
    wall_s: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """What one test found. `message` is plain text, `html` the table of a suite (escaped), both as `visibility` says.

    `wall_s`, `cpu_s` in seconds.
    """

    notebook: str
    cell: str
    points: float
    maximum: float
    verdict: str
    message: str = ""
    html: str = ""
    visibility: str = "visible"
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0


@dataclass(frozen=True)
class Flag:
    """What was repaired or is odd in a submission; no mark follows from it. `look`: a person should see it.

    `detail` is for that person alone: the student's code chose its words, and may have met hidden tests.
    """

    kind: str
    text: str
    notebook: str = ""
    cell: str = ""
    look: bool = True
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.notebook}: {self.text}" if self.notebook else self.text


@dataclass(frozen=True)
class Job:
    """One submission to grade. `notebooks` are rebuilt ones by name, their test cells whole (hidden tests included).

    `files` lie beside the notebook in the sandbox, `trusted` are the course's own of them, as it has them. Limits:
    `cell_s` seconds of wall time a cell, `total_s` in all, `memory_mb`. `round_number`: from the second round of
    hand-ins on, hidden cases are others, for the whole class.
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
    round_number: int = 1

    def digest(self) -> str:
        """A digest of everything that the marks depend on; the student's name is not among it."""
        whole = hashlib.sha256()
        limits = [
            self.assignment,
            self.cell_s,
            self.total_s,
            self.memory_mb,
            self.seed,
            *(False, ""),  # two options that there were: what was graded without them is not graded again
            *([self.round_number] if self.round_number > 1 else []),
        ]
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
        return {
            "verdicts": [asdict(verdict) for verdict in self.verdicts],
            "flags": [asdict(flag) for flag in self.flags],
        }


@dataclass
class Step:
    """One code cell of a submission in the order in which it runs. `role`: "theirs", "locked" or "test".

    `damaged` once a session died in it, or memory ran out.
    """

    number: int
    name: str
    role: str
    source: str
    points: float = 0.0
    damaged: bool = False


@dataclass
class StudentOutcome:
    """One student's outcome: points by hand are apart in `waiting` (the most that is to be given, or
    looked at again).

    `outdated`: it was graded earlier, and the tests have changed since.
    """

    student: str
    points: float = 0.0
    maximum: float = 0.0
    waiting: float = 0.0
    skipped: bool = False
    failure: str = ""
    notes: list[str] = field(default_factory=list)
    outdated: bool = False

    @property
    def needs_a_look(self) -> bool:
        """True if it was not graded or something was repaired, stopped or left out."""
        return bool(self.failure or self.notes)


@dataclass(frozen=True)
class Options:
    """How the engine grades: `jobs` workers (0: one a processor), `timeout_s` a cell (None: as the course says).

    `scheduler` is the address of a Dask cluster that grades instead of workers here. `level` names a level of the
    sandbox ("": the best there is); `require_level` refuses to grade below it.
    """

    jobs: int = 0
    timeout_s: float | None = None
    force: bool = False
    seed: int = 0
    level: str = ""
    require_level: bool = False
    memory_mb: int = 2048
    scheduler: str = ""
