"""Programs that are written in a notebook's cells and run by the interpreter of their tool, each measured.

A kernel has one interpreter, and the tools that a lesson compares need several. So a cell that begins with
`%%tool_script NAME` holds a whole program, which is written to a file and run as a process of its own, by the core's
interpreter too where the core has the tool: what is measured is then the same for all.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlsd_lib.lesson.progress_bar import progress
from mlsd_lib.lesson.reader import LessonError
from notebook_runner import has_tool, process_stats, tool_python
from notebook_runner.process_tree import children_cpu_s
from notebook_runner.tools import TOOLS, environment

LOOK_S = 0.1
GREW = 1.01
"""Factor by which a program's resident memory grows before its pages are counted again, which takes milliseconds."""
MAGIC = "tool_script"
CORE = "core"
MARK = re.compile(r"\S+ \d{9,}\.\d+")
"""A line that tells a moment: a name, and seconds since 1970 with a fraction."""
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "TF_NUM_INTEROP_THREADS", "TF_NUM_INTRAOP_THREADS",
)  # fmt: skip
"""Variables by which numeric libraries are told how many threads they may use."""


@dataclass(frozen=True)
class ScriptRun:
    """One run of a program: seconds from start to end, CPU seconds and peak memory of all its processes, its words.

    `peak_mb` is the largest sum seen of proportional memory (pages that processes share count once), at up to ten looks
    a second, each time that resident memory has grown. `began` is the start in seconds since 1970.
    """

    name: str
    wall_s: float
    cpu_s: float
    peak_mb: float
    printed: str
    began: float

    @property
    def marks(self) -> dict[str, float]:
        """Seconds from the start to each moment that the program printed as `print(NAME, time.time())`, by name."""
        marks = [line.rpartition(" ") for line in self.printed.splitlines() if MARK.fullmatch(line)]
        return {name: float(at) - self.began for name, _, at in marks}


