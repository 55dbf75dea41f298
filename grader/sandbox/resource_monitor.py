"""Looks from outside at what a session uses while the grader waits for it, and says when a limit is reached."""

import contextlib
import itertools
import os
import time
from typing import Any

from grader.sandbox.isolation.limits import Limits
from grader.sandbox.process_family import Family

LOOK_S = 0.05
GRACE_S = 1.0
MOST_FILES = 8192
_now_s = time.monotonic


class ResourceMonitor:
    """One cell or question under its limits.

    `reached` is "" or "timeout" or "memory"; `text` says which limit. After a time limit the session is interrupted and
    has `GRACE_S` to answer; `over` is then the time to kill it.
    """

    __slots__ = (
        "cpu_end_s", "cpu_limit_s", "end_s", "family", "folder", "limits", "look_s", "over_s", "reached", "text",
        "wall_s",
    )  # fmt: skip

    def __init__(self, limits: Limits, family: Family, folder: str, wall_s: float) -> None:
        now = _now_s()
        self.limits, self.family, self.folder, self.wall_s = limits, family, folder, wall_s
        self.end_s = now + wall_s
        self.look_s = now + LOOK_S
        self.cpu_end_s = self.cpu_limit_s = limits.session_cpu_s
        self.over_s = float("inf")
        self.reached = self.text = ""

    def limit_cpu(self, seconds: float) -> None:
        """From now on at most so many seconds of CPU time, of the whole family."""
        self.cpu_end_s, self.cpu_limit_s = min(self.family.last_cpu_s() + seconds, self.limits.session_cpu_s), seconds

    def patience_ms(self) -> float:
        """How long to wait for a message before the next look."""
        return max(0.0, min(self.look_s, self.end_s if not self.reached else self.over_s) - _now_s()) * 1000

    def extend(self, seconds: float) -> None:
        """Time that the grader itself took does not count."""
        self.end_s += seconds

    def look(self) -> str:
        """What to do now: "" nothing, "look" at what only the session sees, "interrupt" once, or "kill"."""
        now = _now_s()
        if self.reached:
            return "kill" if now >= self.over_s or self.reached == "memory" else ""
        if now >= self.end_s:
            return self._reach("timeout", f"It did not end within {self.wall_s:g} s.")
        if now >= self.look_s:
            self.look_s = now + LOOK_S
            return self._look_at_use()
        return ""

    def _look_at_use(self) -> str:
        limits = self.limits
        use = self.family.use(limits.watched_mb)
        if use.cpu_s > self.cpu_end_s:
            return self._reach("timeout", f"It used more than {self.cpu_limit_s:g} s of CPU time.")
        if use.memory_mb > limits.watched_mb:
            # A fork that comes or goes between two readings is counted twice: look once more.
            use = self.family.use(limits.watched_mb)
        if use.memory_mb > limits.watched_mb:
            return self._reach("memory", f"It used {use.memory_mb:.0f} MB; the limit is {limits.memory_mb} MB.")
        if use.tasks > limits.watched_tasks:
            return self._reach("memory", f"It ran {use.tasks} processes and threads; {limits.processes} are allowed.")
        if self.folder and self._wrote_too_much():
            return self._reach("memory", f"It wrote more than {limits.files_mb} MB or more than {MOST_FILES} files.")
        return "look"

    def _wrote_too_much(self) -> bool:
        most_mb = self.limits.files_mb
        return folder_is_over(self.folder, most_mb - self.family.unlisted_mb(self.folder, most_mb))

    def _reach(self, verdict: str, text: str) -> str:
        self.reached, self.text = verdict, text
        self.over_s = _now_s() + GRACE_S
        return "interrupt" if verdict == "timeout" else "kill"


def folder_is_over(folder: str, most_mb: float) -> bool:
    """Whether the entries below `folder` take more than `most_mb` on the disk, or are more than `MOST_FILES`.

    True too where it cannot be told: in a folder that is closed, or so deep that it has no name.
    """
    size = count = 0
    waiting = [folder]
    while waiting:
        try:
            for entry in os.scandir(waiting.pop()):
                count += 1
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                if count > MOST_FILES:
                    return True
        except FileNotFoundError:
            continue  # gone since it was listed
        except OSError:
            return True
    return size / 2**20 > most_mb


def exit_text(status: int | None) -> tuple[str, str]:
    """The verdict and the reason for the end of a process by its wait status: ("crashed" or "timeout", text)."""
    import signal

    if status is None:
        return "crashed", "The process that ran the answer is gone."
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return "crashed", f"The answer ended its process with exit status {code}."
    try:
        name: Any = signal.Signals(-code).name
    except ValueError:
        name = -code
    if name == "SIGXCPU":
        return "timeout", "The session used all of its CPU time."
    return "crashed", f"The process that ran the answer was ended by signal {name}."


def remove_folder(folder: str) -> None:
    """Remove a session's folder, whatever rights its entries were given and however deep they lie.

    A folder in a folder is moved up beside the first before it is emptied: its own name may be too long to be opened.
    """
    waiting, number = [folder], itertools.count()
    while waiting:
        place = waiting.pop()
        with contextlib.suppress(OSError):
            os.chmod(place, 0o700)
            for entry in list(os.scandir(place)):
                if entry.is_dir(follow_symlinks=False):
                    os.chmod(entry.path, 0o700)
                    os.rename(entry.path, raised := f"{folder}.{next(number)}")
                    waiting.append(raised)
                else:
                    os.unlink(entry.path)
            os.rmdir(place)
