"""Isolation without namespaces: a process may read what a `View` allows, write to one folder, signal only its own.

Landlock works for any user of a kernel from 5.13 on; newer kernels close more (see `open_doors`). It does not see UDP,
does not bound what is written, and takes shared memory away: `seccomp` closes the network, the grader watches the
folder, and code that needs semaphores (multiprocessing) fails. Source: landlock(7).
"""

import os
import struct
from collections.abc import Sequence

from grader.sandbox.isolation import syscalls

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
_FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15  # and truncate, device ioctl
_READ = EXECUTE | READ_FILE | READ_DIR
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
ALSO_READ = ("/proc", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hosts")


def version() -> int:
    """The version of Landlock here; 0 if there is none."""
    return syscalls.landlock_version()


def restrict(readable: Sequence[str], writable: Sequence[str]) -> None:
    """Hold this process and all that it starts to these paths and what lies below them; cannot be undone."""
    found = version()
    rights = _rights(found)
    allowed = [(path, _READ & rights) for path in (*readable, *ALSO_READ)]
    allowed += [(path, (READ_FILE | WRITE_FILE | 1 << 15) & rights) for path in DEVICES]
    _hold(_attributes(found, rights), [*allowed, *((path, rights) for path in writable)])


def leave_process_files() -> None:
    """Write to no file below /proc from now on: one of them sets back the most memory that a process has held."""
    _hold(struct.pack("Q", WRITE_FILE), [(f"/{name}", WRITE_FILE) for name in os.listdir("/") if name != "proc"])


def _hold(attributes: bytes, allowed: Sequence[tuple[str, int]]) -> None:
    ruleset = syscalls.landlock_create(attributes)
    try:
        for path, rights in allowed:
            _allow(ruleset, path, rights)
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        syscalls.landlock_restrict(ruleset)
    finally:
        os.close(ruleset)


def open_doors(found: int) -> list[str]:
    """What this version does not close, in words; empty if all that we ask for is closed."""
    missing = {3: "truncating files", 6: "signals and abstract sockets to other processes"}
    return [what for needed, what in missing.items() if found < needed]


def _rights(found: int) -> int:
    rights = (1 << 13) - 1
    for needed, bit in ((2, 13), (3, 14), (5, 15)):
        rights |= (found >= needed) << bit
    return rights


def _attributes(found: int, rights: int) -> bytes:
    """All rights of files and TCP, and the scopes for abstract sockets and signals, as far as the kernel knows them."""
    fields = [rights, *([3] if found >= 4 else []), *([3] if found >= 6 else [])]
    return struct.pack(f"{len(fields)}Q", *fields)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there, or not for this user, needs no permission
    try:
        syscalls.landlock_allow(ruleset, access if os.path.isdir(path) else access & _FILE_RIGHTS, place)
    finally:
        os.close(place)
