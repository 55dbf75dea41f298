"""Sentences that point to the cell of a notebook that measured them: interview questions, the book's recommendations.

They stand in a TOML file, `[[pointer]]` by `[[pointer]]`, so that a test can follow each one.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlsd_lib.lesson.reader import LessonError
from mlsd_lib.lesson.start_page import link, markdown_table
from notebook_runner import read_notebook

if TYPE_CHECKING:
    from IPython.display import Markdown

VERDICTS = ("", "holds", "in part", "contradicted")
NEEDED, ALLOWED = {"topic", "text", "notebook", "cell"}, {"verdict", "seen"}


@dataclass(frozen=True)
class Pointer:
    """A `text` under a `topic`, and the code cell that answers it: `notebook`, by its name in the course, and `cell`.

    `verdict`: one of `VERDICTS`, and `seen`: what was measured, in words; both empty for a question.
    """

    topic: str
    text: str
    notebook: str
    cell: str
    verdict: str = ""
    seen: str = ""


def read_pointers(file: Path) -> list[Pointer]:
    """The pointers of `file`, in its order. Raises `LessonError` for an entry with a wrong key or verdict."""
    found = tomllib.loads(file.read_text(encoding="utf-8")).get("pointer", [])
    for number, entry in enumerate(found, start=1):
        if wrong := sorted((NEEDED - set(entry)) | (set(entry) - NEEDED - ALLOWED)):
            raise LessonError(
                f"{file.name}, pointer {number}: {wrong[0]!r} is missing or not known. An entry has "
                f"{', '.join(sorted(NEEDED))}, and may have {' and '.join(sorted(ALLOWED))}."
            )
        if entry.get("verdict", "") not in VERDICTS:
            raise LessonError(
                f"{file.name}, pointer {number}: verdict is {entry['verdict']!r}; it must be one of "
                f"{', '.join(VERDICTS[1:])}."
            )
    return [Pointer(**entry) for entry in found]


def pointers_table(root: Path, page: Path, pointers: list[Pointer]) -> "Markdown":
    """The pointers as a table; the link of each opens its notebook, from `page`, at the cell that measures."""
    rows = []
    for number, pointer in enumerate(pointers, start=1):
        where = link(read_notebook(root, root / pointer.notebook), page).replace(
            ".ipynb)", f".ipynb#cell-id={pointer.cell})"
        )
        rows.append(
            (
                str(number),
                pointer.topic,
                pointer.text,
                *([pointer.verdict, pointer.seen] if pointer.verdict else []),
                where,
            )
        )
    answered = any(pointer.verdict for pointer in pointers)
    header = ("", "part", "recommended", "verdict", "what was measured", "where")
    return markdown_table(header if answered else ("", "part", "question", "answered in"), rows)
