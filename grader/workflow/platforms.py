"""What the upload pages of Moodle and Canvas take, and the table of grades that Gradescope itself exports.

Columns as the platforms' own code reads and writes them (Moodle: mod/assign/feedback/offline, grade/import/csv; Canvas:
lib/gradebook_importer.rb). Nothing is read or written here.
"""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from grader.workflow.late_days import Taken
from grader.workflow.roster import Person

Row = dict[str, Any]


@dataclass(frozen=True)
class Item:
    """A graded cell of one student; `points` None: nobody has given any yet."""

    notebook: str
    name: str
    points: float | None
    maximum: float
    automatic: float | None
    by_hand: float | None
    extra_credit: float | None
    is_open: bool
    comment: str


@dataclass
class Marks:
    """One student's marks of one exercise; times as text in the exercise's zone, and in UTC as nbgrader keeps them."""

    assignment: str
    person: Person
    maximum: float
    identifier: str = ""
    handed_in: bool = False
    raw: float = 0.0
    penalty: float = 0.0
    waits: bool = False
    items: list[Item] = field(default_factory=list)
    due: str = ""
    received: str = ""
    due_utc: datetime | None = None
    received_utc: datetime | None = None
    late_by: timedelta = timedelta()
    told: str = ""
    late_days: Taken | None = None

    @property
    def final(self) -> float:
        """What counts: with extra credit, which may pass the maximum, less the penalty."""
        return max(0.0, round(self.raw - self.penalty, 4))

    def grade(self, zero: bool) -> float | str:
        """What a platform gets: nothing for who handed in nothing, or 0."""
        return self.final if self.handed_in else 0.0 if zero else ""


@dataclass
class Upload:
    """A platform's file, and what a person should know: `missing` names whom the platform will not find."""

    heading: Sequence[str]
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def moodle(marks: Sequence[Marks], zero: bool, _: str = "") -> Upload:
    """For an assignment's grading worksheet (Identifier), or for Grades > Import > CSV file (Email address).

    The worksheet passes over a grade that Moodle has from later than what the file says of its last change, as it does
    over one of which the file says nothing: so the time of this export stands there, with its zone.
    """
    heading = ["Identifier", "Full name", "ID number", "Email address", "Grade", "Maximum Grade"]
    heading += ["Last modified (grade)", "Feedback comments"]
    now, rows = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", []
    for mark in marks:
        who = f"{mark.person.first} {mark.person.last}".strip() or mark.person.id
        row: Row = {"Identifier": mark.identifier, "Full name": who, "ID number": mark.person.number}
        row |= {"Email address": mark.person.email, "Grade": mark.grade(zero), "Maximum Grade": mark.maximum}
        row |= {"Last modified (grade)": "" if row["Grade"] == "" else now}
        rows.append(row | {"Feedback comments": _comment(mark) if mark.handed_in else ""})
    graded = [mark for mark in marks if mark.grade(zero) != ""]
    lost = [mark.person.id for mark in graded if not (mark.identifier or mark.person.email or mark.person.number)]
    unnamed = [mark.person.id for mark in graded if not mark.identifier]
    above = [mark.person.id for mark in graded if mark.final > mark.maximum]
    notes = []
    if unnamed:
        notes.append(
            f"no Identifier (it is in the download of hand-ins) for {', '.join(unnamed)}: Moodle's grading worksheet "
            "leaves them out; Grades > Import > CSV file takes all by Email address"
        )
    if above:
        notes.append(f"above the maximum, which Moodle's worksheet passes over: {', '.join(above)}")
    return Upload(heading, rows, notes, [f"{student}: no Identifier, e-mail or ID number" for student in lost])


def _comment(marks: Marks) -> str:
    """Points and comments item by item, and what lateness cost, as Moodle shows it."""
    lines = [marks.told] if marks.told else []
    lines += [f"{marks.raw:g} points before the penalty, {marks.final:g} after it."] if marks.penalty else []
    for item in marks.items:
        points = "not marked yet" if item.points is None else f"{item.points:g} of {item.maximum:g}"
        lines.append(f"{item.name}: {points}" + (f". {item.comment}" if item.comment else ""))
    return "<br>\n".join(html.escape(line) for line in lines)


def canvas(marks: Sequence[Marks], zero: bool, column: str = "") -> Upload:
    """For Canvas's gradebook, Import: a column an exercise, by its heading there, and the line of maxima."""
    names = list(dict.fromkeys(mark.assignment for mark in marks))
    titles = {name: column or name for name in names}
    maxima = {titles[mark.assignment]: mark.maximum for mark in marks}
    rows: dict[str, Row] = {"": {"Student": "    Points Possible"} | maxima}
    for mark in marks:
        who = mark.person
        name = f"{who.last}, {who.first}" if who.last and who.first else who.last or who.first or who.id
        row = {"Student": name, "ID": who.canvas, "SIS User ID": who.number, "SIS Login ID": who.login}
        rows.setdefault(who.id, row | {"Section": who.section})[titles[mark.assignment]] = mark.grade(zero)
    lost = dict.fromkeys(
        mark.person.id for mark in marks if not (mark.person.canvas or mark.person.number or mark.person.login)
    )
    missing = [f"{who}: no Canvas ID, SIS User ID or SIS Login ID, so Canvas looks for the name" for who in lost]
    notes = (
        []
        if column
        else [f"Canvas takes {', '.join(names)} for new assignments unless they are called so there (--column)"]
    )
    return Upload(
        ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", *maxima), list(rows.values()), notes, missing
    )


def gradescope(marks: Sequence[Marks], zero: bool, _: str = "") -> Upload:
    """The columns of Gradescope's own export of an assignment, an item as a question, and what lateness cost."""
    first = ["First Name", "Last Name", "SID", "Email", "Sections", "Total Score", "Max Points", "Status"]
    first += ["Submission ID", "Submission Time", "Lateness (H:M:S)", "View Count", "Submission Count"]
    known = next((mark.items for mark in marks if mark.items), [])
    titles = {
        (question.notebook, question.name): f"{number}: {question.name} ({question.maximum:g} pts)"
        for number, question in enumerate(known, 1)
    }
    rows = []
    for mark in marks:
        who, seconds = mark.person, int(mark.late_by.total_seconds())
        late = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        row: Row = {"First Name": who.first, "Last Name": who.last, "SID": who.id, "Email": who.email}
        row |= {"Sections": who.section, "Total Score": mark.grade(zero), "Max Points": mark.maximum}
        row |= {"Status": "Missing" if not mark.handed_in else "Ungraded" if mark.waits else "Graded"}
        if mark.handed_in:
            row |= {"Submission Time": mark.received, "Lateness (H:M:S)": late, "Submission Count": 1}
            row |= {"Score Before Penalty": mark.raw, "Late Penalty": mark.penalty}
            row |= {
                titles[item.notebook, item.name]: item.points
                for item in mark.items
                if (item.notebook, item.name) in titles
            }
        rows.append(row)
    notes = ["each student's results.json, as Gradescope's autograders write it, is in reports"]
    return Upload((*first, *titles.values(), "Score Before Penalty", "Late Penalty"), rows, notes)


PLATFORMS: dict[str, Callable[[Sequence[Marks], bool, str], Upload]] = {
    "moodle": moodle,
    "canvas": canvas,
    "gradescope": gradescope,
}
