"""What runs in the checker's processes: one warmed with suites and libraries, and its forks, one a submission.

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
from grader.grading.analysis.grading_plan import SUITES, SuiteCall
from grader.grading.records import LONGEST
from grader.grading.sealed.evaluator import evaluate
from grader.grading.sealed.remote_answer import RemoteAnswer
from grader.grading.sealed.session_client import SessionClient, Worker
from grader.sandbox import protocol
from grader.sandbox.isolation.enter import Entry, enter

JSON_BYTES = 12  # the most that one character takes
SHORTENED = 10_000


def prepare(setting: dict[str, Any]) -> tuple[None, dict[str, Any]]:
    """Import and warm the suites; what went wrong on the way is reported."""
    gc.disable()  # what is freed here leaves holes that each fork would fill by copying a page
    secret.use_keys(setting["keys"])
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].use("agg")  # the backend of notebooks was for student code
    with contextlib.redirect_stdout(io.StringIO()):
        _import(setting["imports"])
        return None, {"failed": _warm(setting["imports"])}


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


def main(_: None, setting: dict[str, Any], order: protocol.Open, files: list[int]) -> None:
    """The whole life of a fork; never returns. `files`: the worker's channel, two streams, the session's channel."""
    channel, session = socket.socket(fileno=files[0]), socket.socket(fileno=files[3])
    try:
        enter(Entry(setting, order, channel, (files[1], files[2]), kept=(session.fileno(),)))
        gc.enable()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _seed(order.asks["seed"])
        protocol.send_message(channel, protocol.Entered())
    except BaseException as error:
        protocol.send_message(channel, protocol.Entered(f"{type(error).__name__}: {error}"))
        os._exit(1)
    with contextlib.suppress(protocol.Closed, protocol.BadMessage):
        _serve(Worker(channel), session, order.asks["number"], order.asks["starters"])
    os._exit(0)


def _serve(worker: Worker, channel: socket.socket, number: int, starters: list[str]) -> None:
    """Run tests as they are named, on the answer of the session behind `channel`."""
    session = SessionClient(worker, channel, number)
    answer = RemoteAnswer(session, starters)
    while True:
        order = worker.hear(protocol.RunTest)
        session.number, session.asked_s = order.number, 0.0
        call = SuiteCall(order.suite, order.test, tuple(order.names))
        outcome = evaluate(call, answer, order.points, lambda limit_s: worker.tell(protocol.SetTimeLimit(limit_s)))
        worker.tell(protocol.TestDone(_within(vars(outcome)), session.number, session.asked_s, session.settled()))


def _import(modules: list[str]) -> None:
    """Import what there is of `modules`; what cannot be imported is missed by the test that needs it."""
    for module in modules:
        if module not in sys.modules:
            with contextlib.suppress(BaseException):
                __import__(module)


def _within(outcome: dict[str, Any]) -> dict[str, Any]:
    """An outcome with its texts cut to what the worker reads, which holds them to less."""
    texts = {name: value for name, value in outcome.items() if isinstance(value, str)}
    most = LONGEST if sum(map(len, texts.values())) * JSON_BYTES < protocol.MOST_TESTED // 2 else SHORTENED
    return outcome | {name: value[:most] for name, value in texts.items()}


def _seed(seed: int) -> None:
    """The same random numbers for everybody."""
    import numpy as np

    random.seed(seed)
    np.random.seed(seed % 2**32)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
