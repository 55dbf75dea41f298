"""The system calls that Python's standard library does not offer, by ctypes. One function a call, no policy.

Numbers from 424 on are the same on every architecture. Source: unshare(2), mount_setattr(2), capset(2), prctl(2).
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from typing import Any

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REC, MS_PRIVATE, MNT_DETACH = 0x4000, 0x40000, 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_SECCOMP = 1, 4, 8, 22
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
NR_MOUNT_SETATTR, NR_LANDLOCK_CREATE, NR_LANDLOCK_ADD, NR_LANDLOCK_RESTRICT = 442, 444, 445, 446
NR_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}.get(platform.machine())
NR_CAPSET = {"x86_64": 126, "aarch64": 91}.get(platform.machine())
ALL_CAPABILITIES = 2**41 - 1

LINUX = sys.platform.startswith("linux")

_libc: Any = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None


def prctl(option: int, value: int = 0, more: object = 0) -> None:
    """prctl(2); nothing where there is no Linux."""
    if not LINUX:
        return
    _checked(_libc.prctl(option, ctypes.c_ulong(value), more, 0, 0), f"prctl {option}")


def unshare(flags: int) -> None:
    """Move this process (for CLONE_NEWPID: its next children) into new namespaces."""
    _checked(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    """Move this process (for CLONE_NEWPID: its next children) into an existing namespace."""
    _checked(_libc.setns(descriptor, kind), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    texts = [text.encode() or None for text in (source, target, kind)]
    _checked(_libc.mount(*texts, ctypes.c_ulong(flags), options.encode() or None), f"mount {target}")


def unmount(target: str) -> None:
    """Take a mount out of sight at once; it goes when its last user does."""
    _checked(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def set_mount_flags(target: str, flags: int, recursive: bool = True) -> None:
    """Add MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC to a mount and, if `recursive`, to all below it."""
    attributes = struct.pack("QQQQ", flags, 0, 0, 0)  # the MOUNT_ATTR_ bits have the values of the MS_ flags
    _syscall(NR_MOUNT_SETATTR, AT_FDCWD, target.encode(), AT_RECURSIVE * recursive, attributes, len(attributes))


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root of the file system and keep the former one at `old`."""
    if NR_PIVOT_ROOT is None:
        raise OSError(errno.ENOSYS, f"pivot_root: its number on {platform.machine()} is not known here")
    _syscall(NR_PIVOT_ROOT, new.encode(), old.encode())


def set_capabilities(mask: int) -> None:
    """Hold exactly the capabilities of `mask`, effective and permitted; none is passed on to programs."""
    if NR_CAPSET is None:
        raise OSError(errno.ENOSYS, f"capset: its number on {platform.machine()} is not known here")
    low, high = mask & 0xFFFFFFFF, mask >> 32
    _syscall(NR_CAPSET, struct.pack("Ii", 0x20080522, 0), struct.pack("6I", low, low, 0, high, high, 0))


def landlock_version() -> int:
    """The version of Landlock that this kernel offers; 0 if it has none."""
    return max(0, _libc.syscall(NR_LANDLOCK_CREATE, None, 0, 1))


def landlock_create(attributes: bytes) -> int:
    """A file descriptor of a new, empty ruleset."""
    return _syscall(NR_LANDLOCK_CREATE, attributes, len(attributes), 0)


def landlock_allow(ruleset: int, access: int, directory: int) -> None:
    """Allow `access` beneath the open file or directory."""
    _syscall(NR_LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", access, directory), 0)


def landlock_restrict(ruleset: int) -> None:
    """Hold this process and all that it starts to the ruleset."""
    _syscall(NR_LANDLOCK_RESTRICT, ruleset, 0)


def _syscall(number: int, *arguments: object) -> int:
    converted = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *converted), f"system call {number}")


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
