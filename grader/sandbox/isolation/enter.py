"""How a fork of a warmed process becomes a sealed one, in which student code runs: ONE ordered list of steps.

The order matters: what a step needs may not have been given up by one before it.
"""

import base64
import contextlib
import importlib
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.sandbox import protocol
from grader.sandbox.isolation import landlock, limits, namespaces, seccomp, syscalls
from grader.sandbox.isolation.limits import Limits
from grader.sandbox.level import Level


@dataclass
class Entry:
    """One process on its way into isolation.

    `setting` is the warmed process's, `order` the session's; `channel` leads to the grader, `streams` are what will
    be standard output and error.
    """

    setting: dict[str, Any]
    order: protocol.Open
    channel: socket.socket
    streams: tuple[int, int]

    @property
    def level(self) -> Level:
        """How strong the isolation must be."""
        return Level(self.setting["level"])

    @property
    def place(self) -> str:
        """Its home, where its files are and nothing else."""
        return f"{self.order.folder}/home" if self.order.folder else namespaces.HOME

    @property
    def temporary(self) -> str:
        """Where it keeps temporary files: beside its home, which a new session finds empty."""
        return f"{self.order.folder or namespaces.SCRATCH}/tmp"

    @property
    def limits(self) -> Limits:
        """What the process may use."""
        return Limits(**self.order.limits)


def make_ready(level: Level) -> None:
    """Have ready, in the process that will be forked, what each fork would work out again on its way."""
    if seccomp.available():
        seccomp.prepare(level >= Level.NAMESPACES)
    for name in ("fcntl", "resource"):
        with contextlib.suppress(ImportError):  # not on every system
            importlib.import_module(name)


def enter(entry: Entry) -> None:
    """Isolate this process. Raises `OSError` where the kernel refuses a step: the process must then end."""
    for step in STEPS:
        step(entry)


def _lead_a_session(entry: Entry) -> None:
    os.setsid()


def _keep_only_own_files(entry: Entry) -> None:
    """Standard input empty, output and error the given streams, the channel, and no other open file."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(entry.streams[0], 1)
    os.dup2(entry.streams[1], 2)
    os.closerange(3, entry.channel.fileno())
    os.closerange(entry.channel.fileno() + 1, 4096)


def _leave_namespaces_or_rights(entry: Entry) -> None:
    user = entry.order.user
    if entry.level >= Level.NAMESPACES:
        namespaces.enter_inner(entry.limits.files_mb)
    elif user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    elif syscalls.LINUX and os.getuid() == 0:  # root of a user namespace that holds nobody else
        syscalls.set_capabilities(0)


def _own_its_process_files(entry: Entry) -> None:
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)  # a change of user made its /proc/self root's


def _die_with_the_warmed_process(entry: Entry) -> None:
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)


def _adopt_orphans(entry: Entry) -> None:
    syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)


def _put_down_files(entry: Entry) -> None:
    """Write the session's files into its home and go there."""
    place, temporary = entry.place, entry.temporary
    for folder in (place, temporary):
        os.makedirs(folder, exist_ok=True)
    os.chdir(place)
    os.environ.update(
        {"HOME": place, "TMPDIR": temporary, "MLSD_HOME": f"{place}/.mlsd", "IPYTHONDIR": f"{place}/.ipython"}
    )
    files = protocol.expected(protocol.receive_message(entry.channel), protocol.Files)
    for name, content in files.contents.items():
        path = os.path.normpath(os.path.join(place, name))
        if not path.startswith(place + "/"):
            raise ValueError(f"the file {name!r} would lie outside of the session's folder")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(content))


def _see_only_what_is_shown(entry: Entry) -> None:
    if entry.level == Level.LANDLOCK:
        landlock.restrict(entry.setting["readable"], [entry.order.folder])
    elif entry.level >= Level.NAMESPACES and landlock.version():
        landlock.leave_process_files()


def _accept_limits(entry: Entry) -> None:
    refused = limits.apply(entry.limits, entry.order.others)
    if refused:
        raise OSError(f"the kernel refuses the limits {', '.join(refused)}")


def _give_up_system_calls(entry: Entry) -> None:
    if entry.level >= Level.LIMITS and seccomp.available():
        apart = entry.level >= Level.NAMESPACES
        seccomp.restrict(apart)
        if not apart:
            # From Python 3.12 on streams send by the refused `sendmsg` where that is there, else by `send`.
            importlib.import_module("asyncio.selector_events")._HAS_SENDMSG = False  # type: ignore[attr-defined]


def _gain_no_rights(entry: Entry) -> None:
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)


STEPS: tuple[Callable[[Entry], None], ...] = (
    _lead_a_session,
    _keep_only_own_files,
    _leave_namespaces_or_rights,
    _own_its_process_files,
    _die_with_the_warmed_process,
    _adopt_orphans,
    _put_down_files,
    _see_only_what_is_shown,
    _accept_limits,
    _give_up_system_calls,
    _gain_no_rights,
)
