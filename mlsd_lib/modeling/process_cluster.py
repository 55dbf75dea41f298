"""A cluster's processes on this machine, which surely end."""

import os
import signal
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from mlsd_lib.modeling.errors import ModelingError
from notebook_runner.kept_process import KeptProcess


class ProcessCluster:
    """A scheduler and workers as an administrator starts them on several machines, here on one.

    What all kinds of cluster have; a kind's constructor starts its processes by `_start`. They end with the with-block,
    by `close`, and when this process ends, however that ends. Linux and macOS.

    Attributes: `address`, which is all that a program needs; `worker_pids`. Raises `ModelingError` for fewer than one
    worker.
    """

    address: str

    def __init__(self, workers: int, kind: str, environment: Mapping[str, str]):
        if workers < 1:
            raise ModelingError(f"workers is {workers}; a cluster has at least 1.")
        self.worker_pids: list[int] = []
        self._environment, self._kept = environment, list[KeptProcess]()
        self._folder = tempfile.TemporaryDirectory(prefix=f"mlsd-{kind}-", ignore_cleanup_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def kill(self, worker: int) -> None:
        """Ends one worker and what it started by SIGKILL, at once and without its knowledge."""
        os.killpg(self.worker_pids[worker], signal.SIGKILL)  # it has a group of its own

    def close(self) -> None:
        """Ends every process of the cluster; does nothing the second time."""
        for process in self._kept:
            process.stop()
        self._folder.cleanup()

    def log(self) -> str:
        """What scheduler and workers printed so far."""
        return (Path(self._folder.name) / "log").read_text("utf-8", "replace")

    def _start(self, command: Sequence[str]) -> int:
        kept = KeptProcess(command, Path(self._folder.name) / "log", self._environment, grace_s=0.0)
        self._kept.append(kept)
        kept.news.wait()
        if not kept.pid:
            raise ModelingError(f"{command[0]} did not start. The log:\n{self.log()}")
        return kept.pid
