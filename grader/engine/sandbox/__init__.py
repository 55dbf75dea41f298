"""A sealed place to run one submission's code, and the grader's handle on it.

`Zygote` warms a process and forks sessions; `Session` runs cells and answers questions; `Level` says how strong the
walls are. No test, solution or mark may enter here: what student code shares a process with holds no secret.
"""

from grader.engine.sandbox.levels import Level, SandboxError, best_level, describe, named, require
from grader.engine.sandbox.limits import Limits
from grader.engine.sandbox.session import CellRun, Leftovers, Session, SessionDead, TimedOut
from grader.engine.sandbox.zygote import Zygote

__all__ = [
    "CellRun",
    "Leftovers",
    "Level",
    "Limits",
    "SandboxError",
    "Session",
    "SessionDead",
    "TimedOut",
    "Zygote",
    "best_level",
    "describe",
    "named",
    "require",
]
