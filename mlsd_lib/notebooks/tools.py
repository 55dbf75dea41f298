"""Tools of another environment that a notebook calls as processes: where they are, and what is done where they are not.

A tool that would change the core's pins lives in `.venv-tools`, made by `make tools`. A notebook names its tools in its
metadata. Where the environment is missing, the section that calls a tool says so and is left out; `make test-tools`
sets MLSD_TOOLS=demanded and permits no such gap.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from mlsd_lib.notebooks.course import NotebookError, course_root

FOLDER = ".venv-tools"
MODULES = {"dvc": "dvc"}
"""The tools that there are, and the module that starts each."""
DEMAND = "MLSD_TOOLS"
SETTINGS = "[core]\n    analytics = false\n    check_update = false\n"


def tool(name: str, root: Path | None = None) -> list[str]:
    """The command that starts the tool `name`; its arguments come after it.

    `root` is the course's folder (default: the one at or above the working folder). Raises `NotebookError` for a tool
    that the course does not know, and for one whose environment is missing, with the command that makes it.
    """
    if name not in MODULES:
        raise NotebookError(f"The tool {name!r} is not known; known are {', '.join(sorted(MODULES))}.")
    root = root or course_root()
    if not made_from(root):
        raise NotebookError(
            f"{name} is not installed: there is no finished environment {FOLDER} in {root}. "
            "`make tools` makes it (without make: python bootstrap.py --tools)."
        )
    return [str(_interpreter(root)), "-m", MODULES[name]]


def has_tool(name: str, root: Path | None = None) -> bool:
    """True if the tool `name` can be called. Else says which command makes it; where tools are demanded, raises."""
    try:
        tool(name, root)
    except NotebookError as error:
        if name not in MODULES or demanded():
            raise
        print(f"{error} This section is left out without it.")
        return False
    return True


def run_tool(name: str, *arguments: str, folder: Path) -> str:
    """What the tool `name` printed, run with `arguments` in `folder` until it ended.

    A command that the tool runs finds this interpreter first as `python`. The tool's settings and caches lie beside
    `folder`, it sends no usage data and asks for no newer version. Raises `NotebookError` with the tool's own words
    where it fails.
    """
    command = [*tool(name), *arguments]
    answer = subprocess.run(
        command,
        cwd=folder,
        env=environment(folder, os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if answer.returncode != 0:
        said = (answer.stderr.strip() or answer.stdout.strip())[-2000:]
        raise NotebookError(
            f"{name} {' '.join(arguments)} ended with status {answer.returncode} in {folder}. It said:\n{said}"
        )
    return answer.stdout


def environment(folder: Path, before: Mapping[str, str]) -> dict[str, str]:
    """The variables for a tool that works in `folder`: those of `before`, with private settings and no telemetry."""
    private = folder.resolve().parent / f".{folder.name}-tools"
    settings = private / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "config").write_text(SETTINGS, encoding="utf-8")
    return {
        **before,
        "DVC_GLOBAL_CONFIG_DIR": str(settings),
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(private / "cache"),
        "DVC_STUDIO_OFFLINE": "true",
        "DVC_SYSTEM_CONFIG_DIR": str(settings),
        "NO_COLOR": "1",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), before.get("PATH", os.defpath)]),
    }


def demanded() -> bool:
    """True where a missing tool is a failure: under `make test-tools`."""
    return os.environ.get(DEMAND) == "demanded"


def missing(names: Iterable[str], root: Path) -> tuple[str, ...]:
    """Those of `names` that cannot be called in the course at `root`."""
    return tuple(name for name in names if name not in MODULES or not made_from(root))


def made_from(root: Path) -> str:
    """What the stamp of the tools' environment says, empty where it is missing or unfinished."""
    try:
        return (root / FOLDER / "made-from").read_text().strip() if _interpreter(root).exists() else ""
    except OSError:
        return ""


def _interpreter(root: Path) -> Path:
    return root / FOLDER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
