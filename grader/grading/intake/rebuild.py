"""The notebook that is graded: the instructor's cells in canonical order, with the student's answers in them.

The submitted file gives the text of answer cells and of extra cells, nothing else: no test, no metadata, no points, no
order. Flags say what was repaired; no mark follows from a flag. Nothing here executes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.grading.intake.cell_alignment import Pairs, in_place, match
from grader.grading.intake.instructor_notebook import InstructorCell, InstructorNotebook, cell_dict
from grader.grading.intake.notebook_parser import Cell, Handed, read
from grader.grading.records import Flag, Notebook

MISSING = "# This cell was missing from the submission."
EXTRA = "extra-"  # before a number, the id of a cell of the student's own
SKIP_TAGS = {"skip-execution", "raises-exception"}


@dataclass
class Rebuilt:
    """A notebook fit for grading and what had to be repaired. `answered`: grade ids whose text is the student's.

    Without `readable` it is the released notebook, and nothing was handed in that could be graded.
    """

    notebook: Notebook
    flags: list[Flag] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    readable: bool = True


def rebuild(content: bytes | None, original: InstructorNotebook) -> Rebuilt:
    """The original's notebook with what `content` answers; without anything readable, the released notebook."""
    handed = read(content)
    flags = [Flag(kind, text, original.name, look=kind != "format") for kind, text in handed.faults]
    if handed.cells is None:
        flags[-1] = Flag(flags[-1].kind, f"{flags[-1].text}; it earned no points", original.name)
        return Rebuilt(original.notebook(cell.as_dict() for cell in original.cells), flags, readable=False)
    pairs = match(handed.cells, original.cells)
    flags += list(_flags(handed, original, pairs))
    cells = list(_in_order(handed.cells, original.cells, pairs))
    answered = {
        original.cells[number].grade_id
        for index, number in pairs.items()
        if not original.cells[number].locked and not original.cells[number].as_released(handed.cells[index].text)
    }
    return Rebuilt(original.notebook(cells), flags, answered - {""})


def is_extra(cell: Mapping[str, Any]) -> bool:
    """Whether a cell of a rebuilt notebook is one that the student added."""
    return not cell["metadata"] and cell["id"].startswith(EXTRA)


def _in_order(cells: Sequence[Cell], originals: Sequence[InstructorCell], pairs: Pairs) -> Iterator[dict[str, Any]]:
    """The original's cells, each followed by the extra cells that followed it in the submission."""
    extras = _extras(cells, pairs)
    theirs = {number: cells[index] for index, number in pairs.items()}
    yield from extras.get(-1, [])
    for number, original in enumerate(originals):
        yield _filled(original, theirs.get(number))
        yield from extras.get(number, [])


def _extras(cells: Sequence[Cell], pairs: Pairs) -> dict[int, list[dict[str, Any]]]:
    """Extra cells by the original's cell that they follow (-1: before the first)."""
    fixed, after = in_place(pairs), -1
    found: dict[int, list[dict[str, Any]]] = {}
    for index, cell in enumerate(cells):
        if index in fixed:
            after = pairs[index]
        elif index not in pairs and cell.text.strip():
            kind = "raw" if "skip-execution" in cell.tags else cell.kind
            extra = cell_dict(kind, f"{EXTRA}{index}", cell.text, {}, cell.pictures)
            found.setdefault(after, []).append(extra)
    return found


def _filled(original: InstructorCell, theirs: Cell | None) -> dict[str, Any]:
    if original.locked:
        return original.as_dict()
    if theirs is not None:
        return original.as_dict(theirs.text, theirs.pictures)
    gone = bool(original.entry) and not original.graded  # an answer cell; one that a person marks shows its starter
    if gone and original.kind == "code":
        return original.as_dict(MISSING)
    return original.as_dict()


def _flags(handed: Handed, original: InstructorNotebook, pairs: Pairs) -> Iterator[Flag]:
    cells = handed.cells or []
    theirs = {number: index for index, number in pairs.items()}
    fixed = in_place(pairs)
    if handed.language and handed.language.lower() != "python":
        reported = f"its kernel is for {handed.language[:40]!r}; it was run with Python"
        yield Flag("kernelspec", reported, original.name)
    if cells and not any(cell.entry for cell in cells) and any(cell.entry for cell in original.cells):
        reported = "its cells had lost nbgrader's metadata; they were matched by id, content and position"
        yield Flag("stripped", reported, original.name, look=False)
    for number, expected in enumerate(original.cells):
        if not expected.entry:
            continue
        if number not in theirs:
            if expected.locked or expected.kind == "code" or expected.graded:
                yield Flag(
                    "deleted", f"the {expected.called} was missing; it was put back", original.name, expected.grade_id
                )
            continue
        index = theirs[number]
        for kind, reported in _changes(cells[index], expected, index in fixed):
            yield Flag(kind, f"the {expected.called} {reported}", original.name, expected.grade_id)
    yield from _unknown(cells, original, pairs)


def _changes(cell: Cell, original: InstructorCell, stands: bool) -> Iterator[tuple[str, str]]:
    """What a student did to one of the instructor's cells beyond answering in it."""
    if original.locked and not original.as_released(cell.text):
        yield "edited", "was edited; the released one was run"
    if cell.kind != original.kind:
        yield "retyped", f"was made a {cell.kind} cell; it was taken as a {original.kind} cell"
    if not stands:
        yield "moved", "was moved; it was graded in its own place"
    if SKIP_TAGS & set(cell.tags) - set(original.tags):
        yield "tag", f"carried the tag {min(SKIP_TAGS & set(cell.tags))!r}, which was ignored"
    if cell.grade_id not in ("", original.grade_id):
        yield "metadata", "had its name changed; the released one counts"
    if cell.entry and _number(cell.entry.get("points")) != _number(original.entry.get("points")) and original.graded:
        yield "points", "had its points changed; the released points count"
    if cell.entry and any(bool(cell.entry.get(key)) != bool(original.entry.get(key)) for key in ("grade", "solution")):
        yield "metadata", "had its role changed; the released one counts"
    elif cell.entry and cell.entry.get("schema_version", 3) not in (1, 2, 3):
        yield "metadata", "had the version of its metadata changed"


def _unknown(cells: Sequence[Cell], original: InstructorNotebook, pairs: Pairs) -> Iterator[Flag]:
    """Copies of the instructor's cells, and cells that claim points which nobody gave them."""
    known = {expected.grade_id: expected for expected in original.cells if expected.grade_id}
    for index, cell in enumerate(cells):
        if index in pairs or not cell.grade_id:
            continue
        if cell.grade_id in known:
            reported = (
                f"the {known[cell.grade_id].called} was there more than once; the copy was taken as an extra cell"
            )
            yield Flag("duplicated", reported, original.name, cell.grade_id)
        elif cell.entry.get("grade") or cell.entry.get("points"):
            reported = f"the extra cell {cell.grade_id[:60]!r} claims points; it is worth none"
            yield Flag("extra", reported, original.name, cell.grade_id[:60])


def _number(points: Any) -> float | None:
    return float(points) if isinstance(points, int | float) and not isinstance(points, bool) else None
