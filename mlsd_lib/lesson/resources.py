"""What a piece of work costs beside its time, as the kernel counts it: bytes read, memory at the worst moment, disk."""

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlsd_lib.lesson.reader import LessonError
from notebook_runner.process_stats import bytes_read, highest_mb

LOOK_S = 0.02
"""Between two looks at a program's memory: its mark never falls, so a moment between two looks is not missed."""
REPORT = """
import json, sys
globals().update(json.loads(sys.argv[1]))
{program}
marks = [line.split() for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(json.dumps([int(marks[0][1]) / 1024, answer]))
"""


def bytes_read_by(ask: Callable[..., object], *arguments: Any) -> float:
    """Bytes that this process reads from files while `ask(*arguments)` runs; nan where the kernel does not count."""
    first, before = bytes_read(os.getpid()), bytes_read(os.getpid())
    ask(*arguments)
    after = bytes_read(os.getpid())
    if first is None or before is None or after is None:
        return math.nan
    return float(after - before - (before - first))  # without what it takes to read the counter


def bytes_on_disk(path: str | Path) -> int:
    """The sizes of a file, or of all files below a folder, added up."""
    path = Path(path)
    return sum(file.stat().st_size for file in [path, *path.rglob("*")] if file.is_file())


@dataclass(frozen=True)
class MemoryRun:
    """The most resident memory that a program had, MB, and its answer; nan and None if it was killed."""

    peak_mb: float
    answer: Any


def run_measured(program: str, given: Mapping[str, Any], allowed_mb: float = math.inf) -> MemoryRun:
    """What `program` needs in a process of its own; killed as soon as it has had more than `allowed_mb` resident.

    `program` is Python that finds the names in `given` and assigns `answer`, both of plain values. Its libraries run
    on one thread. Linux only: the mark is the kernel's VmHWM. Raises `LessonError` if the program fails.
    """
    command = [sys.executable, "-c", REPORT.format(program=program), json.dumps(dict(given))]
    threads = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **threads}) as process:
        while process.poll() is None:
            if highest_mb(process.pid) > allowed_mb:
                process.kill()
                return MemoryRun(math.nan, None)
            time.sleep(LOOK_S)
        assert process.stdout is not None
        said = process.stdout.read()
    if process.returncode:
        raise LessonError(f"The program ended with code {process.returncode}; its error stands above. It was:{program}")
    return MemoryRun(*json.loads(said.splitlines()[-1]))
