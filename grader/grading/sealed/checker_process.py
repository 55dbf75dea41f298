"""What runs in the checker's processes: one warmed with tests and libraries, and its forks, one a submission.

A body of `grader.sandbox.fork_server`. A fork holds tests and hidden data and reads what student code gives, as frames
over the session's channel: so it is isolated as student code is, without gradebook, secret file or other
submissions, and nothing that it reports is imported, executed or believed by whoever reads it.
"""

import contextlib
import gc
import io
import os
import random
import signal
import socket
import sys
from typing import Any

from grader import secret
from grader.grading.analysis.name_analysis import Names
from grader.grading.records import LONGEST
from grader.grading.sealed.client import Client
from grader.grading.sealed.evaluator import Evaluator, Namespace, compiled, register
from grader.grading.sealed.session_client import SessionClient, Worker
from grader.sandbox import protocol
from grader.sandbox.isolation.enter import Entry, copy_files, enter

SEEDS = (("random", "seed"), ("numpy.random", "seed"), ("torch", "manual_seed"))
SUITES = "grader.suites."
JSON_BYTES = 12  # the most that one character takes
SHORTENED = 10_000
PROCESSES = frozenset({"os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork"})


def prepare(setting: dict[str, Any]) -> tuple[dict[str, Namespace], dict[str, Any]]:
    """The namespaces of the notebooks after their first cells; what went wrong on the way is reported."""
    gc.disable()  # what is freed here leaves holes that each fork would fill by copying a page
    secret.use_keys(setting["keys"])
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].use("agg")  # the backend of notebooks was for student code
    copy_files(setting["files"], os.getcwd())
    sys.path.insert(0, os.getcwd())
    failed = []
    with contextlib.redirect_stdout(io.StringIO()):
        _import(setting["imports"])
        failed += _warm(setting["imports"])
        namespaces = {}
        for plan in setting["plans"]:
            names = Names(frozenset(plan["names"]["theirs"]), plan["names"]["imports"])
            namespace = namespaces[plan["name"]] = Namespace(names)
            for cell, source in plan["prefix"] if setting["ahead"] else []:
                try:
                    register(source, cell)
                    compiled(source, cell).run(namespace)
                except BaseException as error:
                    failed.append(f"{plan['name']}: {cell}: {type(error).__name__}: {error}")
            for cell, source in plan["tests"]:
                with contextlib.suppress(SyntaxError, ValueError):
                    compiled(source, cell)
    return namespaces, {"failed": failed}


def _warm(modules: list[str]) -> list[str]:
    """Have suites of ours do once what they would do in each fork; what went wrong."""
    failed = []
    for module in modules:
        warm = getattr(sys.modules.get(module), "warm", None) if module.startswith(SUITES) else None
        try:
            if warm is not None:
                warm()
        except Exception as error:
            failed.append(f"{module}: {type(error).__name__}: {error}")
    return failed


def before_fork(order: protocol.Open) -> None:
    """Import what the instructor's own answers made a test import, for all forks that follow."""
    _import(order.asks["modules"])


def main(namespaces: dict[str, Namespace], setting: dict[str, Any], order: protocol.Open, files: list[int]) -> None:
    """The whole life of a fork; never returns. `files`: the worker's channel, two streams, the session's channel."""
    channel, session = socket.socket(fileno=files[0]), socket.socket(fileno=files[3])
    try:
        enter(Entry(setting, order, channel, (files[1], files[2]), kept=(session.fileno(),)))
        fork = Fork(channel, session, namespaces, order.asks)
        protocol.send_message(channel, protocol.Entered())
    except BaseException as error:
        protocol.send_message(channel, protocol.Entered(f"{type(error).__name__}: {error}"))
        os._exit(1)
    with contextlib.suppress(protocol.Closed, protocol.BadMessage):
        fork.serve()
    os._exit(0)


def _import(modules: list[str]) -> None:
    """Import what there is of `modules`; what cannot be imported is missed by the cell that needs it."""
    for module in modules:
        if module not in sys.modules:
            with contextlib.suppress(BaseException):
                __import__(module)


class Fork:
    """The process that checks one submission."""

    def __init__(
        self, channel: socket.socket, session: socket.socket, namespaces: dict[str, Namespace], asks: dict[str, Any]
    ) -> None:
        gc.enable()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.modules = len(sys.modules)
        _seed(asks["seed"])
        self.evaluator = Evaluator(namespaces[asks["notebook"]])
        namespaces.clear()
        sys.addaudithook(self.refuse)
        self.worker = Worker(channel)
        self.session = SessionClient(self.worker, session, asks["number"])
        client = Client(self.session)
        client.starters = frozenset(asks["starters"])
        self.evaluator.use(client)
        for module, name in SEEDS:
            if module in sys.modules:
                self._seed_both(client, module, name)

    def _seed_both(self, client: Client, module: str, name: str) -> None:
        """What a test cell seeds is seeded on the student's side too."""
        own = getattr(sys.modules[module], name)

        def seed(*arguments: Any) -> Any:
            if self.evaluator.foreign:
                client.request("seed", module, name, arguments)
            return own(*arguments)

        setattr(sys.modules[module], name, seed)

    def serve(self) -> None:
        """Run cells as they are named."""
        while True:
            order = self.worker.hear(protocol.RunTest)
            self.session.number, self.session.asked_s = order.number, 0.0
            self.evaluator.forget(order.forget)
            outcome = self.evaluator.run(
                order.source, order.cell, order.points, order.limit_s, self._takes, order.allowed, order.written_back
            )
            new = list(zip(reversed(sys.modules), range(len(sys.modules) - self.modules), strict=False))
            self.modules = len(sys.modules)
            done = protocol.TestDone(
                _within(vars(outcome)), self.session.number, self.session.asked_s, self.session.settled(),
                [name for name, _ in new],
            )  # fmt: skip
            self.worker.tell(done)

    def _takes(self, limit_s: float) -> None:
        self.worker.tell(protocol.SetTimeLimit(limit_s))

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


def _within(outcome: dict[str, Any]) -> dict[str, Any]:
    """An outcome with its texts cut to what the worker reads, which holds them to less."""
    texts = {name: value for name, value in outcome.items() if isinstance(value, str)}
    most = LONGEST if sum(map(len, texts.values())) * JSON_BYTES < protocol.MOST_TESTED // 2 else SHORTENED
    return outcome | {name: value[:most] for name, value in texts.items()}


def _harmless(module: str, name: str) -> bool:
    return module.partition(".")[0] in ("numpy", "pandas", "datetime", "collections") and name[:1] != "_"


def _seed(seed: int) -> None:
    """The same random numbers for everybody."""
    import numpy as np

    random.seed(seed)
    np.random.seed(seed % 2**32)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
