"""Opening nbgrader's formgrader, which is a page of the JupyterLab that runs on the course folder."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlsd.lab import STAFF, check_port, chosen_port, lab_environment


def formgrader_command(root: Path, options: Sequence[str]) -> list[str]:
    """The command line that opens formgrader on the course at `root`, as root too."""
    command = [
        sys.executable,
        "-P",
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={root}",
        "--LabApp.default_url=/formgrader",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return [*command, *options]


def formgrader_environment(before: Mapping[str, str]) -> dict[str, str]:
    """The variables in which JupyterLab runs for an instructor, who also makes assignments."""
    return lab_environment(before, STAFF)


def open_formgrader(root: Path, options: Sequence[str]) -> None:
    """Replace this process by JupyterLab with formgrader as its first page.

    Raises `CourseError` if the port that `options` name is taken.
    """
    port = chosen_port(options)
    if port:
        check_port(port)
    os.chdir(root)  # nbgrader reads its configuration in the working folder
    os.environ.update(formgrader_environment(os.environ))
    command = formgrader_command(root, options)
    os.execv(command[0], command)
