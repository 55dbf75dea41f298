"""How strong the isolation of student code is, in steps, and the error that says why a step cannot be had."""

import enum
import functools
import os
from pathlib import Path

from grader.errors import GraderError

UNPRIVILEGED = range(61_000, 65_000)  # user ids that no distribution gives away


class SandboxError(GraderError):
    """The sandbox cannot be had as asked for, or does not do what it must; names what is missing and the fix."""


class Level(enum.IntEnum):
    """How strong the isolation is; each level holds what the ones before it hold.

    NONE: not Linux; only the limits that every POSIX system has. LIMITS: memory, processes, files, output, time, and a
    filter of system calls, which closes the network. LANDLOCK: reads only what an answer needs, writes to one folder.
    NAMESPACES: sees nothing else at all, own processes and network, files in memory; raised by bubblewrap.
    """

    NONE = 0
    LIMITS = 1
    LANDLOCK = 2
    NAMESPACES = 3


def named(name: str) -> Level:
    """The level that a command line names, in any case; raises `SandboxError` with the known names."""
    try:
        return Level[name.strip().upper()]
    except KeyError:
        known = ", ".join(level.name.lower() for level in Level)
        raise SandboxError(f"there is no sandbox level {name!r}. Known: {known}.") from None


def unprivileged_user(number: int = 0) -> int | None:
    """The user id that student code gets: as root an unused one, another for each `number`; else None, the own one.

    So it is for a root who can become no other, as in a container that an ordinary user began.
    """
    others = _others() if hasattr(os, "getuid") and os.getuid() == 0 else ()
    return others[(61 * os.getpid() + number) % len(others)] if others else None


@functools.cache
def _others() -> range:
    """The unused user ids that there are in this user namespace: user_namespaces(7)."""
    try:
        mapped = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    except OSError:  # not Linux
        return UNPRIVILEGED
    ends = [first + count for first, _, count in mapped if first <= UNPRIVILEGED.start < first + count]
    return range(UNPRIVILEGED.start, min(ends[0], UNPRIVILEGED.stop)) if ends else range(0)
