"""A class graded by a Dask cluster: submissions are packed here, graded there, and the answers handed on as a pool's.

Which task is at which worker is known here, so that a lost worker's tasks go to another one and none is answered twice.
The only module that imports dask, and only when a scheduler is named.
"""

import asyncio
import logging
import queue
import secrets
import socket
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from grader.errors import GraderError
from grader.grading import cluster_node
from grader.grading.cluster_wire import CodeRefused, only_data, opened, security
from grader.grading.mark_digests import suites_of
from grader.grading.worker import Done, Spec, Task
from grader.grading.worker_pool import SPARE_S
from grader.sandbox import Level, named

CONNECT_S = 10.0
LOOK_S = 1.0  # how often it is asked who has come and who is gone
WAIT_S = 600.0  # without any worker for so long, this ends; a queue of batch jobs may take a while
FETCH_S = 10.0
ANSWER_S = 60.0  # a worker says who it is, and a scheduler who is there, within so long
TRIES = 3


@dataclass
class Node:
    """An accepted worker: how many it grades at once, the tasks that it was sent, and since when it owes an answer."""

    threads: int
    tasks: dict[Any, Task] = field(default_factory=dict)
    since_s: float = 0.0


class Cluster:
    """Grades as `Pool` does, at the workers of the Dask scheduler at `address`. Raises `GraderError` if none answers.

    A worker is accepted if its code, Python, secret and isolation are those of this machine; `say` tells who is, who is
    not, and why. `root`: the course's folder, with the certificate for a cluster on other machines.
    """

    def __init__(self, spec: Spec, address: str, most_s: float, say: Callable[[str], None], root: Path) -> None:
        self.spec, self.address, self.most_s, self.say, self.root = spec, address, most_s, say, root
        self.key = f"mlsd-{spec.shared.name}-{secrets.token_hex(8)}"
        self.nodes: dict[str, Node] = {}
        self.refused: dict[str, str] = {}
        self.finished: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.waiting: deque[Task] = deque()
        self.tries: dict[str, int] = {}
        self.looked_s = self.alone_s = 0.0

    def __enter__(self) -> "Cluster":
        self._connected = _connected(self.address, self.root)
        self.client = self._connected.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Exception):
            at = {"workers": list(self.nodes), "on_error": "ignore", "callback_timeout": FETCH_S}
            self.client.run(cluster_node.end, self.key, **at)
        self._connected.__exit__(None, None, None)

    def run(self, tasks: list[Task]) -> Iterator[list[Done]]:
        """All answers, those together that came together. Each student is answered exactly once."""
        left, self.alone_s = len(tasks), time.monotonic()
        self.waiting.extend(tasks)
        while left:
            answers = self._looked_around()
            self._send()
            answers += self._received()
            left -= len(answers)
            if answers:
                yield answers

    def _looked_around(self) -> list[Done]:
        """Accept who has come; what those had who are gone is given to others, or has failed too often."""
        if time.monotonic() - self.looked_s < LOOK_S:
            return []
        with self._scheduler_there():
            threads = self.client.sync(self.client.scheduler.ncores, workers=None, callback_timeout=ANSWER_S)
        failed, patience_s = list[Done](), TRIES * (self.most_s + SPARE_S)  # its own pool tries fewer times
        for address, node in list(self.nodes.items()):
            if address not in threads:
                self.say(f"the worker {address} is gone; its submissions go to others")
            elif node.tasks and time.monotonic() - node.since_s > patience_s:
                self.refused[address] = f"it has given no answer for {patience_s:g} s"
                self.say(f"the worker {address} is refused: {self.refused[address]}; its submissions go to others")
            else:
                continue
            failed += self._lost(address)
        self.refused = {worker: why for worker, why in self.refused.items() if worker in threads}
        if new := [worker for worker in threads if worker not in self.nodes and worker not in self.refused]:
            self._met(new, threads)
        self.looked_s = time.monotonic()
        self._require_somebody(bool(threads))
        return failed

    def _met(self, new: list[str], threads: dict[str, int]) -> None:
        nonce, suites = secrets.token_hex(16), suites_of(self.spec.shared)
        here = cluster_node.about(nonce, suites) | {"level": self.spec.level or "none"}
        for address in new:  # each alone: what one sends may break off the reading
            why = _refusal(here, self._asked(address, cluster_node.about, nonce, suites))
            if why := why or _unbegun(self._asked(address, cluster_node.begin, self.key, self.spec)):
                self.refused[address] = why
                self.say(f"the worker {address} is refused: {why}")
            else:
                self.nodes[address] = Node(threads[address])
                self.say(f"the worker {address} grades {threads[address]} at once")

    def _asked(self, address: str, function: Callable[..., object], *arguments: Any) -> object:
        """What a worker answers, or the error in its place."""
        at = {"workers": [address], "on_error": "return", "callback_timeout": ANSWER_S}
        with self._scheduler_there():
            try:
                return self.client.run(function, *arguments, **at).get(address)
            except CodeRefused as error:
                return error
            except TimeoutError:
                return TimeoutError(f"no answer within {ANSWER_S:g} s")

    def _require_somebody(self, any_there: bool) -> None:
        now_s = time.monotonic()
        if self.nodes:
            self.alone_s = 0.0
        elif any_there and self.refused:
            raise GraderError(f"no worker of {self.address} can grade: {next(iter(self.refused.values()))}")
        elif not self.alone_s:
            self.alone_s = now_s
        elif now_s - self.alone_s > WAIT_S:
            raise GraderError(
                f"{self.address} has had no worker for {WAIT_S:g} s. Start some: dask worker {self.address}"
            )

    def _send(self) -> None:
        for address, node in self.nodes.items():
            node.since_s = node.since_s if node.tasks else time.monotonic()
            while self.waiting and len(node.tasks) <= node.threads:  # one more, so that nobody is idle
                task = self.waiting.popleft()
                with TemporaryFile() as contents:
                    packed = task.with_contents(contents)
                    contents.seek(0)
                    whole = replace(packed, contents=contents.read())
                with self._scheduler_there():
                    future = self.client.submit(
                        cluster_node.grade, self.key, whole, key=f"{self.key}-{secrets.token_hex(8)}",
                        workers=[address], allow_other_workers=False, pure=False,
                    )  # fmt: skip
                node.tasks[future] = task
                future.add_done_callback(self.finished.put)

    def _received(self) -> list[Done]:
        """Answers that came within a moment."""
        found: list[Done] = []
        with suppress(queue.Empty):
            future = self.finished.get(timeout=0.1)
            while True:
                found += self._answer(future)
                future = self.finished.get_nowait()
        return found

    def _answer(self, future: Any) -> list[Done]:
        address = next((name for name, node in self.nodes.items() if future in node.tasks), "")
        if not address:
            return []  # of a worker that was taken for gone
        try:
            self.nodes[address].since_s = time.monotonic()
            task = self.nodes[address].tasks[future]
            done = opened(future.result(timeout=FETCH_S), self.key, suites_of(self.spec.shared), task.student)
        except LookupError:  # it was started anew under its old address: it must be asked again who it is
            return self._lost(address)
        except Exception as error:
            return self._again([self.nodes[address].tasks.pop(future)], f"{type(error).__name__}: {error}")
        del self.nodes[address].tasks[future]
        return [done]

    def _lost(self, address: str) -> list[Done]:
        node = self.nodes.pop(address)
        for future in node.tasks:
            with suppress(Exception):
                future.cancel()
        return self._again(list(node.tasks.values()), "its worker was lost")

    def _again(self, tasks: list[Task], why: str) -> list[Done]:
        failed = []
        for task in tasks:
            self.tries[task.student] = self.tries.get(task.student, 0) + 1
            if self.tries[task.student] < TRIES:
                self.waiting.append(task)
            else:
                failed.append(Done(task.student, failure=f"not graded in {TRIES} attempts: {why}"))
        return failed

    @contextmanager
    def _scheduler_there(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if not isinstance(error, OSError | TimeoutError) and not type(error).__module__.startswith("distributed"):
                raise
            raise GraderError(
                f"the Dask scheduler at {self.address} does not answer any more ({str(error) or 'timed out'}). "
                "What was recorded stays; run the same command again."
            ) from error


def _refusal(here: dict[str, str], there: Any) -> str:
    """Why a worker cannot grade; empty if it can."""
    if isinstance(there, TimeoutError):
        return f"it gives {_shown(there)}"
    if not isinstance(there, dict) or not all(isinstance(there.get(name), str) for name in here):
        said = f"{type(there).__name__}: {_shown(there)}"
        return f"it cannot load this grader ({said}). Install the course there, this version"
    if there["version"] != here["version"]:
        return (
            f"its code is another version ({_shown(there['version'][:12])}; here {here['version'][:12]}). "
            "Bring the course folder there to this version and start it again"
        )
    if there["python"] != here["python"]:
        return f"its Python is {_shown(there['python'])}; here it is {here['python']}"
    if there["secret"] != here["secret"]:
        return "its secret is not this course's. Copy the file there (mode 600) and name it in MLSD_SECRET_FILE"
    if there["level"] not in (level.name.lower() for level in Level) or named(there["level"]) < named(here["level"]):
        return (
            f"student code would be isolated by {_shown(there['level'])} there, by {here['level']} here. "
            "Install bubblewrap there, or name a level that both have: --sandbox"
        )
    return ""


def _unbegun(begun: object) -> str:
    """Why a worker that fits grades nothing all the same; empty if it does."""
    return f"it cannot begin ({type(begun).__name__}: {_shown(begun)})" if begun is not None else ""


def _shown(sent: object) -> str:
    """What a worker sent, in few characters that a terminal shows as they are."""
    return ascii(str(sent)[:200])[1:-1]


def _client(address: str, secured: Any) -> Any:
    """A client of the scheduler at `address`. Raises `OSError` where no scheduler has answered within `CONNECT_S`.

    Dask waits without end for the first words of a server that takes the connection and is no scheduler.
    """
    from distributed import Client

    class Bounded(Client):
        async def _ensure_connected(self, timeout: float | None = None) -> None:
            try:
                await asyncio.wait_for(super()._ensure_connected(timeout), timeout)
            except OSError:
                raise
            except Exception as error:  # whatever the words of another server lead to
                raise OSError(f"{type(error).__name__}: {error}") from error

    return Bounded(address, timeout=CONNECT_S, set_as_default=False, security=secured)


def _unreached(address: str) -> str:
    """Why nothing can be reached there at all; empty where something listens."""
    from distributed.comm import get_address_host_port

    try:
        with socket.create_connection(get_address_host_port(address), CONNECT_S):
            return ""
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", "") or str(error)


@contextmanager
def _connected(address: str, root: Path) -> Iterator[Any]:
    from distributed.comm import get_address_host_port

    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what is lost is told here, in a line
    with warnings.catch_warnings(), only_data():
        warnings.filterwarnings("ignore", module="distributed")
        try:
            get_address_host_port(address)  # first: a client of no address prints a traceback when it is thrown away
            secured = security(address, root)
            client = _client(address, secured)
        except (OSError, ValueError) as error:
            said = _unreached(address) or str(error) or "it does not speak as one"
            raise GraderError(
                f"no Dask scheduler answers at {address!r} within {CONNECT_S:g} s ({said}). "
                "Start one (dask scheduler) and name the address that it prints, e.g. tls://10.0.0.5:8786"
            ) from error
        try:
            yield client
        finally:
            client.close(timeout=2)
