"""The class: who takes part, by which names files and platforms know them; from a CSV into nbgrader's gradebook.

Names and e-mail stand in nbgrader's table of students, Canvas's number in its `lms_user_id`; what it has no column for,
in a table of ours. A student's id never changes: a row of another id with a known e-mail or Canvas number is the same
person.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from grader.course import Course, write_alone
from grader.errors import GraderError
from grader.names import is_student_id
from grader.workflow.submission_names import CANVAS_ID
from grader.workflow.tables import read_rows, read_text

TABLE = "mlsd_student"
NOBODY = "nobody of the roster has this name, id or e-mail; add them (mlsd roster) or name them in --map"
OWN = ("section", "number", "login", "github")  # the columns of that table
HEADINGS = {
    "name": ("name", "full name", "vollständiger name", "nom complet", "nombre completo"),
    "first": ("first name", "firstname", "vorname", "prénom", "nombre"),
    "last": ("last name", "lastname", "surname", "nachname", "nom", "nom de famille", "apellido(s)", "apellidos"),
    "email": (
        "email", "e-mail", "email address", "e-mail address", "e-mail-adresse", "adresse de courriel",
        "dirección de correo", "dirección email", "correo electrónico",
    ),
    "id": ("student", "id", "student id"),
    "number": ("id number", "sis user id", "sis id", "id-nummer", "numéro d'identification", "número de id"),
    "login": ("username", "login", "login id", "sis login id", "anmeldename", "nom d'utilisateur", "nombre de usuario"),
    "section": ("section", "group", "groups", "gruppe", "gruppen", "groupe", "groupes", "grupo", "grupos"),
    "github": ("github", "github_username", "github username", "github name"),
    "roles": ("role", "roles", "rolle", "rollen", "rôle", "rôles", "rol"),
    "canvas": (),
}  # fmt: skip
STUDENTS = ("student", "teilnehmer", "studierende", "étudiant", "estudiante")  # as platforms call the role
OF_CANVAS = {"student": "name", "id": "canvas"}  # where Canvas uses a word otherwise
ONE_OF = "id, e-mail, number or login"
KNOWN = "\n  ".join(
    (
        "a table of yours: id, name (or first name, last name), email, section, github",
        "Moodle, participants or grades: First name, Last name (or Surname, Full name), Email address, ID number, "
        "Username, Groups, Roles",
        "Canvas, gradebook: Student (or LastName, FirstName), ID, SIS User ID, SIS Login ID, Section",
        "Canvas, people: Name, Login ID, SIS ID, Section, Role",
    )
)


@dataclass
class Person:
    """A student of the class; an empty text is not known. `canvas` is Canvas's own number of the person."""

    id: str
    first: str = ""
    last: str = ""
    email: str = ""
    canvas: str = ""
    number: str = ""
    login: str = ""
    section: str = ""
    github: str = ""

    def __str__(self) -> str:
        name = f"{self.first} {self.last}".strip()
        return f"{self.id} ({name})" if name else self.id

    @property
    def keys(self) -> set[str]:
        """What names this person and nobody else."""
        exact = {self.id, self.email, self.number, self.login, self.github}
        exact |= {CANVAS_ID + self.canvas} if self.canvas else set()
        return {key.casefold() for key in exact if key}


@dataclass
class Change:
    """One line on a student: added, changed, unchanged, removed, or "not in the file"; `detail` says what and why."""

    person: Person
    outcome: str
    detail: str = ""


