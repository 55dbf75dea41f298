"""Repositories of students as GitHub Classroom names them, one a folder: whose each is, and when it was committed."""

import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

GIT = ".git"
DEEP = 2  # folders below the source in which a repository may lie
COMMITTER = re.compile(rb"^committer .*> (\d{1,11}) [+-]\d{4}$", re.MULTILINE)
HARMLESS = {  # a repository's own configuration names no program and no place that is asked
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
}  # fmt: skip


def repositories(source: Path) -> dict[PurePosixPath, datetime | None]:
    """The repositories below a folder by their place in it, each with the time of its last commit as that claims it."""
    if not source.is_dir():
        return {}
    found = (path for deep in range(1, DEEP + 1) for path in sorted(source.glob("*/" * deep + GIT)))
    places = [path for path in found if path.is_dir() and not path.is_symlink()]
    return {PurePosixPath(place.parent.relative_to(source).as_posix()): committed(place) for place in places}


def committed(folder: Path) -> datetime | None:
    """The committer's time of the last commit in the git folder `folder`; None without one, and without git."""
    command = ["git", "-c", "safe.directory=*", f"--git-dir={folder}", "cat-file", "commit", "HEAD"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | HARMLESS
    try:
        text = subprocess.run(command, capture_output=True, env=environment, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = COMMITTER.search(text.partition(b"\n\n")[0])
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None


def owner_of(folder: str, exercise: str) -> str:
    """The name on GitHub in a repository's name, EXERCISE-NAME; without the exercise before it, the whole name."""
    before = "[-_]".join(map(re.escape, re.split("[-_]", exercise)))
    return re.sub(rf"^{before}-", "", folder, flags=re.IGNORECASE) or folder
