"""A warmed process in the outer isolation: holds what sessions need, forks a copy of itself for each of them.

Single-threaded, without a test or a secret. No student code ever runs in it: that is `student_process`'s, in a fork.
"""

import gc
import os
import pkgutil
import signal
import socket
import sys
import tempfile
import time
from typing import Any

from grader.sandbox import process_family, protocol, student_process
from grader.sandbox.isolation import namespaces, syscalls
from grader.sandbox.isolation.enter import make_ready
from grader.sandbox.isolation.filesystem_view import parts_of_suites
from grader.sandbox.level import Level


def main(setting: dict[str, Any], control: socket.socket) -> None:
    """Warm up, say so, then serve until the grader closes `control`."""
    settle(setting)
    make_ready(Level(setting["level"]))
    list_split_folders()
    shell = student_process.prepare(setting)
    sessions = Sessions(shell, setting, control)
    gc.collect()
    gc.freeze()
    protocol.send_message(control, protocol.Warm({}))
    try:
        sessions.serve()
    except protocol.Closed:
        sessions.end_all()
    os._exit(0)


def begin_inside(setting: dict[str, Any], control: socket.socket, words: int) -> None:
    """The same in a fork of a process that stands in the outer isolation; `words` is where its last words go."""
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    os.dup2(words, 2)
    os.closerange(3, control.fileno())
    os.closerange(control.fileno() + 1, 4096)
    if setting["level"] == Level.NAMESPACES:
        syscalls.unshare(syscalls.CLONE_NEWNS)
        namespaces.cover(setting["covered"])
    main(setting, control)


def settle(setting: dict[str, Any]) -> None:
    """Have this process, which was just made, look like nobody else's: environment, cores, files, folder."""
    os.environ.clear()
    os.environ.update(setting["environment"])
    tempfile.tempdir = None  # noted while libraries were imported elsewhere
    if setting["cores"]:
        os.sched_setaffinity(0, setting["cores"])  # for all forks: each is refused to change it
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)
    os.chdir(namespaces.HOME if setting["level"] == Level.NAMESPACES else setting["folder"])


def list_split_folders() -> None:
    """Have the import system list the packages of which a part is hidden.

    Landlock shows the other parts of such a folder one by one and not the folder, so a session may not list it.
    """
    hidden = [*parts_of_suites("hidden"), *parts_of_suites("bank")]
    for folder in sorted({str(folder) for part in hidden for folder in part.parents[:3]}):
        if (finder := pkgutil.get_importer(folder)) is not None:
            finder.find_spec("grader.listed")


class Sessions:
    """Forks and buries the session processes."""

    def __init__(self, shell: Any, setting: dict[str, Any], control: socket.socket) -> None:
        self.shell, self.setting, self.control = shell, setting, control
        self.apart = setting["level"] == Level.NAMESPACES
        self.own_processes = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC) if self.apart else -1
        self.living: set[int] = set()

    def serve(self) -> None:
        """Answer requests until the control channel closes."""
        while True:
            message, files = protocol.receive_with_files(self.control)
            if isinstance(message, protocol.Open):
                self.open(message, files)
            else:
                self.end(protocol.expected(message, protocol.End).process)

    def open(self, order: protocol.Open, files: list[int]) -> None:
        """Fork one session; the reply is its process id as this process knows it."""
        try:
            if self.apart:
                syscalls.unshare(syscalls.CLONE_NEWPID)
            process = os.fork()
        except OSError as error:
            protocol.send_message(self.control, protocol.Forked(0, f"{type(error).__name__}: {error}"))
            return
        finally:
            if self.apart and "process" in locals() and process:
                syscalls.setns(self.own_processes, syscalls.CLONE_NEWPID)
        if process == 0:
            self._become_session(order, files)
        for descriptor in files:
            os.close(descriptor)
        self.living.add(process)
        protocol.send_message(self.control, protocol.Forked(process))

    def _become_session(self, order: protocol.Open, files: list[int]) -> None:
        try:
            student_process.main(self.shell, self.setting, order, files)
        finally:
            os._exit(1)

    def end(self, process: int) -> None:
        """Kill a session with all that it started and wait for it; the reply says how it had ended."""
        status = 0
        if process in self.living:
            self.living.discard(process)
            _kill(process)
            status = os.waitpid(process, 0)[1]
        if not self.apart:
            self._bury_orphans()
        protocol.send_message(self.control, protocol.Ended(status))

    def _bury_orphans(self) -> None:
        """End what a session left behind; without a process namespace it became our child."""
        end = time.monotonic() + 5
        while process_family.kill_children(os.getpid(), frozenset(self.living)) and time.monotonic() < end:
            time.sleep(0.002)

    def end_all(self) -> None:
        """End every session; a process namespace would do it by itself."""
        for process in list(self.living):
            _kill(process)
        self.living.clear()
        if not self.apart:
            self._bury_orphans()


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    sys.exit("this module is started by the launcher")
