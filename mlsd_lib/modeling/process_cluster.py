"""A cluster's processes on this machine, kept by one process that sees to their end."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from mlsd_lib.modeling.errors import ModelingError

KEEPER = Path(__file__).with_name("process_cluster_keeper.py")


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
        self._folder = tempfile.TemporaryDirectory(prefix=f"mlsd-{kind}-", ignore_cleanup_errors=True)
        with (Path(self._folder.name) / "log").open("wb") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, "-P", str(KEEPER)],
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def kill(self, worker: int) -> None:
        """Ends one worker and what it started by SIGKILL, at once and without its knowledge."""
        os.killpg(self.worker_pids[worker], signal.SIGKILL)  # the keeper gave it a group of its own

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

    def _start(self, command: Sequence[str]) -> int:
        assert self._keeper.stdin is not None  # they are pipes
        assert self._keeper.stdout is not None
        self._keeper.stdin.write(json.dumps(list(command)) + "\n")
        self._keeper.stdin.flush()
        return int(self._keeper.stdout.readline())
