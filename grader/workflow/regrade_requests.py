"""Requests to regrade that students send back: lines with the id that stands on their page of feedback."""

from dataclasses import dataclass, replace
from pathlib import Path

from grader.course import Course
from grader.errors import GraderError
from grader.grading.output.sanitize import as_line
from grader.workflow.tables import read_rows, read_text

COLUMNS = ("id", "item", "reason")
LONGEST_REASON, LONGEST_KEY = 300, 60  # characters that are shown


@dataclass(frozen=True)
class Request:
    """What a student asks to look at again, with its points as they are; `item` is empty for the whole exercise.

    `times`: so often it is asked; `reason` is the first one, as one line that can be read in a list.
    """

    student: str
    item: str
    reason: str
    points: float
    maximum: float
    times: int = 1


def read_requests(course: Course, name: str, path: Path) -> tuple[list[Request], list[str]]:
    """The requests in a CSV id,item,reason, and a sentence for each line that names no feedback or item of `name`.

    `id` is nbgrader's of the submission. Raises `GraderError` for a file without these columns.
    """
    headings, *rows = read_rows(read_text(path, "requests")) or [[]]
    places = {heading.strip().casefold().removeprefix("feedback "): place for place, heading in enumerate(headings)}
    if "id" not in places:
        raise GraderError(f"{path}, line 1: it has the columns {', '.join(headings)}; known are {', '.join(COLUMNS)}")
    found: dict[tuple[str, str], Request] = {}
    faults = []
    with course.gradebook() as book:
        known = {submission.id: submission for whole in book.assignments for submission in whole.submissions}
        for number, row in enumerate(rows, 2):
            cells = [*(cell.strip() for cell in row), *[""] * len(headings)]
            key, item, reason = (cells[places[column]] if column in places else "" for column in COLUMNS)
            if not any(cells):
                continue
            whole = known.get(key.casefold())
            if whole is None or whole.assignment.name != name:
                of = f"is feedback on {whole.assignment.name}, not on {name}" if whole else "is no feedback's"
                faults.append(f"line {number}: the id {key[:LONGEST_KEY]!r} {of}")
                continue
            grades = {grade.name: grade for notebook in whole.notebooks for grade in notebook.grades}
            if item and item not in grades:
                asks = f"{whole.student.id} asks for the item {item[:LONGEST_KEY]!r}"
                faults.append(f"line {number}: {asks}; there are {', '.join(sorted(grades))}")
                continue
            if same := found.get((key.casefold(), item)):
                found[key.casefold(), item] = replace(same, times=same.times + 1)
                continue
            asked = grades[item] if item else whole
            why = as_line(reason, LONGEST_REASON)
            found[key.casefold(), item] = Request(whole.student.id, item, why, asked.score, asked.max_score)
    return [*found.values()], faults
