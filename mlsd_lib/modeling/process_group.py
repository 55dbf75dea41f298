"""Real processes of this machine that train together: torch.distributed's gloo over loopback, surely ended."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from mlsd_lib.modeling.errors import ModelingError

LAUNCHER = Path(__file__).with_name("rank_launcher.py")
GRACE_S = 5.0
LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"


class RanksFailed(ModelingError):
    """Some ranks raised or ended. `told` maps each of them to what it said, or to how it ended."""

    def __init__(self, told: Mapping[int, str]):
        self.told = dict(told)
        said = "; ".join(f"rank {rank}: {words}" for rank, words in sorted(self.told.items()))
        super().__init__(f"{said}. The group cannot go on: end it, and begin a new one from the last checkpoint.")


class ProcessGroup:
    """`size` processes joined by gloo over the loopback interface; ended with the with-block, or by `close`.

    A rank is forked from a process that has imported torch, computes on one thread, and ends when this process does,
    however that ends. A collective that waits longer than `timeout_s` raises in its rank. `trains` says that the
    ranks train: the first optimizer, or DistributedDataParallel, imports torch's compiler, which is then done once,
    before the fork. Linux and macOS.

    Attributes: `size`; `pids`, process ids by rank.
    """

    def __init__(self, size: int, *, timeout_s: float = 60.0, trains: bool = False):
        if not hasattr(os, "fork"):
            raise ModelingError("A ProcessGroup forks, and this system cannot. Use Linux, macOS or WSL.")
        if size < 1:
            raise ModelingError(f"size is {size}; a group has at least 1 process.")
        self.size, self.pids = size, dict[int, int]()
        self._failed = self._running = False
        self._folder = tempfile.TemporaryDirectory(prefix="mlsd-group-")
        pairs = [Pipe() for _ in range(size)]
        self._connections: list[Connection[Any, Any]] = [ours for ours, _ in pairs]
        try:
            self._launch([theirs for _, theirs in pairs], timeout_s, trains)
            self._wait_until_ready()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "ProcessGroup":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def run(self, function: Callable[..., Any], *arguments: Any) -> list[Any]:
        """What `function(rank, *arguments)` returned in each rank, by rank.

        The function, and what it uses of a notebook, is sent by value. Raises `RanksFailed` if a rank raised or ended.
        """
        self.begin(function, *arguments)
        return self.collect()

    def begin(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Starts `function(rank, *arguments)` in each rank and returns at once; `collect` has the answers."""
        import cloudpickle

        if self._failed or not self.pids:
            raise ModelingError("This group has ended or has lost a rank. Begin a new ProcessGroup.")
        if self._running:
            raise ModelingError("This group is at work. Collect its answers before you begin something else.")
        message = cloudpickle.dumps((function, arguments))
        self._running = True
        for connection in self._connections:
            connection.send_bytes(message)

    def collect(self) -> list[Any]:
        """The answers of what was begun, by rank; raises `RanksFailed` if a rank raised or ended.

        Ranks that `GRACE_S` later still wait for one that failed are ended.
        """
        if not self._running:
            raise ModelingError("Nothing was begun: there is nothing to collect. Call begin() or run().")
        self._running, self._failed = False, True  # until every rank has answered, an interruption included
        answers, failures = dict[int, Any](), dict[int, str]()
        waiting: dict[Any, int] = {connection: rank for rank, connection in enumerate(self._connections)}
        while waiting:
            came = wait(list(waiting), timeout=GRACE_S if failures else None)
            for connection in came or list(waiting):
                rank = waiting.pop(connection)
                fine, answer = self._answer(rank) if came else self._end_the_waiting(rank)
                (answers if fine else failures)[rank] = answer
        if failures:
            raise RanksFailed(failures)
        self._failed = False
        return [answers[rank] for rank in range(self.size)]

    def kill(self, rank: int) -> None:
        """Ends one rank by SIGKILL, at once and without its knowledge."""
        os.kill(self.pids[rank], signal.SIGKILL)

    def close(self) -> None:
        """Ends every process of the group; does nothing the second time."""
        for connection in self._connections:
            connection.close()
        launcher, self.pids = getattr(self, "_launcher", None), {}
        if launcher is not None:
            launcher.stdin.close()  # the sign to end
            launcher.wait()
            launcher.stdout.close()
        self._folder.cleanup()

    def log(self) -> str:
        """What the ranks printed so far."""
        return (Path(self._folder.name) / "log").read_text("utf-8", "replace")

    def _launch(self, theirs: "list[Connection[Any, Any]]", timeout_s: float, trains: bool) -> None:
        ends = [end.fileno() for end in theirs]
        folder = Path(self._folder.name)
        words = [sys.executable, "-P", LAUNCHER, self.size, folder / "store", timeout_s, int(trains), *ends]
        threads = {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": LOOPBACK}
        with (folder / "log").open("wb") as log:
            self._launcher = subprocess.Popen(
                [str(word) for word in words],
                env={**os.environ, **threads},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                pass_fds=ends,
                start_new_session=True,
            )
        for end in theirs:
            end.close()
        assert self._launcher.stdout is not None  # it is a pipe
        said = self._launcher.stdout.readline()
        if not said:
            raise ModelingError(f"The process group did not start. It said:\n{self.log()}")
        self.pids = {int(rank): pid for rank, pid in json.loads(said).items()}

    def _wait_until_ready(self) -> None:
        for connection in self._connections:
            try:
                connection.recv_bytes()
            except (EOFError, ConnectionError):
                said = f"A rank ended before its group was complete. The ranks said:\n{self.log()}"
                raise ModelingError(said) from None

    def _answer(self, rank: int) -> tuple[bool, Any]:
        """Whether the function returned in a rank, and what; or what it raised, or how the rank ended."""
        import cloudpickle

        try:
            fine, answer = cloudpickle.loads(self._connections[rank].recv_bytes())
        except (EOFError, ConnectionError):
            return False, self._how_it_ended(rank)
        return fine, answer

    def _end_the_waiting(self, rank: int) -> tuple[bool, str]:
        self.kill(rank)
        return False, "still waited for the others, and was ended"

    def _how_it_ended(self, lost: int) -> str:
        assert self._launcher.stdout is not None  # it is a pipe
        for line in self._launcher.stdout:
            rank, code = json.loads(line)
            if rank == lost:
                return f"killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return "ended with its launcher"
