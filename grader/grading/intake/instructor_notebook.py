"""The instructor's notebook as it is graded: cells in canonical order, test cells whole, starters in answer cells.

Order and plain cells come from the released notebook (the source's, if there is no release folder); what nbgrader
graded cells hold comes from the gradebook, as in stock nbgrader. No submission enters here.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from grader.course import Course
from grader.errors import GraderError
from grader.grading.intake.notebook_parser import Cell, bare, read
from grader.grading.intake.released_texts import Texts, fingerprint, released_texts

Known = tuple[str, str, dict[str, Any]]
HIDDEN = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")


@dataclass(frozen=True)
class InstructorCell:
    """One cell: `source` is what is run, `released` what students got. `entry` is its nbgrader metadata, if it has.

    `earlier` are fingerprints of its texts in other versions that were released, which students may hold.
    """

    kind: str
    source: str
    released: str
    cell_id: str
    entry: dict[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    pictures: dict[str, Any] = field(default_factory=dict)
    earlier: frozenset[str] = frozenset()

    def as_released(self, text: str) -> bool:
        """True if the text is that of the cell in any version that was released."""
        return bare(text) == bare(self.released) or fingerprint(text) in self.earlier

    @property
    def grade_id(self) -> str:
        """nbgrader's name of the cell; empty for a plain one."""
        return str(self.entry.get("grade_id", ""))

    @property
    def locked(self) -> bool:
        """True if it is not the student's to change."""
        return bool(self.entry) and not self.entry.get("solution")

    @property
    def graded(self) -> bool:
        """True if it carries points, given by a test or by hand."""
        return bool(self.entry.get("grade") or self.entry.get("task"))

    @property
    def called(self) -> str:
        """What a message calls it."""
        role = "test cell" if self.locked and self.graded else "locked cell" if self.locked else "answer cell"
        return f"{role} {self.grade_id!r}"

    def as_dict(self, text: str | None = None, pictures: dict[str, Any] | None = None) -> dict[str, Any]:
        """The cell in nbformat 4.5, with `text` in its place if given."""
        metadata: dict[str, Any] = {"nbgrader": dict(self.entry)} if self.entry else {}
        if self.tags:
            metadata["tags"] = list(self.tags)
        source = self.source if text is None else text
        return cell_dict(self.kind, self.cell_id, source, metadata, pictures or self.pictures)


@dataclass(frozen=True)
class InstructorNotebook:
    """One notebook of an assignment; `metadata` is the notebook's own."""

    name: str
    cells: tuple[InstructorCell, ...]
    metadata: dict[str, Any] = field(default_factory=dict)

    def notebook(self, cells: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """A notebook of this assignment with the given cells."""
        return {"cells": list(cells), "metadata": self.metadata, "nbformat": 4, "nbformat_minor": 5}


def cell_dict(
    kind: str, identity: str, source: str, metadata: dict[str, Any], pictures: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A cell in nbformat 4.5, not executed."""
    cell: dict[str, Any] = {"cell_type": kind, "id": identity, "metadata": metadata, "source": source}
    if kind == "code":
        return cell | {"outputs": [], "execution_count": None}
    return cell | ({"attachments": pictures} if pictures else {})


def originals(course: Course, name: str) -> list[InstructorNotebook]:
    """The notebooks of an assignment. Raises `GraderError` if the gradebook does not know it."""
    with course.gradebook() as book:
        course.require_known(book, name)
        known = [(row.name, row.kernelspec, _in_gradebook(row)) for row in book.find_assignment(name).notebooks]
    if not known:
        raise GraderError(f"the gradebook knows no notebook of {name}. First: {course.command(f'release {name}')}")
    earlier = released_texts(course, name)
    found = []
    for notebook, kernel, cells in known:
        original = _master(course, name, notebook, kernel, cells)
        found.append(
            replace(original, cells=tuple(_with_earlier(cell, earlier.get(notebook, {})) for cell in original.cells))
        )
    return found


def _with_earlier(cell: InstructorCell, earlier: Texts) -> InstructorCell:
    return replace(cell, earlier=earlier[cell.grade_id]) if cell.grade_id in earlier else cell


def without_hidden_tests(source: str, marks: tuple[str, str] = HIDDEN) -> str:
    """The text of a test cell as students get it."""
    begin, end = (re.escape(mark) for mark in marks)
    kept = re.sub(rf"^[^\n]*{begin}.*?(?:{end}[^\n]*(?:\n|\Z)|\Z)", "", source, flags=re.DOTALL | re.MULTILINE)
    return kept.rstrip()


def hidden_marks(course: Course) -> tuple[str, str]:
    """What this course writes around hidden tests."""
    section = course.config.ClearHiddenTests
    return (
        section.get("begin_test_delimeter", HIDDEN[0]),
        section.get("end_test_delimeter", HIDDEN[1]),
    )


def _in_gradebook(notebook: Any) -> dict[str, Known]:
    """Kind, source and nbgrader metadata of each cell, by grade id, in the gradebook's order."""
    points = {cell.name: cell.max_score for cell in (*notebook.grade_cells, *notebook.task_cells)}
    grades = {cell.name for cell in notebook.grade_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    tasks = {cell.name for cell in notebook.task_cells}
    cells = {}
    for cell in notebook.source_cells:
        entry: dict[str, Any] = {
            "grade": cell.name in grades,
            "solution": cell.name in solutions,
            "task": cell.name in tasks,
        }
        entry |= {"grade_id": cell.name, "locked": bool(cell.locked), "schema_version": 3, "cell_type": cell.cell_type}
        entry |= {"checksum": cell.checksum} | ({"points": points[cell.name]} if cell.name in points else {})
        cells[cell.name] = (cell.cell_type, cell.source or "", entry)
    return cells


def _master(course: Course, name: str, notebook: str, kernel: str, known: dict[str, Known]) -> InstructorNotebook:
    paths = [course.folder(step, name=name) / f"{notebook}.ipynb" for step in ("release", "source")]
    path = next((candidate for candidate in paths if candidate.is_file()), None)
    base = read(path.read_bytes()).cells or [] if path else []
    marks = hidden_marks(course)
    cells: list[InstructorCell] = []
    seen: set[str] = set()
    for number, cell in enumerate(base):
        if cell.grade_id in known and cell.grade_id not in seen:
            seen.add(cell.grade_id)
            released = cell.text if path == paths[0] else None
            cells.append(_graded(cell, f"cell-{number}", known[cell.grade_id], released, marks))
        elif cell.grade_id not in known:  # nbgrader keeps no cell that is neither locked nor graded nor an answer
            cells.append(_plain(cell, f"cell-{number}"))
    for grade_id, entry in known.items():
        if grade_id not in seen:
            cells.append(_graded(Cell(entry[0], entry[1]), f"graded-{len(cells)}", entry, None, marks))
    named = json.loads(kernel) if kernel else {}  # a notebook need not name its kernel
    metadata = {"kernelspec": named} if named else {}
    return InstructorNotebook(notebook, tuple(cells), metadata | {"language_info": {"name": "python"}})


def _graded(cell: Cell, spare: str, known: Known, released: str | None, marks: tuple[str, str]) -> InstructorCell:
    kind, source, entry = known
    released = without_hidden_tests(source, marks) if released is None else released
    return InstructorCell(kind, source, released, cell.cell_id or spare, entry, cell.tags, cell.pictures)


def _plain(cell: Cell, spare: str) -> InstructorCell:
    return InstructorCell(cell.kind, cell.text, cell.text, cell.cell_id or spare, {}, cell.tags, cell.pictures)
