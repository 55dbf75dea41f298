"""A process taken away in the middle of a load: what a service does without it is then measured, not hoped."""

import os
import signal
import threading
import time
import urllib.request
from typing import Protocol


class Killable(Protocol):
    """A process of ours, by its number."""

    @property
    def pid(self) -> int: ...


def metric(url: str, name: str) -> float:
    """The sum over its labels of a metric that the service at `url` tells at /metrics; 0 for one that it has not."""
    with urllib.request.urlopen(f"{url}/metrics") as page:
        lines = page.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))


def kill_after(process: Killable, url: str, name: str, more: int) -> threading.Thread:
    """Kills `process` once the metric of the service at `url` has grown by `more`; the thread that does, started."""
    goal, pid = metric(url, name) + more, process.pid

    def wait_and_kill() -> None:
        while metric(url, name) < goal:
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=wait_and_kill, daemon=True)
    thread.start()
    return thread
