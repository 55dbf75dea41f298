"""A new version of the course over a student's copy. What is replaced and is not as it was released is kept first."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from grader.released import FILE, Released, unpacked
from mlsd.students.files import StudentError, cannot_write, keep, write_whole
from mlsd.students.merge import is_readable, merge

REQUIREMENTS = ("pyproject.toml", "constraints.txt", "environment.yml")


class Step(NamedTuple):
    """What happens to the file `name`: its new content, None to remove it, and whether what is there is kept first.

    `there` is what it was planned for, None where there was no file.
    """

    name: str
    what: str
    content: bytes | None
    there: bytes | None
    keep: bool = False
    note: str = ""


def update(root: Path, place: Path, now: datetime, dry_run: bool = False) -> str:
    """What was, or would be, done, in words. `place` is the new student edition, or its archive.

    The archive of the copy at `root` is replaced last, so that an update that was broken off can be run again. Raises
    `GraderError` for a `place` that is no edition, `StudentError` for a clone and where something cannot be written.
    """
    new, base = unpacked(place), _base(root)
    steps, left = list(planned(root, base, new)), list(_left_alone(root, base, new))
    archive = (place / FILE if place.is_dir() else place).read_bytes()
    if not steps and (root / FILE).is_file() and (root / FILE).read_bytes() == archive:
        return f"Your copy is as in {new.origin} already; nothing was changed."
    for step in steps:
        _require_place(root, step)
    losing = {step.name: step.there or b"" for step in steps if step.keep and not dry_run}
    folder = keep(root, losing, now, "-update")
    for step in () if dry_run else steps:
        take(root, step)
    if not dry_run:
        write_whole(root / FILE, archive)
    return "\n".join([*_listed(steps), *left, *_closing(steps, folder, dry_run)])


def planned(root: Path, base: Released | None, new: Released) -> Iterator[Step]:
    """What has to happen to the copy at `root` to become the version `new`, file by file; touches nothing.

    `base` is the version that the copy was, None if nobody knows it.
    """
    for name in new.names:
        wanted, there = new.read(name) or b"", _content(root / name)
        before = base.read(name) if base else None
        if there == wanted:
            continue
        if there is None:
            yield Step(name, "added", wanted, there)
        elif there == before:
            yield Step(name, "refreshed", wanted, there)
        elif name.endswith(".ipynb"):
            yield from _merged(name, before, there, wanted)
        else:
            yield Step(name, "replaced", wanted, there, keep=True)
    for name in sorted({*base.names} - {*new.names} if base else ()):
        there = _content(root / name)
        if base and there is not None and there == base.read(name):
            yield Step(name, "removed", None, there)


def _merged(name: str, before: bytes | None, there: bytes, wanted: bytes) -> Iterator[Step]:
    base, mine, new = _notebook(before), _notebook(there), _notebook(wanted)
    if mine is None or new is None:
        yield Step(name, "replaced", wanted, there, keep=True, note="your file could not be read as a notebook")
        return
    whole, aside = merge(base, mine, new)
    if whole != mine:
        content = (json.dumps(whole, indent=1, sort_keys=True) + "\n").encode()
        note = f"your text of {', '.join(aside)} is at the end" if aside else ""
        yield Step(name, "merged", content, there, keep=True, note=note)


def _notebook(content: bytes | None) -> dict[str, Any] | None:
    """The notebook in `content`; None where it is none."""
    with suppress(ValueError, RecursionError):
        notebook: dict[str, Any] = json.loads(content or b"")
        return notebook if is_readable(notebook) else None
    return None


def _base(root: Path) -> Released | None:
    """What the copy was; None where nobody knows. Raises `StudentError` for a clone, which git brings up to date."""
    if (root / FILE).is_file():
        return unpacked(root / FILE)
    if (root / ".git").exists():
        raise StudentError(
            f"{root} is a clone of the course's repository, not a student edition. Bring it up to date by git: "
            "git commit -a, then git pull"
        )
    return None


def _left_alone(root: Path, base: Released | None, new: Released) -> Iterator[str]:
    """A line for each file that left the course and that the student changed."""
    for name in sorted({*base.names} - {*new.names} if base else ()):
        if base and (root / name).is_file() and (root / name).read_bytes() != base.read(name):
            yield f"left alone  {name}: it is no longer in the course, and you changed it"


def take(root: Path, step: Step) -> None:
    """Do a step. Raises `StudentError` where it cannot be done, and for a file that is not as the step was planned."""
    path = root / step.name
    if _content(path) != step.there:
        raise StudentError(
            f"{path} was saved while the update ran; it was left as it is now. Close it in JupyterLab, and give the "
            "same command again"
        )
    if step.content is not None:
        write_whole(path, step.content)
        return
    try:
        path.unlink()
    except OSError as error:
        raise cannot_write(path, error) from error


def _require_place(root: Path, step: Step) -> None:
    """Raises `StudentError` where a student's own file stands for a folder of the course's, or a folder for a file."""
    path = root / step.name
    above = next((place for place in path.parents if place.is_file()), None)
    if step.content is not None and (above or path.is_dir()):
        raise StudentError(
            f"{above or path} is yours, and the new version has a {'folder' if above else 'file'} of this name. "
            "Nothing was changed. Rename yours, and give the same command again"
        )


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _listed(steps: list[Step]) -> Iterator[str]:
    """A line for each file in which something of the student's is, and for each notebook; a count of all others."""
    shown = [step for step in steps if step.keep or step.name.endswith(".ipynb")]
    for step in shown:
        yield f"{step.what:10s}  {step.name}{f': {step.note}' if step.note else ''}"
    counts = Counter(step.what for step in steps if step not in shown)
    if counts or not steps:  # of an update that was broken off before the archive, which is all that is left
        yield f"Other files: {', '.join(f'{number} {what}' for what, number in counts.items()) or f'{FILE} alone'}."


def _closing(steps: list[Step], folder: str, dry_run: bool) -> Iterator[str]:
    if folder:
        yield f"What you had before is kept in {folder}"
    if any(step.name in REQUIREMENTS for step in steps):
        yield "The new version needs other packages. Install them: make lab, or python bootstrap.py"
    if dry_run:
        yield "Nothing was written. To do it: the same command without --dry-run"
