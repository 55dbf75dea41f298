"""Which exercise a notebook is of, where a student handed in the notebook of another one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from grader.grading.intake.notebook_parser import read

if TYPE_CHECKING:  # `mistaken` also works in a student edition, which has no gradebook to open
    from grader.course import Course


def released_cells(course: Course) -> dict[str, set[str]]:
    """The names of nbgrader's cells in each released exercise of a course."""
    places = {name: course.folder("release", name=name) for name in course.assignments("release")}
    found = {name: [read(path.read_bytes()).cells or [] for path in place.glob("*.ipynb")]
             for name, place in places.items()}  # fmt: skip
    return {name: {cell.grade_id for cells in all_cells for cell in cells} - {""} for name, all_cells in found.items()}


def mistaken(name: str, notebooks: Iterable[bytes], released: dict[str, set[str]]) -> str:
    """Why a hand-in for `name` whose every notebook is of another exercise is not taken; empty if one may be its."""
    found = {_exercise_of(name, content, released) for content in notebooks}
    return "" if not found or "" in found else f"this is the notebook of {' and '.join(sorted(found))}, not of {name}"


def _exercise_of(name: str, content: bytes, released: dict[str, set[str]]) -> str:
    """The other exercise of a notebook; empty unless it is clear.

    It is where most cells that only the other one has are there, and twice the share of those that only `name` has. A
    notebook that lost nbgrader's metadata may still have the ids of its cells.
    """
    there = {cell.grade_id or cell.cell_id for cell in read(content).cells or []}
    found = {other: _share(cells - released[name], there) for other, cells in released.items()}
    best = max(found, key=lambda other: found[other])
    return best if found[best] > max(0.5, 2 * _share(released[name] - released[best], there)) else ""


def _share(cells: set[str], there: set[str]) -> float:
    return len(cells & there) / len(cells) if cells else 0.0
