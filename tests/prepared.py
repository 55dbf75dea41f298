"""What is expensive to prepare and only read, prepared once for all workers of a test run."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder called `name` that `make` filled, given its path: by the worker that came first, the others wait.

    Nobody may change it, since every worker reads the same. Where the system has no such locks, each makes its own.
    """
    try:
        import fcntl
    except ImportError:
        make(folder := factory.mktemp("own") / name)
        return folder
    base = factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, made = base / name, base / f"{name}-made"
    with open(base / f"{name}-lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed half-way
            make(folder)
            made.touch()
    return folder