class People:
    """The class as a collected file is looked up in it."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.exact: dict[str, dict[str, Person]] = {}
        self.named: dict[str, dict[str, Person]] = {}
        for person in people:
            for key in person.keys:
                self.exact.setdefault(key, {})[person.id] = person
            names = (f"{person.first} {person.last}", f"{person.last} {person.first}")
            for name in names if person.first or person.last else (person.id,):
                for form in _forms(name):
                    self.named.setdefault(form, {})[person.id] = person

    def find(self, names: Sequence[str], displayed: Sequence[str] = ()) -> tuple[str, str]:
        """The id of the one student whom these names mean, or "" and why not. An id goes before a name.

        One that is `displayed` is no id: a student who chose that of another would hand in as the other.
        """
        exact = [name for name in names if name not in displayed]
        for index, forms, asked in ((self.exact, _lower, exact), (self.named, _forms, names)):
            found = {
                who: person for name in asked for form in forms(name) for who, person in index.get(form, {}).items()
            }
            if len(found) == 1:
                return next(iter(found)), ""
            if found:
                listed = " and ".join(str(found[who]) for who in sorted(found))
                return "", f"it may be of {listed}, who share a name; say of whom it is: --map (columns name,student)"
        return "", NOBODY


def _lower(name: str) -> set[str]:
    return {name.casefold()}


def _forms(name: str) -> set[str]:
    """A name in letters and digits alone, with its accents and without: as platforms write it into file names."""
    whole = unicodedata.normalize("NFC", name).casefold()
    plain = unicodedata.normalize("NFKD", whole).encode("ascii", "ignore").decode()
    return {re.sub(r"[\W_]+", "", form) for form in (whole, plain)} - {""}


def read_roster(path: Path) -> tuple[list[Person], set[str]]:
    """The students in a CSV file and the fields that its columns give.

    Raises `GraderError` with the lines that cannot be taken, or with the headings that are known.
    """
    headings, *rows = read_rows(read_text(path, "roster")) or [[]]
    columns = _columns(path, headings)
    people: dict[str, Person] = {}
    holders: dict[str, Person] = {}
    faults: list[str] = []
    for number, row in enumerate(rows, 2):
        known = {name: row[place].strip() for place, name in columns.items() if place < len(row)}
        if not _is_student(known):
            continue
        person = _person(known)
        if fault := _fault(person, holders):
            faults.append(f"line {number}: {fault}")
        elif person.id in people:
            people[person.id].section = ", ".join(dict.fromkeys([people[person.id].section, person.section]))
        else:
            people[person.id] = person
            holders |= dict.fromkeys(person.keys, person)
    if faults:
        listed = "\n  ".join(faults[:10]) + (f"\n  and {len(faults) - 10} more" if faults[10:] else "")
        raise GraderError(f"{path} was not taken:\n  {listed}")
    if not people:
        raise GraderError(f"{path} names no student. Known columns:\n  {KNOWN}")
    given = set(columns.values())
    return list(people.values()), given | ({"first", "last"} if "name" in given else set())


def _columns(path: Path, headings: Sequence[str]) -> dict[int, str]:
    """Which field stands at which place of a row."""
    plain = [re.sub(r"\s+", " ", heading).strip().lower() for heading in headings]
    is_canvas = {"id", "section"} <= set(plain) and ("sis login id" in plain or plain[0] == "student")
    names = {heading: name for name, listed in HEADINGS.items() for heading in listed}
    names |= OF_CANVAS if is_canvas else {}
    found = {place: names[heading] for place, heading in enumerate(plain) if heading in names}
    if twice := {name for name in found.values() if list(found.values()).count(name) > 1}:
        listed = ", ".join(headings[place] for place, name in found.items() if name in twice)
        raise GraderError(f"{path}, line 1: the columns {listed} mean the same; leave one of them")
    if not {"id", "email", "login", "number", "canvas"} & set(found.values()):
        raise GraderError(f"{path}, line 1: no column says who a student is ({', '.join(headings)}). Known:\n  {KNOWN}")
    return found


def _is_student(known: dict[str, str]) -> bool:
    """Not an empty line, Canvas's line of maxima, its notes on posting or its test student, nor another role."""
    if "points possible" in known.get("name", "").lower() or known.get("name", "") == "Student, Test":
        return False
    if "canvas" in known and not (known["canvas"] or known.get("login")):
        return False
    role = (known.get("roles") or "student").lower()
    return any(known.values()) and any(word in role for word in STUDENTS)


def _person(known: dict[str, str]) -> Person:
    person = Person("", **{name: value for name, value in known.items() if name not in ("id", "name", "roles")})
    if "name" in known and not (person.first or person.last):
        last, comma, first = known["name"].partition(",")
        person.first, person.last = (first, last) if comma else known["name"].rpartition(" ")[::2]
        person.first, person.last = person.first.strip(), person.last.strip()
    person.email = person.email or (person.login if "@" in person.login else "")
    person.id = next(
        (key for key in (known.get("id"), person.number, person.login, person.email, person.canvas) if key), ""
    )
    return person


def _fault(person: Person, holders: dict[str, Person]) -> str:
    """What is wrong with a row; `holders` are the people of earlier rows by their keys."""
    if not is_student_id(person.id):
        rule = "letters, digits, '.', '_', '-', '@' (and not begin with '.' or '-'); give a column id"
        return f"the id {person.id!r} of {person.first} {person.last} must be {rule}"
    others = {other.id: other for key in sorted(person.keys) if (other := holders.get(key))}
    for other in others.values():
        about = (person.first, person.last, person.email)
        if other.id == person.id and (other.first, other.last, other.email) != about:
            return f"the id {person.id!r} is already that of {other}"
        if other.id != person.id and (shared := person.keys & other.keys):
            return f"{person} and {other} share {', '.join(sorted(shared))}"
    return ""


