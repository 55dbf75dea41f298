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
    `tls`: a folder with `certificate.pem` and `key.pem`, which all of its members show each other. Raises
    `ModelingError` if the scheduler gives no address within `start_s` seconds.
    """

    def __init__(self, workers: int, *, start_s: float = 60.0, tls: Path | None = None):
        super().__init__(workers, "dask", {**os.environ, "OMP_NUM_THREADS": "1"})
        dask, shown = [sys.executable, "-m", "dask"], list[str]()
        if tls is not None:
            shown = ["--tls-ca-file", f"{tls}/certificate.pem", "--tls-cert", f"{tls}/certificate.pem"]
            shown += ["--tls-key", f"{tls}/key.pem"]
        try:
            self.address = self._start_scheduler(dask, start_s, shown)
            common = [*shown, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
            common += ["--local-directory", self._folder.name]
            self.worker_pids += [self._start([*dask, "worker", self.address, *common]) for _ in range(workers)]
        except BaseException:
            self.close()
            raise

    def _start_scheduler(self, dask: list[str], start_s: float, shown: list[str]) -> str:
        file = Path(self._folder.name) / "scheduler.json"
        options = [*shown, "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
        pid = self._start([*dask, "scheduler", *options])
        deadline = time.monotonic() + start_s
        while time.monotonic() < deadline:
            try:
                return str(json.loads(file.read_text())["address"])
            except (FileNotFoundError, json.JSONDecodeError):  # not yet, or half written
                time.sleep(0.05)
        raise ModelingError(f"The scheduler (process {pid}) gave no address in {start_s:g} s. It said:\n{self.log()}")
