"""What running a cell or asking a question gave, and how a session can end. Plain data."""

import builtins
from dataclasses import dataclass, field
from typing import Any

from grader.sandbox.level import SandboxError

NAMES = {"timeout": "TimeLimitExceeded", "memory": "MemoryLimitExceeded", "crashed": "DeadKernelError"}
FORGED = "The answer wrote to the channel of the grader."


def broke(said: str) -> str:
    """What is said of a process that its code broke: of its own words only the name of a built-in error."""
    kind = said.partition(":")[0]
    known = isinstance(getattr(builtins, kind, None), type)
    return f"The answer broke the process that ran it{f' ({kind})' if known else ''}."


class SessionDead(SandboxError):
    """A sandboxed process gave no answer. `verdict` is "timeout", "memory" or "crashed"."""

    def __init__(self, verdict: str, text: str) -> None:
        super().__init__(text)
        self.verdict = verdict


class TimedOut(SessionDead):
    """A question took too long; it was interrupted and the session lives."""


@dataclass(frozen=True)
class Leftovers:
    """What a session still had running when it was closed: commands of processes, and threads beside the main one."""

    processes: tuple[str, ...] = ()
    threads: int = 0


@dataclass
class CellRun:
    """What one cell did. `outputs` are a notebook's; `error` is (ename, evalue, the student's own line).

    `verdict` is "ok", "error", "timeout", "memory" or "crashed"; wall and CPU seconds are the cell's, `peak_mb` the
    most that the session's process held so far; `execution_count` is what the notebook shows, None if the cell did not
    come to its end. `by_grader`: the error is the grader's, no word of it the student's.
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    error: tuple[str, str, str] | None = None
    verdict: str = "ok"
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    truncated: bool = False
    execution_count: int | None = None
    by_grader: bool = False

    @classmethod
    def stopped(cls, verdict: str, text: str) -> "CellRun":
        """The run of a cell that the grader ended, or that never began."""
        return cls(error=(NAMES[verdict], text, ""), verdict=verdict, by_grader=True)


def told_run(reported: Any, number: int) -> CellRun:
    """A run as the student's side tells it, of the cell that ran as the `number`-th.

    Raises `KeyError`, `TypeError` or `ValueError` for what is none.
    """
    run = CellRun(truncated=bool(reported["truncated"]), execution_count=number)
    if reported["error"] is not None:
        kind, text, line = map(str, reported["error"])
        run.error = (kind, text, line)
        run.verdict = "memory" if kind.endswith("MemoryError") else "error"
    return run
