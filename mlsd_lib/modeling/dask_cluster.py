"""A Dask scheduler and its workers as processes of their own, reached by one address, and surely ended."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mlsd_lib.modeling.errors import ModelingError

KEEPER = Path(__file__).with_name("keeper.py")


class DaskCluster:
    """`dask scheduler` and `workers` times `dask worker ADDRESS` on loopback; ended with the with-block or by `close`.

    This is what an administrator starts on several machines, here on one. A worker computes on one thread and is not
    restarted if it dies. The processes end when this one does, however that ends. Linux and macOS.

    Attributes: `address`, which is all that a `distributed.Client` needs; `worker_pids`. Raises `ModelingError` if the
    scheduler gives no address within `start_s` seconds.
    """

    def __init__(self, workers: int, *, start_s: float = 60.0):
        if workers < 1:
            raise ModelingError(f"workers is {workers}; a cluster has at least 1.")
        self._folder = tempfile.TemporaryDirectory(prefix="mlsd-dask-", ignore_cleanup_errors=True)
        with (Path(self._folder.name) / "log").open("wb") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, "-P", str(KEEPER)],
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        try:
            self.address = self._start_scheduler(start_s)
            common = ["--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
            common += ["--local-directory", self._folder.name]
            self.worker_pids = [self._start("worker", self.address, *common) for _ in range(workers)]
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "DaskCluster":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def kill(self, worker: int) -> None:
        """Ends one worker by SIGKILL, at once and without its knowledge."""
        os.kill(self.worker_pids[worker], signal.SIGKILL)

    def close(self) -> None:
        """Ends every process of the cluster; does nothing the second time."""
        for pipe in (self._keeper.stdin, self._keeper.stdout):  # the first is the sign to end
            assert pipe is not None  # they are pipes
            if pipe is self._keeper.stdout:
                self._keeper.wait()
            pipe.close()
        self._folder.cleanup()

    def log(self) -> str:
        """What scheduler and workers printed so far."""
        return (Path(self._folder.name) / "log").read_text("utf-8", "replace")

    def _start(self, program: str, *options: str) -> int:
        command = [sys.executable, "-m", "dask", program, *options]
        assert self._keeper.stdin is not None  # they are pipes
        assert self._keeper.stdout is not None
        self._keeper.stdin.write(json.dumps(command) + "\n")
        self._keeper.stdin.flush()
        return int(self._keeper.stdout.readline())

    def _start_scheduler(self, start_s: float) -> str:
        file = Path(self._folder.name) / "scheduler.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
        pid = self._start("scheduler", *options)
        deadline = time.monotonic() + start_s
        while time.monotonic() < deadline:
            try:
                return str(json.loads(file.read_text())["address"])
            except (FileNotFoundError, json.JSONDecodeError):  # not yet, or half written
                time.sleep(0.05)
        raise ModelingError(f"The scheduler (process {pid}) gave no address in {start_s:g} s. It said:\n{self.log()}")
