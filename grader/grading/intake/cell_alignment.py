"""Which cell of a submission is which cell of the instructor's notebook: by grade id, cell id, content, position.

Decides nothing about marks; what it cannot match is an extra cell.
"""

import bisect
import difflib
import itertools
import re
from collections.abc import Sequence

from grader.grading.intake.instructor_notebook import InstructorCell
from grader.grading.intake.notebook_parser import Cell, bare

COMPARED = 2_000  # characters of a cell that are compared
PAIRS = 400  # more pairs of cells in one gap are compared by the names they define alone
ALIKE = 0.5
SAME_NAME = 2.0
NAMES = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)\s*=", re.MULTILINE)

Pairs = dict[int, int]


def match(cells: Sequence[Cell], originals: Sequence[InstructorCell]) -> Pairs:
    """Index of a submitted cell to index of the original's cell; each of either at most once."""
    pairs: Pairs = {}
    _by_grade_id(cells, originals, pairs)
    _by_cell_id(cells, originals, pairs)
    _by_content(cells, originals, pairs)
    _by_position(cells, originals, pairs)
    return pairs


def in_place(pairs: Pairs) -> set[int]:
    """The submitted cells that stand in the original's order: the longest such run of them."""
    order = sorted(pairs)
    tails: list[int] = []
    ends: list[int] = []
    before: dict[int, int] = {}
    for index in order:
        place = bisect.bisect_left(tails, pairs[index])
        if place == len(tails):
            tails.append(0)
            ends.append(0)
        tails[place], ends[place] = pairs[index], index
        before[index] = ends[place - 1] if place else -1
    kept, index = set(), ends[-1] if ends else -1
    while index >= 0:
        kept.add(index)
        index = before[index]
    return kept


def same(text: str, other: str) -> bool:
    """True if two texts differ in nothing but white space at ends of lines and of the text."""
    return bare(text) == bare(other)


def _by_grade_id(cells: Sequence[Cell], originals: Sequence[InstructorCell], pairs: Pairs) -> None:
    """Of copies of a cell the first that was worked in counts, else the first."""
    found: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        if cell.grade_id:
            found.setdefault(cell.grade_id, []).append(index)
    for number, original in enumerate(originals):
        copies = found.get(original.grade_id, []) if original.grade_id else []
        worked_in = [index for index in copies if not original.as_released(cells[index].text)]
        if copies:
            pairs[(worked_in if worked_in and not original.locked else copies)[0]] = number


def _by_cell_id(cells: Sequence[Cell], originals: Sequence[InstructorCell], pairs: Pairs) -> None:
    known = {original.cell_id: number for number, original in _left(originals, pairs) if original.cell_id}
    for index in _nameless(cells, originals, pairs):
        cell = cells[index]
        if cell.cell_id in known:
            pairs[index] = known.pop(cell.cell_id)


def _by_content(cells: Sequence[Cell], originals: Sequence[InstructorCell], pairs: Pairs) -> None:
    known: dict[str, list[int]] = {}
    for number, original in _left(originals, pairs):
        known.setdefault(bare(original.released), []).append(number)
    for index in _nameless(cells, originals, pairs):
        text = bare(cells[index].text)
        if text and known.get(text):
            pairs[index] = known[text].pop(0)


def _by_position(cells: Sequence[Cell], originals: Sequence[InstructorCell], pairs: Pairs) -> None:
    """Between two cells that are known, in order, what is most alike."""
    fixed = sorted((index, pairs[index]) for index in in_place(pairs))
    used, nameless = set(pairs.values()), set(_nameless(cells, originals, pairs))
    ends = [(-1, -1), *fixed, (len(cells), len(originals))]
    for (first, low), (last, high) in itertools.pairwise(ends):
        student_cells = [index for index in range(first + 1, last) if index in nameless]
        ours = [number for number in range(low + 1, high) if number not in used]
        if student_cells and ours:
            pairs.update(_aligned(cells, student_cells, originals, ours))


def _aligned(
    cells: Sequence[Cell], student_cells: list[int], originals: Sequence[InstructorCell], ours: list[int]
) -> Pairs:
    """The pairs in order with the greatest likeness in sum (dynamic programming over the gap)."""
    fine = len(student_cells) * len(ours) <= PAIRS
    if len(student_cells) * len(ours) > 100 * PAIRS:
        student_cells = student_cells[: max(1, 100 * PAIRS // len(ours))]
    alike = [[_likeness(cells[index], originals[number], fine) for number in ours] for index in student_cells]
    if len(student_cells) == len(ours) == 1 and _may_be(cells[student_cells[0]], originals[ours[0]]):
        return {student_cells[0]: ours[0]}
    best = [[0.0] * (len(ours) + 1) for _ in range(len(student_cells) + 1)]
    for i in range(len(student_cells) - 1, -1, -1):
        for j in range(len(ours) - 1, -1, -1):
            paired = alike[i][j] + best[i + 1][j + 1] if alike[i][j] else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    found, i, j = {}, 0, 0
    while i < len(student_cells) and j < len(ours):
        if alike[i][j] and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
            found[student_cells[i]] = ours[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _may_be(cell: Cell, original: InstructorCell) -> bool:
    return cell.kind == original.kind and not original.locked and bool(cell.text.strip())


def _likeness(cell: Cell, original: InstructorCell, fine: bool) -> float:
    """0 if the two are not the same cell; defining the same name counts more than any likeness of text."""
    text, released = cell.text[:COMPARED], original.released[:COMPARED]
    shared = SAME_NAME * bool(_names(text) & _names(released)) if not original.locked else 0.0
    if not fine:
        return shared
    matcher = difflib.SequenceMatcher(None, text, released, autojunk=False)
    ratio = matcher.ratio() if matcher.real_quick_ratio() >= ALIKE or shared else 0.0
    return shared + ratio if shared or (ratio >= ALIKE and cell.kind == original.kind) else 0.0


def _names(text: str) -> set[str]:
    return {name for groups in NAMES.findall(text) for name in groups if name}


def _nameless(cells: Sequence[Cell], originals: Sequence[InstructorCell], pairs: Pairs) -> list[int]:
    """Cells not matched yet that are no copies: without a grade id, or with one that nobody gave."""
    known = {original.grade_id for original in originals} - {""}
    return [index for index, cell in enumerate(cells) if index not in pairs and cell.grade_id not in known]


def _left(originals: Sequence[InstructorCell], pairs: Pairs) -> list[tuple[int, InstructorCell]]:
    used = set(pairs.values())
    return [(number, original) for number, original in enumerate(originals) if number not in used]
