"""Whether the links between pages, and to their places, lead somewhere. Addresses of other hosts are not asked."""

from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for key, text in attrs:
            if text and key in ("href", "src"):
                self.links.append(text)
            elif text and key in ("id", "name"):
                self.places.add(text)


def broken_links(folder: Path) -> list[tuple[str, str]]:
    """Pages below `folder` with those of their links that lead to no file or no place there."""

    @cache
    def read(path: Path) -> _Page:
        page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
        return page

    return [
        (path.relative_to(folder).as_posix(), link)
        for path in sorted(set(folder.rglob("*.html")) - set(folder.glob("_static/**/*")))
        for link in read(path).links
        if not urlsplit(link).scheme and not urlsplit(link).netloc and not _leads_somewhere(path, link, read)
    ]


def _leads_somewhere(page: Path, link: str, read: Callable[[Path], _Page]) -> bool:
    address, place = urldefrag(link)
    target = (page.parent / unquote(urlsplit(address).path)).resolve() if address else page
    if not target.is_file():
        return False
    return not place or target.suffix != ".html" or unquote(place) in read(target).places
