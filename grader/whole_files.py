"""Files and folders of a course that are there whole, or as they were before, whatever ends the writing."""

import itertools
import tempfile
from collections.abc import Mapping
from pathlib import Path

from grader.errors import GraderError
from grader.write_errors import full_disk_told
from notebook_runner import whole_file


def write_named(path: Path, text: str, beginning: str) -> None:
    """Write a text file that a person named: a new one, or over one with the same beginning, which came of this before.

    Raises `GraderError` for all else that is there, a device too, and where it cannot be written.
    """
    other = f"Name another file: --to FILE{path.suffix}"
    try:
        if path.exists() and not (path.is_file() and path.read_bytes().startswith(beginning.encode())):
            raise GraderError(f"{path} is there, and this command did not write it. Move it elsewhere. {other}")
        write_whole(path, text)
    except OSError as error:
        raise GraderError(f"{path} cannot be written ({error.strerror}). {other}") from error


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that it is there whole or as it was before. Raises `DiskFull` if there is no room."""
    with full_disk_told(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        whole_file.write_whole(path, text.encode(), lasting=False)


def unused(path: Path) -> Path:
    """`path`, or where something lies there already, the first free one with a number after its name."""
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in itertools.count(2))
    return next(place for place in itertools.chain([path], numbered) if not place.exists())


def write_folder(place: Path, files: Mapping[str, bytes]) -> None:
    """Have a folder hold these files, by relative name, and no others.

    Raises `DiskFull` if there is no room for them, and then the folder is as it was before.
    """
    with full_disk_told(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{place.name}-", dir=place.parent) as scratch:
            whole = Path(scratch) / "whole"
            for relative, content in files.items():
                path = whole / relative
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            if place.is_dir():
                place.rename(Path(scratch) / "before")
            whole.rename(place)
