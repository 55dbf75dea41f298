"""Opening JupyterLab on the course, with what is missing said before JupyterLab says it worse."""

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import grader
from notebook_runner.environment import threads
from notebook_runner.errors import CourseError

STAFF = (Path(grader.__file__).parent / "jupyter",)
"""The folders of settings for everybody who opens JupyterLab here."""
STUDENTS = (*STAFF, STAFF[0] / "students")
"""Those for a student, from whom the tools are hidden that make assignments."""
START_PAGE = "chapters/00_start_here.ipynb"


def chosen_port(options: Sequence[str]) -> int | None:
    """The port that `options` ask for, as --port=N or --port N; None if they leave it to JupyterLab."""
    for i, option in enumerate(options):
        name, _, value = option.partition("=")
        if name in ("--port", "--ServerApp.port"):
            value = value or (options[i + 1] if i + 1 < len(options) else "")
            if not value.isdigit() or not 0 <= int(value) <= 65535:
                raise CourseError(f"--port is {value!r}; it must be a number from 0 to 65535. Example: --port=8899")
            return int(value)
    return None


def check_port(port: int) -> None:
    """Raise `CourseError` with the fix if another program holds `port` on this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CourseError(
                f"port {port} cannot be used ({error.strerror}). Choose another: make lab ARGS=--port={port + 1}, "
                "or leave --port away and JupyterLab finds a free one."
            ) from error


def lab_command(root: Path, options: Sequence[str]) -> list[str]:
    """The command line that opens the start page under `root`, as root too."""
    # A file random.py of the reader's lies in this folder perhaps; it is no module of JupyterLab's.
    command = [sys.executable, "-P", "-m", "jupyterlab", f"--ServerApp.root_dir={root}", *options]
    command.append(f"--LabApp.default_url=/lab/tree/{START_PAGE}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return command


def lab_environment(before: Mapping[str, str], settings: Sequence[Path] = STUDENTS) -> dict[str, str]:
    """The variables in which JupyterLab runs, added to `before`, with the folders `settings` of its configuration.

    nbgrader calls alembic by name, so the environment's commands come first on the path. A kernel counts its threads
    as the notebook runner does, so that a reader measures what the lesson was written with, and JupyterLab asks
    nobody about news: the course works offline.
    """
    return {
        **threads(),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), before.get("PATH", os.defpath)]),
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, [before.get("JUPYTER_CONFIG_PATH"), *map(str, settings)])),
    }


def open_lab(root: Path, options: Sequence[str]) -> None:
    """Replace this process by JupyterLab on the course's start page.

    Raises `CourseError` if the start page is missing or the port is taken.
    """
    if not (root / START_PAGE).is_file():
        raise CourseError(f"{root / START_PAGE} is missing. Restore it: git checkout -- {START_PAGE}")
    port = chosen_port(options)
    if port:
        check_port(port)
    os.chdir(root)
    os.environ.update(lab_environment(os.environ))
    command = lab_command(root, options)
    os.execv(command[0], command)
