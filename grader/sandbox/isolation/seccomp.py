"""System calls that no exercise needs and that break out, hide or go round a limit: refused by the kernel.

The last layer at every level. A refused call fails with "operation not permitted" or "not implemented"; nothing is
killed. Source: seccomp(2); numbers from the kernel's tables for x86_64 and aarch64.
"""

import ctypes
import errno
import functools
import platform
import struct
from collections.abc import Sequence

from grader.sandbox.isolation import syscalls

# Name: (x86_64, aarch64). From 424 on both are the same.
NUMBERS = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "fanotify_init": (300, 262),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142),
    "acct": (163, 89), "quotactl": (179, 60), "syslog": (103, 116),
    # Memory that no limit counts, and semaphores that outlive their session.
    "shmget": (29, 194), "msgget": (68, 186), "mq_open": (240, 180), "semget": (64, 190),
    # Those of the same user's other programs, which have a number and no place among the files.
    "shmat": (30, 196), "shmctl": (31, 195), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
    "semop": (65, 193), "semtimedop": (220, 192), "semctl": (66, 191), "mq_unlink": (241, 181),
}  # fmt: skip
# Libraries go on without these: glibc takes clone for clone3, everything else has another way.
NOT_IMPLEMENTED = {
    "clone3": (435, 435), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    # Files of libraries are the same for all sessions: what one opens would tell the others.
    "inotify_init": (253, -1), "inotify_init1": (294, 26), "inotify_add_watch": (254, 27),
    # What a pipe or the kernel holds then is in no process, where no limit counts it; of one byte up to 2 MB.
    "vmsplice": (278, 75), "splice": (275, 76), "sendfile": (40, 71), "io_setup": (206, 0),
    "landlock_create_ruleset": (444, 444),
    "preadv2": (327, 286), "pwritev2": (328, 287), "mincore": (27, 232), "cachestat": (451, 451),
}  # fmt: skip
# Answered as if it were done: who asks for other cores than the grader gave goes on with those, and no file is locked
# for other processes, nor read ahead or dropped from memory, which they would see.
WITHOUT_EFFECT = {
    "sched_setaffinity": (203, 122), "flock": (73, 32), "fadvise64": (221, 223), "readahead": (187, 213),
}  # fmt: skip
# Landlock does not ask about rights and times of files: below namespaces an ordinary user's are the session's, the
# gradebook and what others handed in, too. Who sets modes of own files goes on; a program that copies a file's other
# rights expects a refusal. A given time (of a copy) is answered as set; the present one is refused, since a program
# then makes the file.
MODES = {"chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452)}
OWNERS = {
    "chown": (92, -1), "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54), "setxattr": (188, 5),
    "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "fremovexattr": (199, 16), "setxattrat": (463, 463), "removexattrat": (466, 466), "file_setattr": (469, 469),
    "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1),
}  # fmt: skip
# Below namespaces what is written lies on the disk of all, and nobody sees an open file on its way through a socket.
HANDING_OVER = {"sendmsg": (46, 211), "sendmmsg": (307, 269)}
UTIMENSAT = (280, 88)
CLONE, SOCKET, SOCKETPAIR, CONNECT = (56, 220), (41, 198), (53, 199), (42, 203)
SETSOCKOPT, SO_ZEROCOPY = (54, 208), 60  # a socket, too, would hold pages that no process has any more
KILL, FCNTL, PRCTL = (62, 129), (72, 25), (157, 167)
# Calls that reach another process of the same user, the grader's above all. Allowed with these first arguments only,
# by which they reach the caller itself.
ITSELF = {
    "prlimit64": ((302, 261), (0,)), "sched_setparam": ((142, 118), (0,)), "sched_setscheduler": ((144, 119), (0,)),
    "sched_setattr": ((314, 274), (0,)), "setpriority": ((141, 140), (0, 0)), "ioprio_set": ((251, 30), (1, 0)),
}  # fmt: skip
# Of fcntl: F_SETLK and F_SETLKW, those of open files too; F_SETLEASE and F_NOTIFY.
LOCKS, WATCHES = (6, 7, 37, 38), (1024, 1026)
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW flag
# What lies below a session is counted and ended with it. So none of it becomes a sister of the session's first process
# (a flag of clone), nor an orphan that this one does not adopt (of prctl).
CLONE_PARENT, ADOPT_ORPHANS = 0x8000, 36
# Sockets that end in a network namespace: AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. Of others, those between a virtual
# machine and its host above all, the kernel has one for all.
NAMESPACED = (1, 2, 10, 16)
AF_UNIX, SOCK_STREAM, SOCK_SEQPACKET = 1, 1, 5
SOCK_FLAGS = (0, 0x800, 0x80000, 0x80800)  # neither, SOCK_NONBLOCK, SOCK_CLOEXEC, both
CONNECTED = tuple(kind | flags for kind in (SOCK_STREAM, SOCK_SEQPACKET) for flags in SOCK_FLAGS)

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT, _THIRD_ARGUMENT = 0, 4, 16, 24, 32
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_PERMISSION, _MISSING, _NOTHING = _ERROR | errno.EPERM, _ERROR | errno.ENOSYS, _ERROR


def available() -> bool:
    """Whether this machine's calls are known here."""
    return platform.machine() in ARCHITECTURES


def prepare(apart: bool) -> None:
    """Work out what `restrict` will need, in a process whose forks will be restricted."""
    _program(apart)


def restrict(apart: bool, allowed: tuple[str, ...] = ()) -> None:
    """Refuse the calls above but those `allowed` from now on, for this process and all that it starts.

    A process `apart`, in namespaces of network and processes of its own, is refused sockets that would leave them. Any
    other is refused all sockets but those between processes (AF_UNIX) that must be connected before anything is sent,
    and connecting them; a signal to everybody; limits and priorities of other processes; rights and times of files;
    handing over open files.
    """
    program = _program(apart, allowed)
    code = ctypes.create_string_buffer(program)
    instructions = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    syscalls.prctl(syscalls.PR_SET_SECCOMP, 2, instructions)


@functools.cache
def _program(apart: bool, allowed: tuple[str, ...] = ()) -> bytes:
    column, architecture = ARCHITECTURES[platform.machine()]
    lines = [
        _line(_LOAD, _ARCHITECTURE),
        _line(_EQUAL, architecture, 1, 0),
        _line(_RETURN, _MISSING),
        _line(_LOAD, _NUMBER),
    ]
    if platform.machine() == "x86_64":  # the x32 numbers would be a second way to every call
        lines += [_line(_AT_LEAST, 0x40000000, 0, 1), _line(_RETURN, _MISSING)]
    tables = [(NUMBERS, _PERMISSION), (NOT_IMPLEMENTED, _MISSING), (WITHOUT_EFFECT, _NOTHING)]
    for numbers, result in tables if apart else [*tables, (MODES, _NOTHING), (OWNERS | HANDING_OVER, _PERMISSION)]:
        for name, pair in numbers.items():
            if pair[column] >= 0 and name not in allowed:  # some machines never had the call
                lines += [_line(_EQUAL, pair[column], 0, 1), _line(_RETURN, result)]
    commands = [(command, result) for some, result in ((LOCKS, _NOTHING), (WATCHES, _PERMISSION)) for command in some]
    lines += [_line(_EQUAL, FCNTL[column], 0, 2 + 2 * len(commands)), _line(_LOAD, _SECOND_ARGUMENT)]
    for command, result in commands:
        lines += [_line(_EQUAL, command, 0, 1), _line(_RETURN, result)]
    lines.append(_line(_RETURN, _ALLOW))
    lines += [
        _line(_EQUAL, PRCTL[column], 0, 6),
        _line(_LOAD, _FIRST_ARGUMENT),
        _line(_EQUAL, ADOPT_ORPHANS, 0, 3),
        _line(_LOAD, _SECOND_ARGUMENT),
        _line(_EQUAL, 0, 0, 1),
        _line(_RETURN, _PERMISSION),
        _line(_RETURN, _ALLOW),
        _line(_EQUAL, SETSOCKOPT[column], 0, 4),
        _line(_LOAD, _THIRD_ARGUMENT),
        _line(_EQUAL, SO_ZEROCOPY, 0, 1),
        _line(_RETURN, _PERMISSION),
        _line(_RETURN, _ALLOW),
        _line(_EQUAL, CLONE[column], 0, 4),
        _line(_LOAD, _FIRST_ARGUMENT),
        _line(_ANY_BIT, NEW_NAMESPACES | CLONE_PARENT, 0, 1),
        _line(_RETURN, _PERMISSION),
        _line(_RETURN, _ALLOW),
    ]
    if apart:
        lines += _only(SOCKET[column], NAMESPACED)
    else:
        lines += [
            _line(_EQUAL, UTIMENSAT[column], 0, 4),
            _line(_LOAD, _THIRD_ARGUMENT),
            _line(_EQUAL, 0, 0, 1),
            _line(_RETURN, _PERMISSION),
            _line(_RETURN, _NOTHING),
            _line(_EQUAL, KILL[column], 0, 3),
            _line(_LOAD, _FIRST_ARGUMENT),
            _line(_EQUAL, 0xFFFFFFFF, 0, 1),
            _line(_RETURN, _PERMISSION),
            _line(_LOAD, _NUMBER),
        ]
        for pair, itself in ITSELF.values():
            lines += _only(pair[column], *((value,) for value in itself))
        lines += [_line(_EQUAL, CONNECT[column], 0, 1), _line(_RETURN, _PERMISSION)]
        for pair in (SOCKET, SOCKETPAIR):
            lines += _only(pair[column], (AF_UNIX,), CONNECTED)
    return b"".join([*lines, _line(_RETURN, _ALLOW)])


def _only(number: int, *arguments: Sequence[int]) -> list[bytes]:
    """Allow a call only where each of its first arguments is one of these values."""
    checks: list[bytes] = []
    for place, values in enumerate(arguments):
        checks.append(_line(_LOAD, _FIRST_ARGUMENT + 8 * place))
        checks += [_line(_EQUAL, value, len(values) - before, 0) for before, value in enumerate(values)]
        checks.append(_line(_RETURN, _PERMISSION))
    return [_line(_EQUAL, number, 0, len(checks) + 1), *checks, _line(_RETURN, _ALLOW)]


def _line(code: int, value: int, jump_if: int = 0, jump_else: int = 0) -> bytes:
    return struct.pack("HBBI", code, jump_if, jump_else, value)