class ToolScripts:
    """The programs of one lesson, kept as files in `folder` under the names of their cells.

    Attributes: `folder`; `lines`, for each program how many lines of code it has, without empty ones and comments.
    Iterating gives the names of the programs that can be run here, in the order of their cells.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lines: dict[str, int] = {}
        self._tools: dict[str, str] = {}

    def __iter__(self) -> Iterator[str]:
        return iter([*self.lines])

    def write(self, name: str, program: str, tool: str = "") -> Path | None:
        """Keep `program` under `name`, to be run by `tool`: by default the tool of this name, else the core.

        The file, or None if the tool is not installed here: then a line says which command installs it. Raises
        `NotebookError` for a tool that the course does not know, and where a missing one is a failure.
        """
        tool = tool or (name if name in TOOLS else CORE)
        self._forget(name)
        if tool != CORE and not has_tool(tool):
            return None
        path = self.folder / f"{name}.py"
        path.write_text(program, encoding="utf-8")
        compile(program, str(path), "exec")
        code = [line.strip() for line in program.splitlines()]
        self.lines[name] = sum(bool(line) and not line.startswith("#") for line in code)
        self._tools[name] = tool
        return path

    def command(self, name: str, *arguments: object) -> list[str]:
        """The words that run the program `name` with `arguments`."""
        if name not in self.lines:
            raise LessonError(f"There is no program {name!r}; there are {', '.join(self.lines) or 'none'}.")
        # -P: a program called pandas.py is not to be found as the library of that name
        return [self._python(name), "-P", str(self.folder / f"{name}.py"), *map(str, arguments)]

    def environment(self, name: str) -> dict[str, str]:
        """The variables under which the program `name` runs: a home of its own, no telemetry, see `notebooks.tools`."""
        own = {"MPLBACKEND": "agg", "PYSPARK_PYTHON": self._python(name), "PYTHONUNBUFFERED": "1"}  # not the kernel's
        return {**environment(self.folder, os.environ), **own}

    def run(self, name: str, *arguments: object, cores: int = 1) -> ScriptRun:
        """Run the program `name` with `arguments` to its end, in the folder, its numeric libraries on `cores` threads.

        Whatever it started ends with it. Raises `LessonError` with its last lines if it fails.
        """
        threads = dict.fromkeys(THREADS, str(cores))
        printed = self.folder / f"{name}.out"
        with printed.open("wb") as out, printed.with_suffix(".err").open("wb") as errors:
            clock, began = time.perf_counter(), time.time()
            process = subprocess.Popen(
                self.command(name, *arguments),
                cwd=self.folder,
                env={**self.environment(name), **threads},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                start_new_session=True,
            )
            try:
                meter = _meter(process, name)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # what it left running, such as a Java machine
                process.wait()
            wall_s = time.perf_counter() - clock
        said = printed.read_text("utf-8", "replace")
        if process.returncode:
            last = "\n".join((printed.with_suffix(".err").read_text("utf-8", "replace") or said).splitlines()[-15:])
            raise LessonError(f"The program {name!r} ended with status {process.returncode}. Its last lines:\n{last}")
        return ScriptRun(name, wall_s, meter.cpu_s(), meter.peak_mb, said, began)

    def _python(self, name: str) -> str:
        tool = self._tools[name]
        return sys.executable if tool == CORE else str(tool_python(tool))

    def _forget(self, name: str) -> None:
        self.lines.pop(name, None)
        self._tools.pop(name, None)


def tool_scripts(folder: str | Path) -> ToolScripts:
    """Make `%%tool_script NAME [TOOL]` write a cell's program into `folder`; what comes back runs them by name.

    TOOL is the tool whose interpreter runs the program, by default the tool called NAME if the course knows one, else
    `core`, the interpreter of this notebook.
    """
    from IPython.core.getipython import get_ipython

    scripts = ToolScripts(folder)

    def tool_script(line: str, cell: str) -> None:
        words = line.split()
        if not 1 <= len(words) <= 2 or not words[0].isidentifier():
            raise LessonError(f"%%{MAGIC} {line}: give a name, then perhaps a tool: %%{MAGIC} spark_again spark")
        scripts.write(words[0], cell, *words[1:])

    shell = get_ipython()
    if shell is None:
        raise LessonError("tool_scripts gives a notebook its magic; outside of a notebook use ToolScripts.write.")
    shell.register_magic_function(tool_script, "cell", MAGIC)  # type: ignore[arg-type]  # typed as if decorated
    return scripts


class _Meter:
    """CPU time and memory of a process and all below it, by looks.

    A process that came and went between two looks is in its parent's account, if the parent waited for it.
    """

    def __init__(self, process: int):
        self.process, self.peak_mb, self.resident_mb = process, 0.0, 0.0
        self._own: dict[tuple[int, int], float] = {}
        self.most = 0.0

    def look(self) -> None:
        family = [self.process, *process_stats.descendants(self.process)]
        times = [(process, process_stats.times(process)) for process in family]
        self._own |= {(process, known.began): known.own for process, known in times if known.began}
        self.most = max(self.most, sum(known.own + known.ended_children for _, known in times))
        resident_mb = sum(process_stats.sizes(process).resident for process in family)
        if resident_mb > GREW * self.resident_mb:
            self.resident_mb = resident_mb
            self.peak_mb = max(self.peak_mb, sum(process_stats.proportional_mb(process) for process in family))

    def cpu_s(self) -> float:
        return max(self.most, sum(self._own.values()))


def _meter(process: "subprocess.Popen[bytes]", name: str) -> _Meter:
    """Look at the process until it ends; its own account at the end counts what came after the last look."""
    meter, before = _Meter(process.pid), children_cpu_s()
    for _ in progress(_looks(process), f"{name} runs"):
        meter.look()
    meter.most = max(meter.most, children_cpu_s() - before)
    return meter


def _looks(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    while process.poll() is None:
        yield
        time.sleep(LOOK_S)
