"""A sealed place to run one submission's code, and the grader's handle on it.

`make_sandbox` warms a process and forks sessions; `Session` runs cells and answers questions; `Level` says how strong
the isolation is. No test, solution or mark may enter here: what student code shares a process with holds no secret.
"""

from grader.sandbox.cell_run import CellRun, Leftovers, SessionDead, TimedOut
from grader.sandbox.isolation.limits import Limits
from grader.sandbox.level import Level, SandboxError, named
from grader.sandbox.probe import best_level, describe, make_sandbox, require
from grader.sandbox.sandbox import Sandbox
from grader.sandbox.session import Session

__all__ = [
    "CellRun",
    "Leftovers",
    "Level",
    "Limits",
    "Sandbox",
    "SandboxError",
    "Session",
    "SessionDead",
    "TimedOut",
    "best_level",
    "describe",
    "make_sandbox",
    "named",
    "require",
]
