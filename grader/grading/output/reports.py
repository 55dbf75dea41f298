"""What a batch leaves for people: the items of every student as CSV, who needs a look and why.

Everything is derived from what the gradebook holds, so that a run that was interrupted ends with the same files.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from grader.grading.output.gradebook import Book
from grader.grading.output.spreadsheet import table
from grader.whole_files import write_whole

ITEMS = ("student", "notebook", "item", "points", "maximum", "verdict", "message")
NOTES = ("student", "note")


def items_file(home: Path, name: str) -> Path:
    """The CSV with one row a student and test."""
    return home / "reports" / f"{name}_items.csv"


def notes_file(home: Path, name: str) -> Path:
    """The CSV with one row a student and flag."""
    return home / "reports" / f"{name}_grade.csv"


def write_reports(book: Book, home: Path) -> None:
    """Write both files anew, from all recorded results."""
    recorded = [json.loads(text) for text in book.all_results()]
    recorded.sort(key=lambda test: str(test["extra_data"]["student"]))
    _write(items_file(home, book.assignment), ITEMS, (row for results in recorded for row in _items(results)))
    notes = ((results["extra_data"]["student"], note) for results in recorded for note in notes_of(results))
    _write(notes_file(home, book.assignment), NOTES, notes)


def notes_of(results: dict[str, Any]) -> list[str]:
    """Why a person should look at this submission, one sentence each; empty if nobody needs to."""
    flags = [flag for flag in results["extra_data"]["flags"] if flag["look"]]
    named = [f"{flag['notebook']}: {flag['text']}" if flag["notebook"] else flag["text"] for flag in flags]
    details = [flag.get("detail", "") for flag in flags]
    return [f"{said}: {detail}" if detail else said for said, detail in zip(named, details, strict=True)]


def _items(results: dict[str, Any]) -> Iterable[tuple[Any, ...]]:
    student = results["extra_data"]["student"]
    for test in results["tests"]:
        notebook, _, item = test["name"].partition("/")
        verdict, message = test["extra_data"]["verdict"], _first_line(test["output"])
        yield student, notebook, item, test["score"], test["max_score"], verdict, message


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:200] if lines else ""


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    write_whole(path, table(columns, rows))
