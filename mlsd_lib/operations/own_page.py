"""A page that a command writes where a person says: it bears a mark, and replaces nothing that does not."""

from pathlib import Path

from mlsd_lib.operations.errors import OperationsError
from notebook_runner.whole_file import write_whole


def mark(kind: str) -> str:
    """What the head of a page of this kind holds."""
    return f'<meta name="generator" content="{kind}">'


def require_own(page: Path, kind: str, option: str) -> None:
    """Raises `OperationsError` unless `page` is a new file of a folder that is there, or a page of this kind."""
    if page.is_dir() or not page.parent.is_dir():
        raise OperationsError(f"{option} is {page}; it must name a file in a folder that is there. Name another.")
    if page.exists() and not (page.is_file() and mark(kind).encode() in page.read_bytes()):
        raise OperationsError(f"{page} is no {kind}, and one would replace it. Name another file by {option}.")


def write_own(page: Path, text: str) -> None:
    """Writes a page; one that is there is replaced only once the new one is whole. Raises `OSError`."""
    write_whole(page, text.encode(), lasting=False)
