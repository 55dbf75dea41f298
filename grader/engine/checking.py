"""The checker's processes: one warmed with tests and libraries, and its forks, one a submission. Run as a module.

They hold tests and hidden data and no student code: what student code gives reaches a fork as frames, over the
session's channel. A fork has limits of its own, and the worker ends it if it does not answer.
"""

import contextlib
import gc
import io
import json
import os
import resource
import signal
import socket
import struct
import sys
import tempfile
from typing import Any

from grader.engine.direct import Direct
from grader.engine.evaluate import Evaluator, Names, Namespace, compiled
from grader.engine.link import Link
from grader.engine.rehearsal import rehearse
from grader.engine.sandbox import kernel, limits, wire

RUN, DONE, TAKES = map(ord, "RDl")
SECONDS = struct.Struct("<d")
LEAST_MB = 1024
SEEDS = (("random", "seed"), ("numpy.random", "seed"), ("torch", "manual_seed"))
PROCESSES = frozenset({"os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork"})


def begin(setting: dict[str, Any], files: list[int]) -> None:
    """As `main`, in a process that was forked for it: `files` are what says that it must end, control and words."""
    os.dup2(files[2], 1)
    os.dup2(files[2], 2)
    os.environ.clear()
    os.environ.update(setting["environment"])
    sys.path[:] = setting["path"]
    tempfile.tempdir = None
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].use("agg")  # the backend of notebooks was for the sandbox
    main(socket.socket(fileno=files[1]))


def main(control: socket.socket) -> None:
    """The warmed process: told what to warm, then forks on request until the worker is gone."""
    gc.disable()  # what is freed here leaves holes that each fork would fill by copying a page
    setting = json.loads(wire.receive(control)[1])
    os.chdir(setting["folder"])
    sys.path.insert(0, setting["folder"])
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    namespaces, failed = warm(setting)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    threads = len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 1
    wire.send_json(control, wire.READY, {"threads": threads, "failed": failed})
    with contextlib.suppress(wire.Closed):
        while True:
            _, payload, files = wire.receive_with_files(control)
            request = json.loads(payload)
            _import(request["modules"])
            process = os.fork()
            if process == 0:
                control.close()
                channel, session = (socket.socket(fileno=descriptor) for descriptor in files)
                _live(Fork(channel, session, namespaces, setting), request)
            for descriptor in files:
                os.close(descriptor)
            wire.send_json(control, wire.REPLY, {"process": process})
    os._exit(0)


def warm(setting: dict[str, Any]) -> tuple[dict[str, Namespace], list[str]]:
    """The namespaces of the notebooks after their first cells, and what went wrong on the way."""
    failed = []
    with contextlib.redirect_stdout(io.StringIO()):
        _import(setting["modules"])
        namespaces = {}
        for plan in setting["plans"]:
            names = Names(frozenset(plan["names"]["theirs"]), plan["names"]["imports"])
            namespace = namespaces[plan["name"]] = Namespace(names)
            for cell, source in plan["prefix"] if setting["ahead"] else []:
                try:
                    compiled(source, cell).run(namespace)
                except BaseException as error:
                    failed.append(f"{plan['name']}: {cell}: {type(error).__name__}: {error}")
            for cell, source in plan["tests"]:
                with contextlib.suppress(SyntaxError, ValueError):
                    compiled(source, cell)
    rehearse()
    return namespaces, failed


def _import(modules: list[str]) -> None:
    """Import what there is of `modules`; what cannot be imported is missed by the cell that needs it."""
    for module in modules:
        if module not in sys.modules:
            with contextlib.suppress(BaseException):
                __import__(module)


def _live(fork: "Fork", request: dict[str, Any]) -> None:
    try:
        fork.begin(request)
        fork.serve()
    except wire.Closed:
        pass
    finally:
        os._exit(0)


class Fork:
    """The process that checks one submission."""

    def __init__(
        self,
        channel: socket.socket,
        session: socket.socket,
        namespaces: dict[str, Namespace],
        setting: dict[str, Any],
    ) -> None:
        self.channel, self.session, self.namespaces, self.setting = channel, session, namespaces, setting
        self.modules = len(sys.modules)

    def begin(self, request: dict[str, Any]) -> None:
        """Its own folder and limits, its own seed, and nothing of the other notebooks'."""
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        gc.enable()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.chdir(request["folder"])
        _limit_memory(self.setting["memory_mb"])
        _seed(request["seed"])
        self.evaluator = Evaluator(self.namespaces[request["notebook"]])
        self.namespaces.clear()
        sys.addaudithook(self.refuse)
        self.direct = Direct(self.channel, self.session, request["number"], request["process"])
        link = Link(self.direct)
        link.starters = frozenset(request["starters"])
        self.evaluator.use(link)
        for module, name in SEEDS:
            if module in sys.modules:
                self._seed_both(link, module, name)

    def _seed_both(self, link: Link, module: str, name: str) -> None:
        """What a test cell seeds is seeded on the student's side too."""
        own = getattr(sys.modules[module], name)

        def seed(*arguments: Any) -> Any:
            if self.evaluator.foreign:
                link.request("seed", module, name, arguments)
            return own(*arguments)

        setattr(sys.modules[module], name, seed)

    def serve(self) -> None:
        """Run cells as they are named."""
        while True:
            _, payload = wire.receive(self.channel)
            order = json.loads(payload)
            self.direct.number, self.direct.asked_s = order["number"], 0.0
            self.evaluator.forget(order["forget"])
            outcome = self.evaluator.run(
                order["source"], order["cell"], order["points"], order["limit_s"], self._takes, order["allowed"]
            )
            new = list(zip(reversed(sys.modules), range(len(sys.modules) - self.modules), strict=False))
            self.modules = len(sys.modules)
            told = {"outcome": vars(outcome), "imported": [name for name, _ in new], "asked_s": self.direct.asked_s}
            told |= {"number": self.direct.number, "settled": self.direct.settled()}
            wire.send_json(self.channel, DONE, told)

    def _takes(self, limit_s: float) -> None:
        wire.send(self.channel, TAKES, SECONDS.pack(limit_s))

    def refuse(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook: in a cell that is no suite's a pickle could hold what student code chose, so none is read.

        `pickle.find_class` is where it would become code.
        """
        if not self.evaluator.foreign:
            return
        if event == "pickle.find_class" and not _harmless(*arguments[:2]):
            raise RuntimeError(f"a pickle that names {arguments[0]}.{arguments[1]} is not read in a sealed test")
        if event in PROCESSES:
            raise RuntimeError("a sealed test starts no process")


def _harmless(module: str, name: str) -> bool:
    return module.partition(".")[0] in ("numpy", "pandas", "datetime", "collections") and name[:1] != "_"


def _limit_memory(memory_mb: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if held := limits.own_memory():
        resource.setrlimit(resource.RLIMIT_DATA, (held["VmData"] + max(LEAST_MB, memory_mb) * 2**20,) * 2)


def _seed(seed: int) -> None:
    """The same random numbers for everybody."""
    import random

    import numpy as np

    random.seed(seed)
    np.random.seed(seed % 2**32)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


if __name__ == "__main__":
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    main(socket.socket(fileno=int(sys.argv[1])))
