"""How well a session can be sealed on this machine: what there is, what is asked for, what is missing."""

import enum
import functools
import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import GraderError

if TYPE_CHECKING:
    from grader.engine.nursery import Nursery


class SandboxError(GraderError):
    """The sandbox cannot be had as asked for, or does not do what it must; names what is missing and the mend."""


class Level(enum.IntEnum):
    """How strong the walls are; each holds what the ones before it hold.

    NONE: not Linux; only the limits that every POSIX system has. LIMITS: memory, processes, files, output, time, and a
    filter of system calls, which closes the network. LANDLOCK: reads only what an answer needs, writes to one folder.
    NAMESPACES: sees nothing else at all, own processes and network, files in memory. GVISOR: that, and a kernel of
    its own.
    """

    NONE = 0
    LIMITS = 1
    LANDLOCK = 2
    NAMESPACES = 3
    GVISOR = 4


HELP = {
    Level.LIMITS: "It needs Linux, and as root a Python that every user can run: take one outside of a home folder, "
    "or grade as an ordinary user.",
    Level.LANDLOCK: "It needs Linux 5.13 or newer with Landlock switched on (lsm=landlock,...).",
    Level.NAMESPACES: "It needs Linux 5.12 or newer with user namespaces: install bubblewrap, or allow them "
    "(sysctl kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces above 0), or run as root.",
    Level.GVISOR: "It needs gVisor's runsc on the PATH.",
}
UNPRIVILEGED = range(61_000, 65_000)  # user ids that no distribution gives away


def best_level() -> Level:
    """The strongest level below gVisor that works here, found by trying; NONE only where there is no Linux.

    gVisor is taken only when asked for. Raises `SandboxError` if no level works.
    """
    if not sys.platform.startswith("linux"):
        return require(Level.NONE)
    tried = (Level.NAMESPACES, Level.LANDLOCK, Level.LIMITS)
    found = next((level for level in tried if not missing(level)), None)
    return require(Level.LIMITS) if found is None else found


def require(level: Level) -> Level:
    """`level` itself if it works here; raises `SandboxError` with what is missing and the mend."""
    reason = missing(level)
    if reason:
        raise SandboxError(
            f"the sandbox level {level.name.lower()} is not available here: {reason}. {HELP.get(level, '')}".strip()
        )
    return level


def named(name: str) -> Level:
    """The level that a command line names, in any case; raises `SandboxError` with the known names."""
    try:
        return Level[name.strip().upper()]
    except KeyError:
        known = ", ".join(level.name.lower() for level in Level)
        raise SandboxError(f"there is no sandbox level {name!r}. Known: {known}.") from None


@functools.lru_cache
def missing(level: Level) -> str:
    """Why `level` does not work here; empty if it does."""
    if not hasattr(os, "fork"):
        return (
            "student code is run in forks of a warmed process, and this system has none; use WSL or a Linux container"
        )
    if level == Level.NONE:
        return ""
    if not sys.platform.startswith("linux"):
        return f"this is {sys.platform}"
    if level == Level.LIMITS:
        return _closed_interpreter()
    if level == Level.LANDLOCK:
        from grader.engine.sandbox import landlock

        return _closed_interpreter() if landlock.version() else "this kernel has no Landlock"
    if level == Level.NAMESPACES:
        return "" if wall() else _no_wall()
    return trial("gvisor") if shutil.which("runsc") else "there is no runsc"


@functools.lru_cache
def wall() -> str:
    """What raises the outer wall of NAMESPACES here: "bubblewrap" if installed and working, "direct", or ""."""
    return next((name for name in ("bubblewrap", "direct") if not trial(name)), "")


def user(number: int = 0) -> int | None:
    """The user id that student code gets: as root an unused one, another for each `number`; else None, the own one."""
    return UNPRIVILEGED[(61 * os.getpid() + number) % len(UNPRIVILEGED)] if os.getuid() == 0 else None


def describe(level: Level) -> str:
    """One line for the user: the level in force and what it leaves open."""
    who = "an unprivileged user" if hasattr(os, "getuid") and os.getuid() == 0 else "this user"
    if level == Level.NAMESPACES:
        return f"sandbox: namespaces ({wall()}), as {who}, no network"
    if level == Level.LANDLOCK:
        from grader.engine.sandbox import landlock

        left = "; ".join(["the names of other processes can be seen", *landlock.open_doors(landlock.version())])
        return f"sandbox: Landlock {landlock.version()}, as {who}, no network; {left}"
    if level == Level.LIMITS:
        return f"sandbox: limits only, as {who}, no network; student code reads what {who} can read"
    if level == Level.GVISOR:
        return "sandbox: gVisor, no network"
    return f"sandbox: limits only on {sys.platform}, untested there; student code reads and writes what {who} can"


def trial(name: str, nursery: "Nursery | None" = None) -> str:
    """Why the wall called `name` cannot be raised here; empty if it can. Raises it once, with a session inside.

    That is quicker out of a `nursery`.
    """
    with _TRYING:
        if name not in _TRIED:
            _TRIED[name] = _tried(name, nursery)
        return _TRIED[name]


_TRYING = threading.RLock()
_TRIED: dict[str, str] = {}


def _tried(name: str, nursery: "Nursery | None") -> str:
    from grader.engine.sandbox.zygote import Zygote

    if name == "bubblewrap" and not shutil.which("bwrap"):
        return "bubblewrap is not installed"
    try:
        level = Level.GVISOR if name == "gvisor" else Level.NAMESPACES
        with Zygote(level=level, wall=name, nursery=nursery) as zygote, zygote.open():
            return ""
    except (SandboxError, OSError, subprocess.SubprocessError) as error:
        return str(error)


def _no_wall() -> str:
    return "; ".join(f"{name}: {trial(name)}" for name in ("bubblewrap", "direct"))


def _closed_interpreter() -> str:
    """Why an unprivileged user could not run this interpreter, if we are root; empty otherwise."""
    if os.getuid() != 0:
        return ""
    for path in {sys.base_prefix, sys.prefix, os.path.realpath(sys.executable), str(Path(__file__))}:
        for folder in [Path(path), *Path(path).parents]:
            if not folder.stat().st_mode & (stat.S_IXOTH if folder.is_dir() else stat.S_IROTH):
                return (
                    f"as root, student code runs as another user, and {folder}, where Python lies, is closed to others"
                )
    return ""
