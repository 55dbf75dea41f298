"""Starts the warmed process in its outer isolation and outlives neither it nor the grader. Run as a file.

The grader writes one line of JSON to standard input and keeps it open: its end, or the end of the grader, ends all.
With `--inside` this file runs within bubblewrap, which has made the outer layer already. A process that was forked
for it begins at `begin`.
"""

import contextlib
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from typing import Any

LOOK_S = 0.5


def main(inside: bool) -> None:
    """The launcher's whole life."""
    grader = os.getppid()
    line = _read_line()
    setting = json.loads(line)
    sys.path[:] = setting["path"]
    from grader.sandbox.isolation import syscalls

    syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)
    first = _start(setting, inside)
    if inside:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xFF)
    code = _watch(first, grader)
    _sweep()
    shutil.rmtree(setting["folder"], ignore_errors=True)
    os._exit(code)


def begin(setting: dict[str, Any], files: list[int]) -> None:
    """The same in a process that was forked for it: `files` are what takes the place of standard input, the control
    channel, and where its words go. It does not end with the process that forked it."""
    from grader.sandbox.isolation import syscalls

    os.dup2(files[0], 0)
    setting["control"] = files[1]
    os.dup2(files[2], 1)
    os.dup2(files[2], 2)
    for descriptor in (files[0], files[2]):
        os.close(descriptor)
    sys.path[:] = setting["path"]
    syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)
    code = _watch(_start(setting, setting["inside"]), None)
    _sweep()
    shutil.rmtree(setting["folder"], ignore_errors=True)
    os._exit(code)


def _start(setting: dict[str, Any], inside: bool) -> int:
    from grader.sandbox.isolation import bubblewrap, namespaces, syscalls
    from grader.sandbox.level import Level

    apart = setting["level"] == Level.NAMESPACES
    if apart and not inside:
        return _start_bubblewrap(setting)
    if apart:
        bubblewrap.uncover_processes()
        namespaces.enter_outer(setting["user"])
    control = socket.socket(fileno=setting["control"])
    pid = os.fork()
    if pid:
        control.close()
        return pid
    try:
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        if apart:
            _enter_outer_layer(setting)
        module, _, name = setting["main"].partition(":")
        getattr(importlib.import_module(module), name)(setting, control)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(1)


def _enter_outer_layer(setting: dict[str, Any]) -> None:
    from grader.sandbox.isolation import namespaces, syscalls

    syscalls.mount("", "/", flags=syscalls.MS_REC | syscalls.MS_PRIVATE)
    namespaces.show_processes()
    namespaces.cover(setting["covered"])
    if setting["user"] is not None:
        namespaces.become(setting["user"])
    namespaces.mount_scratch(namespaces.OUTER_SCRATCH_MB)


def _start_bubblewrap(setting: dict[str, Any]) -> int:
    from grader.sandbox.isolation import bubblewrap

    with tempfile.TemporaryFile() as config:
        config.write(json.dumps(setting).encode() + b"\n")
        config.seek(0)
        pid = os.fork()
        if pid:
            return pid
        os.dup2(config.fileno(), 0)
        bubblewrap.replace_this_process(setting, os.path.abspath(__file__))
    raise AssertionError("not reached")


def _watch(first: int, grader: int | None) -> int:
    """Wait until the warmed process has ended, or end it when the grader, our parent, is gone; its exit code."""
    watched = [0]
    with contextlib.suppress(AttributeError, OSError):  # not everywhere; then its end is seen a little later
        watched.append(os.pidfd_open(first))
    while True:
        ready = select.select(watched, [], [], LOOK_S)[0]
        ended, status = os.waitpid(first, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) & 0xFF
        if 0 in ready or grader not in (None, os.getppid()):
            os.kill(first, signal.SIGKILL)
            os.waitpid(first, 0)
            return 1


def _sweep() -> None:
    """End what the sessions of a killed warmed process left: its orphans are our children now."""
    from grader.sandbox import process_family

    end = time.monotonic() + 10
    while process_family.kill_children(os.getpid()) and time.monotonic() < end:
        time.sleep(0.005)


def _read_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(0, 65536)
        if not part:
            os._exit(1)
        line += part
    return line


if __name__ == "__main__":
    main(inside="--inside" in sys.argv[1:])
