"""What a student handed in, made fit for grading: the released notebook's cells with the student's answers in them.

Test cells are the released ones whatever became of them, so a deleted, edited or skipped test costs and gains nothing.
Nothing here executes, decides a mark or changes the submitted file.
"""

import copy
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.course import Course
from grader.workflow.release import read_files

Cell = dict[str, Any]


@dataclass
class Taken:
    """A notebook ready for grading and, one sentence each, what had to be repaired."""

    notebook: dict[str, Any]
    notes: list[str] = field(default_factory=list)


def prepare(course: Course, name: str, student: str, into: Path) -> list[str]:
    """Notes on one submission, whose repaired copy is written below `into` in nbgrader's folder structure.

    Where the released notebooks are not at hand (a foreign course), the files are copied as they are.
    """
    submitted = read_files(course.folder("submitted", student, name))
    place = into / student / name
    notes = []
    for relative, content in submitted.items():
        _write(place / relative, content)
    for relative, released in read_files(course.folder("release", name=name)).items():
        if relative.endswith(".ipynb") and "/" not in relative:
            taken = take(submitted.get(relative), json.loads(released))
            _write(place / relative, json.dumps(taken.notebook).encode())
            notes += [f"{relative}: {note}" for note in taken.notes]
    return notes


def take(content: bytes | None, released: dict[str, Any]) -> Taken:
    """The submitted notebook, its locked cells and metadata replaced by the released ones, missing tests put back."""
    notebook, fault = _read(content)
    if notebook is None:
        taken = Taken(copy.deepcopy(released), [f"{fault}; the released notebook was graded in its place"])
    else:
        taken = _rebuild(notebook, released)
    if taken.notes:
        text = "**From the grader**\n\n" + "\n".join(f"- {note}" for note in taken.notes)
        notice = {"cell_type": "markdown", "id": "grader-note", "metadata": {}, "source": text}
        taken.notebook["cells"].insert(0, notice)
    return taken


def _read(content: bytes | None) -> tuple[dict[str, Any] | None, str]:
    if content is None:
        return None, "this notebook was not handed in"
    if not content.strip():
        return None, f"the file is empty ({len(content)} bytes)"
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError):
        return None, "the file is not a notebook (it is not JSON)"
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        return None, "the file is not a notebook (it has no list of cells)"
    if not all(isinstance(cell, dict) and _is_cell(cell) for cell in notebook["cells"]):
        return None, "the file is not a notebook (a cell in it is not one)"
    return notebook, ""


def _is_cell(cell: Cell) -> bool:
    source = cell.get("source")
    lines = isinstance(source, list) and all(isinstance(line, str) for line in source)
    return cell.get("cell_type") in ("code", "markdown", "raw") and (isinstance(source, str) or lines)


def _rebuild(notebook: dict[str, Any], released: dict[str, Any]) -> Taken:
    by_grade = {grade_id(cell): cell for cell in released["cells"] if grade_id(cell)}
    by_id = {cell.get("id"): cell for cell in by_grade.values()}
    taken = Taken({**copy.deepcopy(released), "cells": []})
    seen: set[str] = set()
    for number, cell in enumerate(notebook["cells"]):
        master = by_grade.get(grade_id(cell)) or (None if grade_id(cell) else by_id.get(cell.get("id")))
        if master is None or grade_id(master) in seen:
            taken.notebook["cells"].append(_cell(cell, f"extra-{number}", text(cell), {}))
            continue
        seen.add(grade_id(master))
        taken.notebook["cells"].append(_answered(master, cell))
        if is_locked(master) and text(cell).strip() != text(master).strip():
            taken.notes.append(f"the {_kind(master)} {grade_id(master)!r} was edited; the released one was run")
    _put_back(taken, released, seen)
    return taken


def _answered(master: Cell, cell: Cell) -> Cell:
    """The released cell with the student's text, if it is theirs to write."""
    if is_locked(master):
        return copy.deepcopy(master)
    pictures = {"attachments": cell["attachments"]} if isinstance(cell.get("attachments"), dict) else {}
    return _cell(master | pictures, master.get("id", ""), text(cell), master["metadata"])


def _cell(like: Cell, identity: str, source: str, metadata: Cell) -> Cell:
    kind = like["cell_type"]
    cell = {"cell_type": kind, "id": identity, "metadata": copy.deepcopy(metadata), "source": source}
    if kind == "code":
        return cell | {"outputs": [], "execution_count": None}
    return cell | {key: like[key] for key in ("attachments",) if isinstance(like.get(key), dict)}


def _put_back(taken: Taken, released: dict[str, Any], seen: set[str]) -> None:
    """Insert missing graded cells, and locked code, which tests need, after the nearest earlier cell that is there."""
    cells, after = taken.notebook["cells"], -1
    for master in released["cells"]:
        key = grade_id(master)
        if key in seen:
            after = [grade_id(one) for one in cells].index(key)
        elif key and (_is_graded(master) or (is_locked(master) and master["cell_type"] == "code")):
            after += 1
            cells.insert(after, copy.deepcopy(master))
            taken.notes.append(f"the {_kind(master)} {key!r} was missing; it was put back")


def _kind(master: Cell) -> str:
    if not is_locked(master):
        return "answer cell"
    return "test cell" if _is_graded(master) else "locked cell"


def grade_id(cell: Cell) -> str:
    """nbgrader's name of a cell, empty for a cell that is not nbgrader's."""
    entry = cell.get("metadata", {}).get("nbgrader", {}) if isinstance(cell.get("metadata"), dict) else {}
    return str(entry.get("grade_id") or "") if isinstance(entry, dict) else ""


def is_locked(cell: Cell) -> bool:
    """True if a released cell is not the student's to change."""
    entry = cell["metadata"]["nbgrader"]
    return not entry.get("solution") and bool(entry.get("grade") or entry.get("locked"))


def text(cell: Cell) -> str:
    """A cell's source as one string, with plain line breaks."""
    source = cell.get("source", "")
    return (source if isinstance(source, str) else "".join(source)).replace("\r\n", "\n")


def _is_graded(cell: Cell) -> bool:
    entry = cell["metadata"]["nbgrader"]
    return bool(entry.get("grade") or entry.get("task"))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
