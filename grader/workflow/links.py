"""Relative links in markdown files and notebooks, and what becomes of those that lead nowhere in a student edition."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from notebook_runner.canonical import source_of

LINK = re.compile(r"(!?)\[([^\]\n]*)\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|#|/", re.IGNORECASE)
KEPT_ELSEWHERE = "in the full repository"


def dead_links(folder: Path) -> Iterator[tuple[Path, str]]:
    """(file, target) of every relative link below `folder` that leads to nothing."""
    for path in sorted([*folder.rglob("*.md"), *folder.rglob("*.ipynb")]):
        text = CODE.sub("", _markdown(path))
        yield from ((path, link[3]) for link in LINK.finditer(text) if _is_dead(path, link[3]))


def without_dead_links(path: Path) -> str:
    """The text of a markdown file in which each link that leads to nothing is its words alone."""

    def in_words(link: re.Match[str]) -> str:
        return f"{link[2]} ({KEPT_ELSEWHERE})" if _is_dead(path, link[3]) else link[0]

    return LINK.sub(in_words, path.read_text(encoding="utf-8"))


def _markdown(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    return "\n".join(source_of(cell) for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown")


def _is_dead(path: Path, target: str) -> bool:
    place = unquote(target.partition("#")[0])
    return not ELSEWHERE.match(target) and not (path.parent / place).exists()
