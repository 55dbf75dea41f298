"""A Dask scheduler and its workers as processes of their own, reached by one address, and surely ended."""

import json
import os
import sys
import time
from pathlib import Path

from mlsd_lib.modeling.errors import ModelingError
from mlsd_lib.modeling.process_cluster import ProcessCluster


class DaskCluster(ProcessCluster):
    """`dask scheduler` and `workers` times `dask worker ADDRESS` on loopback; ended with the with-block or by `close`.

    A worker computes on one thread and is not restarted if it dies. `address` is all that a `distributed.Client` needs.
    Raises `ModelingError` if the scheduler gives no address within `start_s` seconds.
    """

    def __init__(self, workers: int, *, start_s: float = 60.0):
        super().__init__(workers, "dask", {**os.environ, "OMP_NUM_THREADS": "1"})
        dask = [sys.executable, "-m", "dask"]
        try:
            self.address = self._start_scheduler(dask, start_s)
            common = ["--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
            common += ["--local-directory", self._folder.name]
            self.worker_pids += [self._start([*dask, "worker", self.address, *common]) for _ in range(workers)]
        except BaseException:
            self.close()
            raise

    def _start_scheduler(self, dask: list[str], start_s: float) -> str:
        file = Path(self._folder.name) / "scheduler.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
        pid = self._start([*dask, "scheduler", *options])
        deadline = time.monotonic() + start_s
        while time.monotonic() < deadline:
            try:
                return str(json.loads(file.read_text())["address"])
            except (FileNotFoundError, json.JSONDecodeError):  # not yet, or half written
                time.sleep(0.05)
        raise ModelingError(f"The scheduler (process {pid}) gave no address in {start_s:g} s. It said:\n{self.log()}")
