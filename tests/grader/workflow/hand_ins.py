"""What a class hands in, as a platform's download brings it, and what then lies in the course."""

import csv
import io
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

from grader.workflow import roster
from tests import toy_course as toy

NB = f"{toy.NAME}.ipynb"
MORNING, NOON, EVENING = ((2026, 11, 20, hour, 0, 0) for hour in (8, 12, 18))


def zipped(files: dict, when: tuple = MORNING) -> bytes:
    """A zip of name (or ZipInfo) to content, all received at `when`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in files.items():
            member = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, when)
            file.writestr(member, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def submitted(course, student: str) -> dict[str, bytes]:
    place = course.folder("submitted", student, toy.NAME)
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def tarred(files: dict, mode: str) -> bytes:
    """A tar of name (or TarInfo) to content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{mode}") as file:
        for name, content in files.items():
            member = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            member.size, member.mtime = len(content), 1_700_000_000
            file.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def cloned(folder: Path, when: str, text: str = "hers", name: str = NB) -> None:
    """A repository with one commit of that committer's time, or one commit more."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@b"]
    own = os.environ | {"GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": when, "GIT_CONFIG_GLOBAL": os.devnull}
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "work"]):
        subprocess.run([*git, *command], env=own, check=True, capture_output=True)


def in_the_roster(course, folder: Path, *students: str) -> None:
    path = folder / "class.csv"
    path.write_text("\n".join(["id,name", *students]))
    roster.enter(course, path)


def table_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))
