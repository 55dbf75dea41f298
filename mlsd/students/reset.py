"""Putting a notebook back as it was released. What was there is kept first, and never removed."""

from datetime import datetime
from pathlib import Path

from grader.released import released, unpacked
from mlsd.students.files import StudentError, keep, notebook_named, write_whole


def reset(root: Path, given: str, now: datetime, fresh: Path | None = None) -> str:
    """What was done, in words. The released version is that of the course at `root`, or of the edition `fresh`.

    Raises `StudentError` for a notebook that there is not, or that was not released.
    """
    version = unpacked(fresh) if fresh else released(root)
    name = notebook_named(root, given, version)
    content = version.read(name)
    if content is None:
        raise StudentError(f"{name} is not in {version.origin}: it is your own, or newer. Nothing was changed.")
    path = root / name
    there = path.read_bytes() if path.is_file() else None
    if there == content:
        return f"{name} is as it was released; nothing was changed."
    kept = ""
    if there is not None:
        kept = f" What was there is kept: {keep(root, {name: there}, now)}/{name}"
    write_whole(path, content)
    return f"{name} is as in {version.origin}.{kept}"
