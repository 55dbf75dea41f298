"""A new version of a notebook over a student's copy, cell by cell: the course's text is new, the student's is kept.

Works on plain JSON and touches no file. No text of a student's is dropped: what has no place any more goes to the end.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from notebook_runner.canonical import source_of, with_ids

Cell = dict[str, Any]
Json = dict[str, Any]


def merge(base: Json | None, mine: Json, new: Json) -> tuple[Json, list[str]]:
    """The `new` notebook with what a student wrote into `mine`, and the names of cells whose text went to the end.

    `base` is the version that the student began with, None if nobody knows it. A cell of the course has its new text,
    with two exceptions: an answer that the student changed keeps the student's, and so does a changed cell that the
    course neither locks nor changed itself. The student's own cells stay behind the cell that they stood behind. Any
    other text that the student changed is kept at the end, in cells that do not run.
    """
    before = None if base is None else {_name(cell): source_of(cell) for cell in base["cells"]}
    course = {_name(cell): cell for cell in new["cells"]}
    theirs: dict[str, Cell] = {}
    behind: dict[str, list[Cell]] = {"": []}
    aside: list[Cell] = []
    anchor = ""
    for cell in mine["cells"]:
        name = _name(cell)
        if name in course and name not in theirs:
            theirs[name], anchor = cell, name
            if not _has_a_place(course[name], cell, before):
                aside.append(cell)
        elif before is None or name not in before or name in theirs:
            behind.setdefault(anchor, []).append(cell)
        elif source_of(cell) != before[name]:  # of a cell that the course removed
            aside.append(cell)
    taken = set(course)
    cells = [*with_ids(behind[""], taken)]
    for name, cell in course.items():
        cells.append(_placed(cell, theirs.get(name), before))
        cells += with_ids(behind.get(name, []), taken)
    cells += with_ids(_kept(aside), taken)
    return {**new, "cells": cells}, [_name(cell) for cell in aside]


def is_readable(notebook: Json) -> bool:
    """Whether a file's content is a notebook whose every cell `merge` can take."""
    try:
        for cell in notebook["cells"]:
            source_of({"source": cell["source"]}).splitlines()
            f"{cell['cell_type']} {_name(cell)} {_is_answer(cell)}"
    except (TypeError, KeyError, AttributeError):
        return False
    return True


def _name(cell: Mapping[str, Any]) -> str:
    """What a cell is called in all versions: its id, or in a file of an older format the name that nbgrader gave it."""
    return str(cell.get("id") or _nbgrader(cell).get("grade_id") or "")


def _nbgrader(cell: Mapping[str, Any]) -> dict[str, Any]:
    return cell.get("metadata", {}).get("nbgrader") or {}


def _is_answer(cell: Cell) -> bool:
    return bool(_nbgrader(cell).get("solution")) or "your-turn" in cell.get("metadata", {}).get("tags", [])


def _is_locked(cell: Cell) -> bool:
    return bool(_nbgrader(cell).get("locked")) or cell.get("metadata", {}).get("editable") is False


def _is_students(cell: Cell, own: Cell, before: Mapping[str, str] | None) -> bool:
    """Whether `own`, a student's text of the course's `cell`, is another than the course ever gave it."""
    return source_of(own) not in (source_of(cell), (before or {}).get(_name(cell)))


def _stays(cell: Cell, before: Mapping[str, str] | None) -> bool:
    """Whether a student's text may stand in the place of the course's."""
    unchanged = (before or {}).get(_name(cell)) == source_of(cell)
    return _is_answer(cell) or (unchanged and not _is_locked(cell))


def _has_a_place(cell: Cell, own: Cell, before: Mapping[str, str] | None) -> bool:
    return _stays(cell, before) or not _is_students(cell, own, before)


def _placed(cell: Cell, own: Cell | None, before: Mapping[str, str] | None) -> Cell:
    """The course's cell with the student's text where that stays, and with the outputs or pictures of its text."""
    if own is None:
        return cell
    keeps = _is_students(cell, own, before) and _stays(cell, before)
    placed = {**cell, "source": own["source"]} if keeps else cell
    if source_of(placed) != source_of(own) or cell["cell_type"] != own["cell_type"]:
        return placed
    belonging = ("outputs", "execution_count", "attachments")
    return {**placed, **{key: own[key] for key in belonging if key in own}}


def _kept(aside: list[Cell]) -> Iterator[Cell]:
    """What stands at the end: a cell that says what follows, then each text as it was, in a cell that does not run."""
    if not aside:
        return
    names = ", ".join(f"`{_name(cell)}`" for cell in aside)
    heading = f"**Kept by `mlsd update`.** You had changed cells of the course: {names}. Your text of them follows."
    yield {"cell_type": "markdown", "id": "kept-by-update", "metadata": {}, "source": heading}
    for cell in aside:
        pictures = {key: cell[key] for key in ("attachments",) if key in cell}
        yield {"cell_type": "raw", "id": f"kept-{_name(cell)}", "metadata": {}, "source": cell["source"], **pictures}
