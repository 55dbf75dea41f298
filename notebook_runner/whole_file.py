"""A file that is there whole or as it was before, whenever the process ends."""

import os
import secrets
import shutil
from pathlib import Path


def write_whole(path: Path, content: bytes, *, lasting: bool = True) -> None:
    """Write a file so that a reader, or a crash at any moment, finds what was there before or all of `content`.

    A file that is there keeps its mode. `lasting`: return once the disk has it, so that a power cut takes nothing.
    Raises `OSError`, and then all is as before.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with unfinished.open("xb") as file:
            file.write(content)
        if path.exists():
            shutil.copymode(path, unfinished)
        if lasting:
            sync(unfinished)
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    if lasting:
        sync(path.parent)


def sync(path: Path) -> None:
    """Force a file or, where the system lets a folder be opened, a folder's entries to disk."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