def enter(course: Course, path: Path, dry_run: bool = False, remove: bool = False) -> list[Change]:
    """Enter a roster into the gradebook; what changed, by student, in the order of names.

    Nobody who handed in is removed, and nobody at all without `remove`. Raises `GraderError` as `read_roster` does.
    """
    people, given = read_roster(path)
    with course.gradebook() as book:
        if not dry_run:
            write_alone(book)
        there = {person.id: person for person in everyone(book)}
        members = set(_rows(book))
        changes = []
        for person in people:
            meant = [known for known in there.values() if known.keys & person.keys]
            if len(meant) > 1:
                listed = " and ".join(sorted(map(str, meant)))
                raise GraderError(f"{path}: the row of {person} names {listed} of the gradebook. Correct its {ONE_OF}.")
            changes.append(_change(person, meant[0] if meant else None, given, members))
        taken = Counter(change.person.id for change in changes)
        if twice := sorted(who for who, number in taken.items() if number > 1):
            raise GraderError(f"{path}: two of its rows are one student of the gradebook: {', '.join(twice)}")
        kept = {row.student_id for row in book.db.execute(_handed_in()).all()}
        kept |= {student for assignment in book.assignments for student in course.students(assignment.name)}
        changes += [_gone(person, remove, person.id in kept) for person in there.values() if person.id not in taken]
        if not dry_run:
            _write(book, changes)
    return sorted(
        changes, key=lambda change: (change.person.last.casefold(), change.person.first.casefold(), change.person.id)
    )


def _change(person: Person, known: Person | None, given: set[str], members: set[str]) -> Change:
    if known is None:
        return Change(person, "added")
    alias = f"{person.id} is the same person" if person.id != known.id else ""
    values = {each.name: getattr(known, each.name) for each in fields(Person)}
    new = values | {
        name: value for name in given if name in values and name != "id" and (value := getattr(person, name))
    }
    changes = [
        f"{name}: {values[name] or 'nothing'} -> {value}" for name, value in new.items() if value != values[name]
    ]
    is_new = [] if known.id in members else ["was in the gradebook, not in the roster"]
    outcome = "changed" if changes or is_new else "unchanged"
    return Change(Person(**new), outcome, "; ".join([*is_new, *changes, *([alias] if alias else [])]))


def _gone(person: Person, remove: bool, handed_in: bool) -> Change:
    if remove and not handed_in:
        return Change(person, "removed")
    why = "handed in, so kept" if handed_in else "kept; --remove removes who handed in nothing"
    return Change(person, "not in the file", why)


def _write(book: Any, changes: Iterable[Change]) -> None:
    from nbgrader.api import Student
    from sqlalchemy import inspect, text

    table = _table()
    table.create(book.db.connection(), checkfirst=True)
    there = {column["name"] for column in inspect(book.db.connection()).get_columns(TABLE)}
    for name in set(OWN) - there:  # of a roster that was entered before there was this column
        book.db.execute(text(f"ALTER TABLE {TABLE} ADD COLUMN {name} VARCHAR(128) NOT NULL DEFAULT ''"))
    for change in changes:
        person, row = change.person, book.db.get(Student, change.person.id)
        mine = table.c.student == person.id
        if change.outcome in ("added", "changed"):
            row = row or Student(id=person.id)
            row.first_name, row.last_name, row.email = person.first or None, person.last or None, person.email or None
            row.lms_user_id = person.canvas or None
            book.db.add(row)
            book.db.execute(table.delete().where(mine))
            values = {"student": person.id} | {name: getattr(person, name) for name in OWN}
            book.db.execute(table.insert().values(values))
        elif change.outcome == "removed":
            book.db.execute(table.delete().where(mine))
            book.db.delete(row)
    book.db.commit()


def people_of(course: Course) -> People | None:
    """The class that a roster entered; None if there was never one."""
    if course.directory.db_url.startswith("sqlite:") and not course.database.is_file():
        return None
    with course.gradebook() as book:
        known = roster(book)
        return People(known.values()) if known else None


def roster(book: Any) -> dict[str, Person]:
    """The class that a roster entered into nbgrader's open gradebook, by id."""
    rows = _rows(book)
    return {person.id: person for person in everyone(book) if person.id in rows}


def everyone(book: Any) -> list[Person]:
    rows = _rows(book)
    found = []
    for student in book.students:
        known = Person(
            student.id,
            *(value or "" for value in (student.first_name, student.last_name, student.email, student.lms_user_id)),
        )
        for name, value in rows.get(student.id, {}).items():
            setattr(known, name, value)
        found.append(known)
    return found


def _rows(book: Any) -> dict[str, dict[str, str]]:
    """What the table of ours holds of each student, by id."""
    from sqlalchemy import inspect, text

    if not inspect(book.db.connection()).has_table(TABLE):
        return {}
    rows = [dict(row._mapping) for row in book.db.execute(text(f"SELECT * FROM {TABLE}"))]
    return {row.pop("student"): row for row in rows}


def _table() -> Any:
    from sqlalchemy import Column, MetaData, String, Table

    names = [Column(name, String(128), nullable=False, default="") for name in OWN]
    return Table(TABLE, MetaData(), Column("student", String(128), primary_key=True), *names)


def _handed_in() -> Any:
    from nbgrader.api import SubmittedAssignment
    from sqlalchemy import select

    return select(SubmittedAssignment.__table__.c.student_id)
