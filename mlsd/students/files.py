"""A student's files: which notebook a name means, a new folder, a file that is there whole or not at all."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from grader.released import Released
from notebook_runner import whole_file
from notebook_runner.course import notebook_paths
from notebook_runner.errors import CourseError, was_meant

BACKUPS = "backups"


class StudentError(CourseError):
    """What keeps a student's command from doing its work, and what to do about it."""


def exercise_notebook(root: Path, name: str, version: Released) -> str:
    """The name of an exercise's notebook from the course's root.

    Raises `StudentError` for no such exercise, and where its notebook is gone.
    """
    notebook = f"exercises/{name}/{name}.ipynb"
    there = sorted(path.parent.name for path in (root / "exercises").glob("*/*.ipynb") if path.parent.name == path.stem)
    if name in there and (root / notebook).is_file():
        return notebook
    if version.read(notebook) is not None:
        what = "is no file" if os.path.lexists(root / notebook) else "is not there"
        raise StudentError(f"{root / notebook} {what}. As it was released it comes back by: mlsd reset {name}")
    fix = was_meant(name, there) or "Give one of these names."
    raise StudentError(f"There is no exercise {name!r}; there are {', '.join(there)}. {fix}")


def notebook_named(root: Path, given: str, version: Released) -> str:
    """The notebook that `given` means: its path, from here or from the root, or its file's name without `.ipynb`.

    Raises `StudentError` where there is none or more than one.
    """
    there = {path.relative_to(root).as_posix() for path in notebook_paths(root)}
    known = {name for name in {*there, *version.names} if name.endswith(".ipynb") and not name.startswith("solutions/")}
    here = Path(os.path.realpath(given))
    path = here.relative_to(root.resolve()).as_posix() if here.is_relative_to(root.resolve()) else given
    found = known & {path, given} or {name for name in known if Path(name).stem == Path(given).stem == given}
    if len(found) != 1:
        which = f"means {' and '.join(sorted(found))}" if found else "is no notebook of this course"
        alike = [] if found else [text for name in sorted(known) for text in (name, Path(name).stem)]
        fix = was_meant(given, alike) or "Give the path of one, as `mlsd notebooks` lists it."
        raise StudentError(f"{given!r} {which}. {fix}")
    return found.pop()


def stamp(now: datetime) -> str:
    """A moment as a name that sorts by time and that every file system takes."""
    return now.strftime("%Y-%m-%dT%H%M%SZ")


def new_folder(parent: Path, name: str) -> Path:
    """A folder `name` in `parent` that was not there before; another one of that name gets a number."""
    for number in range(1, 10_000):
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError as error:
            if not os.path.lexists(folder):  # `parent` is a link to nothing
                raise cannot_write(folder, error) from error
            continue
        except OSError as error:
            raise cannot_write(folder, error) from error
        return folder
    raise StudentError(f"{parent} holds thousands of folders {name}. Move them elsewhere.")


def keep(root: Path, contents: Mapping[str, bytes], now: datetime, why: str = "") -> str:
    """The new folder of `backups`, from the course's `root`, in which files now lie as they were, by name.

    Without any there is no folder, and its name is empty. Raises `StudentError` where they cannot be written.
    """
    if not contents:
        return ""
    folder = new_folder(root / BACKUPS, f"{stamp(now)}{why}")
    for name, content in contents.items():
        write_whole(folder / name, content)
    return folder.relative_to(root).as_posix()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or as it was before. Raises `StudentError` where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole_file.write_whole(path, content)
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> StudentError:
    """The error that says so."""
    return StudentError(
        f"{path} cannot be written ({error.strerror}). Free some space or get the right to write there."
    )
