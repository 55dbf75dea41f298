"""When hand-ins were received, from what their platform says of it: a worksheet, its API's answer, a table.

The zips of Moodle and Canvas carry the time of the download at every entry, never that of the hand-in (Moodle's
`core_files` archive writer, Canvas's `content_zipper`); a repository's commits have the time that their author wrote.
Without such a file nobody of theirs is charged for lateness.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from grader.course import STAMP, Course
from grader.errors import GraderError
from grader.workflow.roster import People
from grader.workflow.submission_names import CANVAS_ID, PARTICIPANT
from grader.workflow.tables import read_rows, read_text

OWN = ("received", "submitted_at")
OF_MOODLE = (
    "last modified (submission)",
    "zuletzt geändert (abgabe)",
    "dernière modification (travail remis)",
    "última modificación (entrega)",
)
NAMES = (
    "identifier", "name", "full name", "id", "id number", "email", "email address", "student", "source",
    "vollständiger name", "e-mail-adresse", "identifiant", "nom complet", "adresse de courriel", "identificador",
    "nombre completo", "dirección de correo",
)  # fmt: skip
MONTHS = (
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
)
MONTH = {name: number for names in MONTHS for number, name in enumerate(names.split(), 1)}
WRITTEN = re.compile(  # as Moodle writes a time: Friday, 20 November 2026, 9:05 AM
    r"(?:\w+,? )?(?P<day>\d{1,2})\.? (?:de )?(?P<month>[^\W\d]+)\.?(?: de)? (?P<year>\d{4}),? "
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?:\s(?P<half>[AP]M))?",
    re.IGNORECASE,
)
NONE = ("", "-")
JSON_GUARD = "while(1);"  # before the answer of Canvas's API in a browser
MANY = 5
KNOWN = (
    "Bring Moodle's grading worksheet (column Last modified (submission)), the JSON of Canvas's submissions "
    "(user_id, submitted_at), or a CSV with the columns name,received"
)


def read_times(
    path: Path, zone: tzinfo | None, people: People | None = None
) -> tuple[dict[str, datetime], dict[str, set[str]]]:
    """When hand-ins were received (UTC) by names of theirs, in lower case; and the names on each line that has a time.

    Whom of `people` a line names is one of its names, by id.

    From Moodle's grading worksheet, the JSON of Canvas's submissions, or a CSV with the columns name, received; a time
    without a zone is of `zone`, else of this machine. A name of two rows is left out. Raises `GraderError` for a file
    that is none of these, and for a time that cannot be read.
    """
    text = read_text(path, "times").removeprefix(JSON_GUARD)
    rows = _of_canvas(path, text) if text.lstrip()[:1] in ("[", "{") else _of_table(path, text)
    found: dict[str, set[datetime]] = {}
    lines: dict[str, set[str]] = {}
    for place, names, written in rows:
        if written.strip() not in NONE:
            when = _read(written.strip(), zone, f"{path}, {place}")
            student = people.find(names)[0] if people else ""
            lines[place] = {name.casefold() for name in (*names, student) if name}
            for name in lines[place]:
                found.setdefault(name, set()).add(when)
    if not found:
        raise GraderError(f"the times {path} hold no time of receipt. {KNOWN}")
    return {name: times.pop() for name, times in found.items() if len(times) == 1}, lines


def of_nobody(lines: Mapping[str, set[str]], known: set[str]) -> str:
    """The lines that hold none of the `known` names, in lower case, and what to do; empty where each holds one."""
    found = [f"{place} ({', '.join(sorted(names))})" for place, names in lines.items() if not names & known]
    fix = "no hand-in here and nobody in the roster has this name. Correct it, or enter the roster"
    return f"{_first(found)}: {fix}" if found else ""


def time_of(names: Iterable[str], times: Mapping[str, datetime]) -> datetime | None:
    """The time of the first of the names that has one."""
    return next((times[name.casefold()] for name in names if name.casefold() in times), None)


def without_time(course: Course, name: str) -> list[str]:
    """The students whose hand-in lies there without a time of receipt."""
    return [
        student
        for student in course.students(name)
        if not (course.folder("submitted", student, name) / STAMP).is_file()
    ]


def lack_of(course: Course, name: str, students: list[str]) -> str:
    """What it means that these students' hand-ins have no time of receipt, and what to bring; empty for nobody."""
    if not students:
        return ""
    return (
        f"No time of receipt for {_first(students)}: a download of Moodle or Canvas holds the time of the download "
        "only, a repository what its owner wrote. None of them is charged for lateness until you bring it: "
        f"{course.command(f'collect {name} FROM --times FILE')}"
    )


def _first(names: list[str]) -> str:
    return ", ".join(names[:MANY]) + (f" and {len(names) - MANY} more" if len(names) > MANY else "")


def _of_canvas(path: Path, text: str) -> Iterator[tuple[str, list[str], str]]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, or brackets in brackets, too
        raise GraderError(f"the times {path} are no JSON ({error}). {KNOWN}") from error
    for number, entry in enumerate(read if isinstance(read, list) else [read], 1):
        if not isinstance(entry, dict) or "submitted_at" not in entry:
            raise GraderError(f"{path}, entry {number} has no submitted_at. {KNOWN}")
        ids = [entry.get("user_id"), entry.get("anonymous_id")]
        yield f"entry {number}", [f"{CANVAS_ID}{found}" for found in ids if found], str(entry["submitted_at"] or "")


def _of_table(path: Path, text: str) -> Iterator[tuple[str, list[str], str]]:
    headings, *rows = read_rows(text) or [[]]
    plain = [heading.strip().casefold() for heading in headings]
    when = [place for place, heading in enumerate(plain) if heading in (*OWN, *OF_MOODLE)]
    names = [place for place, heading in enumerate(plain) if heading in NAMES]
    if len(when) != 1 or not names:
        raise GraderError(f"the times {path} have the columns {', '.join(headings) or 'nothing'}. {KNOWN}")
    is_moodle = plain[when[0]] in OF_MOODLE  # whose first column is the Identifier, under a word of any language
    for number, row in enumerate(rows, 2):
        if len(row) <= when[0]:
            continue
        known = [row[place].strip() for place in names if place > 0 or not is_moodle]
        if is_moodle and (identifier := re.search(r"\d+$", row[0].strip())):
            known.append(f"{PARTICIPANT} {identifier[0]}")
        yield f"line {number}", known, row[when[0]]


def _read(written: str, zone: tzinfo | None, place: str) -> datetime:
    """The moment in UTC; of an hour that clocks show twice the first, in the student's favour."""
    try:
        found = _parsed(written)
        return (found if found.tzinfo else found.replace(tzinfo=zone) if zone else found).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # of a zone that leads out of the years that there are, too
        raise GraderError(
            f"{place}: the time {written!r} cannot be read. Write it as 2027-01-15 23:59, or download Moodle's "
            "worksheet with English as your language"
        ) from error


def _parsed(text: str) -> datetime:
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    match = WRITTEN.fullmatch(text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " "))
    month = MONTH.get(match["month"].casefold()) if match else None
    if match is None or month is None:
        raise ValueError("no time")
    hour, half = int(match["hour"]), (match["half"] or "").upper()
    hour = hour % 12 + (12 if half == "PM" else 0) if half else hour
    return datetime(int(match["year"]), month, int(match["day"]), hour, int(match["minute"]))
