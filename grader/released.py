"""What a copy of the course was released as, so that a student's own text can be known from the course's.

A student edition has an archive of all its files; a clone has its commits. The archive holds nothing that
the edition does not hold, and nothing that grades may enter here.
"""

import lzma
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.errors import GraderError
from grader.names import is_name
from notebook_runner.course import names_the_course

FILE = "released.zip"
MOST_FILES, MOST_BYTES = 20_000, 500_000_000  # of an edition, unpacked
SAME_TIME = (1980, 1, 1, 0, 0, 0)  # so that one edition always gives the same archive


@dataclass(frozen=True)
class Released:
    """A version of the course: `read` gives a file by its name from the root, None where the version has none.

    `names` lists all files; it is empty for a commit, of which single files are asked for.
    """

    origin: str
    names: tuple[str, ...]
    read: Callable[[str], bytes | None]


def pack(edition: Path) -> Path:
    """The archive that now holds every file of `edition`, in that folder."""
    target = edition / FILE
    there = (path.relative_to(edition).as_posix() for path in edition.rglob("*") if path.is_file())
    names = sorted(name for name in there if name != FILE)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name, SAME_TIME), (edition / name).read_bytes(), zipfile.ZIP_DEFLATED)
    return target


def released(root: Path, fix: str = "name it: --from FOLDER") -> Released:
    """What the copy of the course at `root` was released as: its archive, else its commit.

    Raises `GraderError` where it has neither; `fix` says what to do with a fresh copy.
    """
    if (root / FILE).is_file():
        return unpacked(root / FILE)
    if commit := _git(root, "rev-parse", "--short", "HEAD"):
        return Released(f"commit {commit.decode().strip()}", (), lambda name: _git(root, "show", f"HEAD:./{name}"))
    raise GraderError(
        f"{root} has neither {FILE} nor a git repository, so nobody knows how it was released. "
        f"Get a fresh copy of the course and {fix}"
    )


def unpacked(place: Path) -> Released:
    """The version in an archive, or in the folder `place` that has one. Raises `GraderError` for anything else."""
    path = place / FILE if place.is_dir() else place
    try:
        if path.exists() and not path.is_file():  # a pipe would be read without end
            raise OSError("it is no file")
        with zipfile.ZipFile(path) as archive:
            _require_bounded(path, archive)
            files = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    except FileNotFoundError as error:
        raise GraderError(
            f"{place} is no student edition: {path} is missing. Unpack the edition that your instructor gave you and "
            "name its folder. Instructors make one: mlsd release --to DIR"
        ) from error
    except (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
        raise GraderError(f"{path} cannot be read ({error}). Get the edition again.") from error
    if wrong := [name for name in files if not all(map(is_name, name.split("/")))]:
        raise GraderError(f"{path} holds {wrong[0]!r}, which lies outside the course. Get the edition again.")
    if not names_the_course(files.get("pyproject.toml", b"")):
        raise GraderError(
            f"{path} is no student edition: no pyproject.toml in it names the course. Name the {FILE} of one, or the "
            "folder that holds it."
        )
    return Released(str(path), tuple(sorted(files)), files.get)


def _require_bounded(path: Path, archive: zipfile.ZipFile) -> None:
    """Raises `GraderError` for more than an edition holds; of a file no more is unpacked than the archive states."""
    members = archive.infolist()
    if len(members) > MOST_FILES or sum(member.file_size for member in members) > MOST_BYTES:
        raise GraderError(
            f"{path} holds {len(members):,} files of {sum(member.file_size for member in members) / 1e6:,.0f} MB; an "
            f"edition has at most {MOST_FILES:,} of {MOST_BYTES / 1e6:,.0f} MB. Get the edition again."
        )


def _git(root: Path, *words: str) -> bytes | None:
    """What git says about the repository at `root`; None where it refuses or is not there."""
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True)
    except OSError:
        return None
    return None if done.returncode else done.stdout
