"""What runs in a worker: it is given bytes and gives results, and forks itself for each submission.

It stands in the sandbox's outer isolation, as the process does from which sessions are forked: it reads no file of the
course's or of anybody's, writes none, has no network, and knows of the secret only the keys of the suites that it runs.
What student code sends is parsed here, and in no process that may more.
"""

import gc
import importlib
import os
import pickle
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any, BinaryIO

from grader import secret
from grader.grading.grade_submission import grade_submission
from grader.grading.mark_digests import answers_digest
from grader.grading.output.render import finish
from grader.grading.records import Job, Result
from grader.grading.worker import DONE, MOST_BYTES, Done, Spec, Task
from grader.sandbox import Level, Limits, Sandbox, fork_server, process_family, protocol
from grader.sandbox.isolation import landlock, limits, namespaces, seccomp, syscalls
from grader.sandbox.sandbox import SandboxGone

LEAST_MB = 1024  # what a suite may need on top of the worker
# Which tell whether two processes of a session share their memory, give a session its folder, open what it closed, and
# hand a session its ends of the channel.
OTHER_CALLS = ("kcmp", *seccomp.MODES, *seccomp.OWNERS, *seccomp.HANDING_OVER)


def main(setting: dict[str, Any], control: socket.socket) -> None:
    """The worker's whole life; never returns. `setting` as `worker.WorkerProcess` makes it."""
    fork_server.settle(setting)
    os.environ["MLSD_RUN"] = "headless"
    level = Level(setting["level"])
    apart = level >= Level.NAMESPACES
    tempfile.tempdir = os.environ["TMPDIR"] = f"{namespaces.SCRATCH}/tmp" if apart else setting["folder"]
    sandbox = Sandbox(
        setting["imports"], level, Limits(**setting["limits"]), forbids=setting["forbids"],
        hidden=[Path(place) for place in setting["hidden"]], inside=True,
    )  # fmt: skip
    if level == Level.LANDLOCK:
        fork_server.list_split_folders()
        landlock.restrict(setting["readable"], [setting["folder"]])
    sandbox.begin()  # before anything is here that students may not have
    spec, keys = _spec(control)
    secret.use_keys(keys[-1])
    failed = warm(spec.suites)
    sandbox.start()
    gc.collect()
    gc.freeze()
    _give_up_rights(level)
    protocol.send_message(control, protocol.Warm({"failed": failed}))
    with suppress(protocol.Closed):
        _serve(control, spec, keys, sandbox)
    os._exit(0)


def _spec(control: socket.socket) -> tuple[Spec, list[dict[str, str]]]:
    """What the batch, which is believed, sent first: in a file, since a course may be large."""
    _, _, (handle,) = protocol.receive_raw(control)
    with os.fdopen(handle, "rb") as file:
        found: tuple[Spec, list[dict[str, str]]] = pickle.load(file)
    return found


def warm(suites: list[str]) -> list[str]:
    """Import suites and have them do once what they would do for each submission; what went wrong."""
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].use("agg")  # the backend of notebooks was for student code
    failed = []
    for module in suites:
        try:
            with redirect_stdout(StringIO()):
                getattr(importlib.import_module(module), "warm", int)()
        except Exception as error:
            failed.append(f"{module}: {type(error).__name__}: {error}")
    return failed


def _give_up_rights(level: Level) -> None:
    """Keep what it takes to watch over sessions and to end them."""
    if level >= Level.NAMESPACES:
        syscalls.set_capabilities(0)
    if level >= Level.LIMITS and seccomp.available():
        seccomp.restrict(level >= Level.NAMESPACES, OTHER_CALLS)


def _serve(control: socket.socket, spec: Spec, keys: list[dict[str, str]], sandbox: Sandbox) -> None:
    """Answer each task by a fork, of which nothing is left for the next submission. Raises `protocol.Closed`.

    Ends with a fork that did not come to its end: sessions that nobody closes are left then.
    """
    while True:
        _, payload, handles = protocol.receive_raw(control)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            control.close()
            os.close(reading)
            _answer(writing, pickle.loads(payload), handles, spec, keys, sandbox)
        for handle in (writing, *handles):
            os.close(handle)
        with os.fdopen(reading, "rb") as pipe:
            sent = pipe.read(MOST_BYTES)
        if os.waitpid(child, 0)[1] != 0:
            os._exit(1)
        while process_family.kill_children(os.getpid(), spare=frozenset({sandbox.pid})):
            pass
        sandbox.opened += 1
        protocol.send(control, DONE, sent)


def _answer(
    pipe: int, task: Task, handles: list[int], spec: Spec, keys: list[dict[str, str]], sandbox: Sandbox
) -> None:
    try:
        gc.enable()
        limits.hold_data(max(LEAST_MB, spec.shared.limits.memory_mb))
        if task.round_number < len(keys):
            secret.use_keys(keys[task.round_number - 1])
            warm(spec.suites)
        grade = partial(grade_submission, plans=spec.plans.notebooks, sandbox=sandbox)
        with os.fdopen(handles[0], "rb") as contents, os.fdopen(pipe, "wb") as sent:
            sent.write(answer(spec, task, grade, contents).as_bytes())
        os._exit(0)
    finally:
        os._exit(1)


def answer(spec: Spec, task: Task, grade: Callable[[Job], Result], contents: BinaryIO | None = None) -> Done:
    """The answer about one student."""
    done = Done(task.student)
    try:
        started_s = time.perf_counter()
        mine = task.read(spec.shared, contents)
        if contents is not None:
            contents.close()  # before anything of the student's runs
        digest = mine.job.digest()
        if digest == task.recorded:
            return done
        read_s = time.perf_counter()
        result = grade(mine.job) if mine.job.notebooks else Result({})
        graded_s = time.perf_counter()
        done.graded = finish(mine, result, digest, {**spec.test_digests, "answers": answers_digest(mine)})
        ended_s = time.perf_counter()
        done.spent_s = {"read": read_s - started_s, "grade": graded_s - read_s, "finish": ended_s - graded_s}
    except SandboxGone:
        raise
    except OSError as error:
        done.failure = f"the submission cannot be read: {error}"
    except Exception as error:
        done.failure, done.trace = f"the grader failed ({type(error).__name__}: {error})", traceback.format_exc()
    return done
