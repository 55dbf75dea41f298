"""One comment for all of a group of like wrong answers, into nbgrader's gradebook as if typed in formgrader."""

from dataclasses import dataclass

from grader.course import Course, write_alone
from grader.errors import GraderError
from grader.workflow.class_report.results import read
from grader.workflow.class_report.shared_mistakes import bank_of, groups

NEW, THERE = "commented", "has this comment"


@dataclass(frozen=True)
class Commented:
    """One student's outcome, and the cell that the comment belongs to."""

    student: str
    cell: str
    outcome: str

    @property
    def is_new(self) -> bool:
        """Whether the comment is written, or would be."""
        return self.outcome == NEW


def comment(course: Course, name: str, group: str, text: str, write: bool) -> list[Commented]:
    """Each student of the group: commented, or left alone because a person has commented there already.

    The comment belongs to the answer cell before the test, where feedback shows it. Nothing is written without `write`.
    Raises `GraderError` if there is no such group, no text, or no cell for it.
    """
    if not text.strip():
        raise GraderError('the comment is empty. Write it after the group: --comment GROUP "text"')
    found = {candidate.id: candidate for candidate in groups(read(course, name), bank_of(course.root, name))}
    if group not in found:
        known = ", ".join(found) or "none"
        listed = course.command(f"report {name}")
        raise GraderError(f"{name} has no group {group!r} (known: {known}). See the page that {listed} writes.")
    item = found[group].item
    if not item.answer:
        raise GraderError(
            f"{item.key} has no answer cell before it, so no comment on it would be shown. Comment in formgrader."
        )
    done = []
    with course.gradebook() as book:
        if write:
            write_alone(book)
        for student in found[group].students:
            row = book.find_comment(item.answer, item.notebook, name, student)
            there = row.manual_comment or ""
            outcome = THERE if there == text else f"left alone, it says: {there[:60]}" if there else NEW
            done.append(Commented(student, item.answer, outcome))
            if write and outcome == NEW:
                row.manual_comment = text
        if write:
            book.db.commit()
    return done
