"""A page that a command writes where a person says: it bears a mark, and replaces nothing that does not."""

import html
import os
from pathlib import Path

from mlsd_lib.operations.errors import OperationsError
from notebook_runner.whole_file import write_whole

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">{head}<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 1.5rem auto; padding: 0 1rem; color: #1a1a1a }}
svg {{ max-width: 100%; height: auto }} table {{ border-collapse: collapse }}
th, td {{ text-align: left; vertical-align: top; padding: .2rem 1rem .2rem 0; border-bottom: 1px solid #ddd }}
{style}</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""
HEAD_BYTES = 1_000
"""Of a file of any size, where a page has its mark."""


def mark(kind: str) -> str:
    """What the head of a page of this kind holds."""
    return f'<meta name="generator" content="{kind}">'


def require_own(page: Path, kind: str, option: str) -> None:
    """Raises `OperationsError` unless `page` is a new file of a folder that is there, or a page of this kind."""
    try:
        fits = not page.is_dir() and page.parent.is_dir()
        own = not os.path.lexists(page) or (page.is_file() and mark(kind).encode() in _head(page))
    except OSError as error:
        raise OperationsError(f"{option} is {page}: {error.strerror}. Name another file.") from None
    if not fits:
        raise OperationsError(f"{option} is {page}; it must name a file in a folder that is there. Name another.")
    if not own:
        raise OperationsError(f"{page} is no {kind}, and one would replace it. Name another file by {option}.")


def _head(page: Path) -> bytes:
    with page.open("rb") as file:
        return file.read(HEAD_BYTES)


def write_own(page: Path, kind: str, title: str, body: str, style: str, every_s: float = 0.0) -> None:
    """Writes a page of this kind; one that is there is replaced only once the new one is whole. Raises `OSError`.

    `body` is HTML and `style` CSS, added to what all pages have. A browser reads the page again each `every_s` seconds,
    if that is not 0.
    """
    again = f'<meta http-equiv="refresh" content="{every_s:.0f}">' if every_s else ""
    text = PAGE.format(head=mark(kind) + again, title=html.escape(title), style=style, body=body)
    write_whole(page, text.encode(), lasting=False)
