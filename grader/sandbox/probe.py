"""Which levels of isolation can be had on this machine, found by trying them; what is missing, and how to get it."""

import functools
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.sandbox.isolation import bubblewrap, landlock
from grader.sandbox.level import Level, SandboxError, named, unprivileged_user
from grader.sandbox.preload_server import PreloadClient
from grader.sandbox.sandbox import Sandbox

HELP: Mapping[Level, str] = {
    Level.LIMITS: "It needs Linux, and as root a Python that every user can run: install bubblewrap, which needs none, "
    "take one outside of a home folder, or grade as an ordinary user.",
    Level.LANDLOCK: "It needs Linux 5.13 or newer with Landlock switched on (lsm=landlock,...).",
    Level.NAMESPACES: "It needs Linux 5.12 or newer with bubblewrap installed and user namespaces allowed "
    "(sysctl kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces above 0).",
}
CEILING = "MLSD_SANDBOX_LEVEL"
_TRYING = threading.RLock()
_TRIED: list[str] = []


def make_sandbox(imports: Sequence[str] = (), level: Level | None = None, **options: Any) -> Sandbox:
    """A sandbox at `level`, or at the best there is; `options` as for `Sandbox`. Raises `SandboxError`."""
    return Sandbox(imports, best_level() if level is None else require(level), **options)


def best_level() -> Level:
    """The strongest level that works here and is not above `ceiling`, found by trying; NONE only where there is no
    Linux.

    Raises `SandboxError` if no level works.
    """
    if not sys.platform.startswith("linux"):
        return require(Level.NONE)
    tried = (Level.NAMESPACES, Level.LANDLOCK, Level.LIMITS)
    found = next((level for level in tried if not missing(level)), None)
    return require(Level.LIMITS) if found is None else found


def ceiling() -> Level:
    """The strongest level that may be used: MLSD_SANDBOX_LEVEL lowers it, to see what a weaker level does.

    Raises `SandboxError` if that names no level that it may name.
    """
    name = os.environ.get(CEILING, "")
    if not name:
        return Level.NAMESPACES
    known = [level for level in Level if level != Level.NONE]  # it would run student code as root
    if name.upper() not in [level.name for level in known]:
        names = ", ".join(level.name.lower() for level in known)
        raise SandboxError(f"{CEILING} is {name!r}, which is no sandbox level. Set one of {names}, or unset it.")
    return named(name)


def require(level: Level) -> Level:
    """`level` itself if it works here; raises `SandboxError` with what is missing and the fix."""
    reason = missing(level)
    if reason:
        fix = f"Unset {CEILING}." if level > ceiling() else HELP.get(level, "")
        raise SandboxError(f"the sandbox level {level.name.lower()} is not available here: {reason}. {fix}".strip())
    return level


def missing(level: Level) -> str:
    """Why `level` does not work here or may not be used; empty if it works. Raises `SandboxError` as `ceiling`."""
    if level > ceiling():
        return f"{CEILING} is {ceiling().name.lower()}"
    return found_missing(level)


@functools.lru_cache
def found_missing(level: Level) -> str:
    """Why this machine does not offer `level`; empty if it does. Noted: `cache_clear` forgets it."""
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
        return _closed_interpreter() if landlock.version() else "this kernel has no Landlock"
    return trial()


def describe(level: Level) -> str:
    """One line for the user: the level in force, what it leaves open, and who asked for no stronger one."""
    asked = f"; {CEILING} allows no stronger level" if level == ceiling() < Level.NAMESPACES else ""
    return _described(level) + asked


def _described(level: Level) -> str:
    who = "this user" if unprivileged_user() is None else "an unprivileged user"
    if level == Level.NAMESPACES:
        return f"sandbox: namespaces ({bubblewrap.describe_program() or 'bubblewrap'}), as {who}, no network"
    if level == Level.LANDLOCK:
        seen = "the names of other processes can be seen, whether a file exists, and when it was last read"
        left = "; ".join([seen, *landlock.open_doors(landlock.version())])
        return f"sandbox: Landlock {landlock.version()}, as {who}, no network; {left}"
    if level == Level.LIMITS:
        left = f"student code reads what {who} can read, writes what {who} can write{_open_processes()}"
        return f"sandbox: limits only, as {who}, no network; {left}"
    return f"sandbox: limits only on {sys.platform}, untested there; student code reads and writes what {who} can"


def advice(level: Level) -> str:
    """What would bring a stronger isolation than `level`; empty where there is none."""
    if level == Level.NAMESPACES:
        return ""
    reason = missing(Level.NAMESPACES)
    if not reason:
        return "The level namespaces works here: leave out --sandbox."
    return f"The level namespaces is not available here: {reason}. {HELP[Level.NAMESPACES]}"


def _open_processes() -> str:
    opened = ", reads and changes the memory of its processes and can end its processes"
    return opened if unprivileged_user() is None else ""


def trial(preload: PreloadClient | None = None, then: Sequence[str] = ()) -> str:
    """Why bubblewrap cannot isolate here; empty if it can. Tries it once, with a session inside.

    That is quicker out of `preload`, which imports the modules `then` meanwhile.
    """
    with _TRYING:
        if not _TRIED:
            _TRIED.append(_tried(preload, then))
        return _TRIED[0]


def _tried(preload: PreloadClient | None, then: Sequence[str]) -> str:
    if not bubblewrap.program():
        return "bubblewrap is not installed"
    try:
        sandbox = Sandbox(level=Level.NAMESPACES, preload=preload)
        sandbox.begin()
        if preload is not None:
            preload.prepare(then)
        with sandbox, sandbox.open():
            return ""
    except (SandboxError, OSError, subprocess.SubprocessError) as error:
        return str(error)


def _closed_interpreter() -> str:
    """Why an unprivileged user could not run this interpreter, if student code is to be one; empty otherwise."""
    if unprivileged_user() is None:
        return ""
    for path in {sys.base_prefix, sys.prefix, os.path.realpath(sys.executable), str(Path(__file__))}:
        for folder in [Path(path), *Path(path).parents]:
            if not folder.stat().st_mode & (stat.S_IXOTH if folder.is_dir() else stat.S_IROTH):
                return (
                    f"as root, student code runs as another user, and {folder}, where Python lies, is closed to others"
                )
    return ""
