"""Collecting: what a class handed in, from a folder, a zip or a tar, into nbgrader's submitted folder.

The newest stays; what it replaces is kept, and who is refused stands in the report by name. A student's own time stamp
counts for nothing. Receipt is the time of the archive's entry or of the file in the folder, except in a platform's
download and in a repository: its times are those of the download, or the student's claim, and only say which is newer.
"""

import csv
import io
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from grader.course import EARLIER, STAMP, Course
from grader.errors import GraderError
from grader.grading.intake.limits import MB
from grader.grading.intake.notebook_parser import Cell
from grader.grading.intake.notebook_parser import read as parsed
from grader.grading.intake.submission import clash, is_alike, stamp_of
from grader.grading.output.gradebook_rows import received as received_at
from grader.grading.output.lock import one_in
from grader.grading.output.spreadsheet import harmless, table
from grader.names import is_student_id
from grader.whole_files import unused, write_folder, write_whole
from grader.workflow.archive import Entry, Limits, is_archive, read, read_archive
from grader.workflow.groups import enter_groups, groups_of, read_groups
from grader.workflow.late_days import take_late_days
from grader.workflow.receipts import of_nobody, read_times, time_of
from grader.workflow.repositories import repositories
from grader.workflow.roster import NOBODY, People, people_of
from grader.workflow.submission_names import CANVAS_ID, Owner, common_folder, owner, read_map
from grader.workflow.wrong_exercise import mistaken, released_cells

STAMP_FORMAT = "%Y-%m-%d %H:%M:%S UTC"
NOT_TAKEN = {STAMP, "submission_secret.txt"}  # nor a folder of such a name, where the file is to be written
NEVER = datetime.min.replace(tzinfo=UTC)
UNMATCHED = "unmatched"
AHEAD = timedelta(minutes=5)
LATE_NOTE = "Canvas marks it late"
COLUMNS = ("source", "student", "outcome", "detail", "identifier")


@dataclass
class HandIn:
    """What one name in the source handed in: files by relative name, and the newest of their times in the source.

    `owner` is that of its first file; `is_late`: the platform marks one of them so.
    """

    owner: Owner
    newest: datetime = NEVER
    files: dict[PurePosixPath, tuple[int, bytes]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    is_late: bool = False

    @property
    def displayed(self) -> tuple[str, ...]:
        """Of its names the one that a platform shows for the student, who may choose it."""
        names = self.owner.roster_keys
        from_platform = self.owner.identifier or (names and names[-1].startswith(CANVAS_ID))
        return names[:1] if from_platform else ()

    def possible_group_splits(self) -> list[tuple[str, str]]:
        """Where Moodle may have written a group's name and a hyphen before a member's: group and member."""
        parts = self.owner.roster_keys[0].split("-") if self.owner.identifier else []
        return [("-".join(parts[:number]), "-".join(parts[number:])) for number in range(1, len(parts))]

    @property
    def names(self) -> tuple[str, ...]:
        """Its own names, the surest first."""
        return (self.owner.identifier, *self.owner.roster_keys, self.owner.source)

    def received(self, times: Mapping[str, datetime], student: str) -> datetime | None:
        """When it was received: what `times` say, else what the source says; None where it does not know."""
        return time_of((*self.names, student), times) or (None if self.owner.is_download else self.newest)


@dataclass(frozen=True)
class Exercise:
    """What is collected: the released notebooks' names, those of all released files, and all exercises' cells."""

    name: str
    notebooks: list[str]
    files: set[str]
    cells: dict[str, set[str]]


@dataclass(frozen=True)
class Collected:
    """One line of the report; the outcome is one of collected, replaced, unchanged, older, refused, or of a
    file of times unmatched.

    `identifier` as in `Owner`.
    """

    source: str
    student: str
    outcome: str
    detail: str = ""
    identifier: str = ""


def collect(
    course: Course, name: str, source: Path, roster: Path | None = None, zone: tzinfo | None = None,
    times: Path | None = None, groups: Path | None = None,
) -> list[Collected]:  # fmt: skip
    """The report on everything in `source`; a zip's times are those of `zone`, else of this machine.

    `times` is a file that says when each was received (`receipts.read_times`); it goes before the source's own times.

    Whom a name means says the map in `roster`, then the groups (of the file `groups`, else of an earlier one), the
    roster in the gradebook, without these the name itself. Where two names claim one student, only the map decides.

    Raises `GraderError` if there is nothing to read or no such exercise.
    """
    course.require(name, "release")
    if not (source.is_dir() or source.is_file()):  # a device would be read without end
        raise GraderError(
            f"{source} is no folder, zip or tar. Name the one with the hand-ins, as the platform wrote it."
        )
    if course.root.is_relative_to(source.resolve()):  # as with an empty argument
        raise GraderError(f"{source.resolve()} holds the course itself. Name the folder or archive of hand-ins.")
    steps = ("source", "release", "submitted", "autograded", "feedback")
    if step := next((step for step in steps if source.resolve().is_relative_to(course.folder(step).resolve())), ""):
        raise GraderError(f"{source} lies in the course's own {step} folder. Name the folder or archive of hand-ins.")
    students = read_map(roster) if roster else {}
    people = people_of(course)
    known, lines = read_times(times, zone, people) if times else ({}, {})
    place = course.folder("release", name=name)
    own = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    notebooks = sorted(path for path in own if path.endswith(".ipynb") and "/" not in path)
    exercise = Exercise(name, notebooks, own, released_cells(course))
    commits = repositories(source)
    entries = list(_opened(read(source, zone=zone), Limits()))
    report = [Collected(str(entry.name), "", "refused", entry.refusal) for entry in entries if entry.refusal]
    read_ones = [entry for entry in entries if not entry.refusal]
    known_students = _students(course, name)
    hand_ins, unfit = _grouped(read_ones, exercise, known_students, people, commits)
    report += unfit
    before = Counter(group for hand_in in hand_ins for group, _ in hand_in.possible_group_splits())
    teams = {group for group, number in before.items() if number > 1}
    known_groups = _groups(course, name, groups, people)
    resolver = StudentResolver(students, people, bool(roster), known_groups, teams, known_students)
    meant = [(hand_in, student, refusal) for hand_in in hand_ins for student, refusal in resolver.students_of(hand_in)]
    claims: dict[str, list[str]] = {}
    for hand_in, student, _ in meant:
        claims.setdefault(student, []).append(hand_in.owner.source)
    with marked_until_done(course, name):
        for hand_in, student, refusal in sorted(meant, key=lambda who: who[0].newest):
            if not refusal and not resolver.mapped(hand_in):
                refusal = _claimed_by_others(hand_in.owner.source, student, claims[student])
            refused = Collected(hand_in.owner.source, student, "refused", refusal)
            taken = refused if refusal else _take(course, exercise, hand_in, student, hand_in.received(known, student))
            report.append(replace(taken, identifier=hand_in.owner.identifier))
    take_late_days(course)
    names = {name.casefold() for hand_in, student, _ in meant for name in (*hand_in.names, student)}
    if unknown := of_nobody(lines, names | {student.casefold() for student in known_students}):
        report.append(Collected(str(times), "", UNMATCHED, unknown))
    return report


@contextmanager
def marked_until_done(course: Course, name: str) -> Iterator[None]:
    """Meanwhile nobody else collects; the course has a mark, which stays if this ends: a hand-in may be away then."""
    mark = _mark(course, name)
    with one_in(mark.parent):
        write_whole(mark, "")
        yield
        mark.unlink()


def broken_off(course: Course, name: str) -> str:
    """That collecting an exercise was broken off and what to do; empty where it was not."""
    again = course.command(f"collect {name}")
    reported = f"Collecting {name} was broken off, and somebody's hand-in may be missing. Run it again first: {again}"
    return reported if _mark(course, name).exists() else ""


def _mark(course: Course, name: str) -> Path:
    return course.home / "reports" / f".{name}_collecting"


def _claimed_by_others(source: str, student: str, sources: list[str]) -> str:
    """Why a hand-in is refused whose student other `sources` mean too; empty where none does."""
    others = ", ".join(other for other in sources if other != source)
    return (
        f"{others} would be {student}'s too, and one name may be another's; say of whom it is: --map" if others else ""
    )


@dataclass(frozen=True)
class StudentResolver:
    """Whom names of hand-ins mean: `students` of a map, `groups`, `people` of a roster, else the name itself.

    `teams`: what stands before a hyphen in the names of several of Moodle's hand-ins, so that it may be a group's name.
    `known`: ids of students who handed in before or stand in the gradebook.
    """

    students: dict[str, str]
    people: People | None
    has_map: bool
    groups: dict[str, list[str]]
    teams: set[str]
    known: set[str]

    def mapped(self, hand_in: HandIn) -> str:
        """The student whom the map names; empty where it does not."""
        return next((self.students[key.lower()] for key in hand_in.owner.keys if key.lower() in self.students), "")

    def students_of(self, hand_in: HandIn) -> list[tuple[str, str]]:
        """The members of the group that handed it in, else the student: ids, each with why it is nobody's."""
        members = next((self.groups[key.casefold()] for key in hand_in.owner.keys if key.casefold() in self.groups), [])
        if not members or self.mapped(hand_in):
            return [self.student_of(hand_in)]
        if other := self._named_as(hand_in, members):  # groups often choose their names themselves
            return [
                ("", f"a group has the name of {other}, who is not in it; rename the group, or say whose it is: --map")
            ]
        return [(member, "") for member in members]

    def _named_as(self, hand_in: HandIn, members: list[str]) -> str:
        """The student whom the name means, where they are none of the group of this name; empty for nobody."""
        student, refusal = self.student_of(hand_in) if self.people else (hand_in.owner.student, "")
        is_other = student in self.known and student not in members
        return student if is_other and not refusal else ""

    def student_of(self, hand_in: HandIn) -> tuple[str, str]:
        """The student's id, or why it is nobody's."""
        student = self.mapped(hand_in)
        if not student and self.people is not None:
            members = ((member,) for group, member in hand_in.possible_group_splits() if group in self.teams)
            asked = ((hand_in.owner.roster_keys, hand_in.displayed), *((member, member) for member in members))
            answers = (self.people.find(*names) for names in asked)
            student, refusal = next((answer for answer in answers if answer[1] != NOBODY), ("", NOBODY))
            if refusal:
                return "", refusal
        elif not student and self.has_map:
            return "", "the map does not name it"
        student = student or hand_in.owner.student
        return student, "" if is_student_id(student) else "its name cannot be a student's id; use --map"


def _groups(course: Course, name: str, file: Path | None, people: People | None) -> dict[str, list[str]]:
    """The groups in a file, which are kept; without one those that were kept."""
    if file is not None:
        enter_groups(course, name, groups := read_groups(file, people))
        return groups
    if not course.database.is_file():
        return {}
    with course.gradebook() as book:
        return groups_of(book, name)


def _students(course: Course, name: str) -> set[str]:
    """The ids of those who have handed in, or whom the gradebook knows."""
    there = set(course.students(name))
    if course.database.is_file():
        with course.gradebook() as book:
            there |= {one.id for one in book.students}
    return there


def zone_of(name: str | None) -> tzinfo | None:
    """The time zone of that name; None for none. Raises `GraderError` for a name that nobody knows."""
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise GraderError(
            f"there is no time zone {name!r}. Name one as in --timezone Europe/Berlin or --timezone UTC"
        ) from error


def assumed_zone(source: Path, name: str | None, times: Path | None = None) -> str:
    """One sentence on whose clock times without a zone were taken for; empty for a source that has none such."""
    if times is None and (source.is_dir() or not source.name.lower().endswith(".zip")):
        return ""
    whose = name or f"{datetime.now().astimezone().tzname()}, this machine's time zone"
    what = "A zip does" if times is None else "A zip and Moodle's worksheet do"
    return f"{what} not say which zone its times are in; they were read as {whose}. Another: --timezone NAME"


def _opened(entries: Iterable[Entry], limits: Limits) -> Iterator[Entry]:
    """The entries, the files of a student's own archive in its place. An archive inside that one stays closed.

    All such archives together may hold as much as the source, each of them a tenth of it.
    """
    left = limits.all_bytes
    for entry in entries:
        if entry.refusal or not is_archive(entry.name.name):
            yield entry
            continue
        place = _without_suffix(entry.name)
        if place is None:
            yield Entry(entry.name, entry.received, refusal="an archive of this name cannot be opened; rename it")
            continue
        most = {"all_bytes": min(left, limits.all_bytes // 10), "read_bytes": limits.read_bytes // 10}
        own = replace(limits, files=limits.files // 10, **most)
        if left <= 0:
            yield Entry(
                entry.name, entry.received, refusal="the archives in the source hold too much; this one was not opened"
            )
            continue
        for inner in read_archive(io.BytesIO(entry.content), entry.name.name, own, entry.received):
            left -= len(inner.content)
            yield replace(inner, name=place / inner.name)


def _without_suffix(archive: PurePosixPath) -> PurePosixPath | None:
    """The folder that stands for an archive; None where nothing but dots would be left of its name (`..zip`)."""
    stem = archive.stem.removesuffix(".tar") or archive.stem
    return archive.with_name(stem) if stem.strip(".") else None


def _grouped(
    entries: list[Entry], exercise: Exercise, known: set[str], people: People | None,
    commits: Mapping[PurePosixPath, datetime | None],
) -> tuple[list[HandIn], list[Collected]]:  # fmt: skip
    """What each name handed in. A hand-in that is a repository has the time of its last commit; one that lies in a
    hand-in is a student's own, and says nothing."""
    if not entries:
        return [], []
    folders = {path.name for path in commits}

    def is_student(name: str) -> bool:
        whose = owner(PurePosixPath(name, name), exercise.name)
        in_roster = people is not None and not people.find((name,))[1]
        return name in folders or in_roster or (whose is not None and whose.student in known)

    skip = common_folder([entry.name for entry in entries], exercise.name, exercise.notebooks, is_student)
    whole = {path.name: when for path, when in commits.items() if len(path.parts) == skip + 1}
    hand_ins: dict[str, HandIn] = {}
    unfit = []
    for entry in entries:
        whose = owner(PurePosixPath(*entry.name.parts[skip:]), exercise.name, whole)
        if whose is None:
            reported = "nothing in its name says whose it is; put it into a folder named after the student"
            unfit.append(Collected(str(entry.name), "", "refused", reported))
        elif taken := clash(str(whose.inner), exercise.files):
            reported = f"{taken} is a file of the exercise, and one of the two is a folder; rename it"
            unfit.append(Collected(str(entry.name), "", "refused", reported))
        else:
            dated = replace(entry, received=whole.get(whose.source) or entry.received)
            _add(hand_ins.setdefault(whose.source, HandIn(whose)), whose, dated)
    return list(hand_ins.values()), unfit


def _add(hand_in: HandIn, whose: Owner, entry: Entry) -> None:
    attempt, _ = hand_in.files.get(whose.inner, (-1, b""))
    if whose.attempt >= attempt and NOT_TAKEN.isdisjoint(whose.inner.parts):
        hand_in.files[whose.inner] = (whose.attempt, entry.content)
        if entry.handed_in_bytes:
            size = entry.handed_in_bytes / MB
            hand_in.notes.append(f"{whose.inner.name} ({size:.0f} MB) is kept without its outputs")
    hand_in.newest = max(hand_in.newest, entry.received)
    hand_in.is_late |= whose.is_late


def _take(course: Course, exercise: Exercise, hand_in: HandIn, student: str, received: datetime | None) -> Collected:
    chosen, reported = _chosen([path for path in hand_in.files if path.suffix.lower() == ".ipynb"], exercise.notebooks)
    if not chosen:
        names = ", ".join(sorted(map(str, hand_in.files))[:5]) or "nothing"
        return Collected(hand_in.owner.source, student, "refused", reported or f"{_none_of(exercise)} (found: {names})")
    if other := mistaken(exercise.name, [hand_in.files[path][1] for path in chosen.values()], exercise.cells):
        return Collected(hand_in.owner.source, student, "refused", other)
    files = _placed(hand_in.files, chosen)
    missing = [name for name in exercise.notebooks if name not in chosen]
    notes = hand_in.notes + ([reported] if reported else []) + ([f"no {', '.join(missing)} in it"] if missing else [])
    notes += [LATE_NOTE] if hand_in.is_late else []
    if hand_in.newest > datetime.now(UTC) + AHEAD:
        when = _stamp(hand_in.newest)
        notes.append(f"its time, {when}, has not come yet, and an earlier one counts as older: whose clock is it?")
    try:
        outcome, detail = _keep(course, exercise.name, student, files, received, hand_in)
    except OSError as error:
        return Collected(hand_in.owner.source, student, "refused", f"cannot be written ({error.strerror})")
    return Collected(hand_in.owner.source, student, outcome, "; ".join([*([detail] if detail else []), *notes]))


def _none_of(exercise: Exercise) -> str:
    return f"no notebook {' or '.join(exercise.notebooks)} in it"


def _chosen(notebooks: list[PurePosixPath], wanted: list[str]) -> tuple[dict[str, PurePosixPath], str]:
    """The notebook that is meant for each wanted name, and what was taken for what; or none and why."""
    chosen: dict[str, PurePosixPath] = {}
    reported = []
    exact = {path for path in notebooks if path.name in wanted}
    for name in wanted:
        meant = sorted(path for path in exact if path.name == name)
        if not meant:
            rest = [path for path in notebooks if path not in exact and path not in chosen.values()]
            alike = [path for path in rest if is_alike(path.name, name.removesuffix(".ipynb"))]
            meant = alike or (rest if len(wanted) == 1 and len(rest) == 1 else [])
            reported += [f"{meant[0].name} was taken for {name}"] if len(meant) == 1 else []
        if len(meant) > 1:
            return {}, _ambiguous(meant, name)
        if meant:
            chosen[name] = meant[0]
    return chosen, "; ".join(reported)


def _ambiguous(meant: list[PurePosixPath], name: str) -> str:
    listed = ", ".join(map(str, sorted(meant)[:5]))
    folder = "" if len({path.parent for path in meant}) == 1 else " (a section of the class is collected by itself)"
    return f"{len(meant)} notebooks in it could be {name}: {listed}. Leave one, or a folder a student{folder}"


def _placed(
    files: dict[PurePosixPath, tuple[int, bytes]], chosen: dict[str, PurePosixPath]
) -> dict[PurePosixPath, bytes]:
    """What is kept: the chosen notebooks at the top under their names, other files as they lie beside the first."""
    base = next(iter(chosen.values())).parent
    others = {path: content for path, (_, content) in files.items() if path not in chosen.values()}
    kept = {path.relative_to(base): content for path, content in others.items() if path.is_relative_to(base)}
    return kept | {PurePosixPath(name): files[path][1] for name, path in chosen.items()}


def _keep(
    course: Course,
    name: str,
    student: str,
    files: dict[PurePosixPath, bytes],
    received: datetime | None,
    hand_in: HandIn,
) -> tuple[str, str]:
    place = course.folder("submitted", student, name)
    outcome, detail, earlier = "collected", "", None
    if place.exists():
        there = _files_in(place)
        there.pop(STAMP, None)
        stamp = _stamp(when.replace(tzinfo=UTC)) if (when := received_at(stamp_of(place))) else ""
        if is_same_work(there, {str(path): content for path, content in files.items()}):
            return _unchanged(place, stamp, received, hand_in.newest)
        last = (
            stamp
            if stamp and not hand_in.owner.is_download
            else _stamp(datetime.fromtimestamp(place.stat().st_mtime, UTC))
        )
        new = _stamp(hand_in.newest)
        if new <= last:
            reported = "older than" if new < last else "another version with the same time as"
            return ("older" if new < last else "refused"), f"{reported} the one of {last}, which stays"
        earlier = unused(course.home / EARLIER / student / name / (stamp or f"downloaded {last}").replace(":", ""))
        outcome, detail = "replaced", f"the one of {stamp or last} is kept in {earlier}"
    _write(place, files, received, hand_in.newest, earlier)
    return outcome, detail


def is_same_work(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> bool:
    """Whether two hand-ins differ in nothing that a student wrote; outputs, counts of runs and encoding are not."""
    return one.keys() == other.keys() and all(
        content == other[name] or _cells(name, content) == _cells(name, other[name]) != []
        for name, content in one.items()
    )


def _cells(name: str, content: bytes) -> list[Cell]:
    """What was written in a notebook, by cell; nothing of another file."""
    found = parsed(content).cells if name.lower().endswith(".ipynb") else None
    return [replace(cell, cell_id="") for cell in found or []]


def _unchanged(place: Path, stamp: str, received: datetime | None, newest: datetime) -> tuple[str, str]:
    """Of the same work the earliest time of receipt counts: the hand-in gets one that was not known before."""
    last = max(place.stat().st_mtime, newest.timestamp())
    if received and (not stamp or _stamp(received) < stamp):
        stamp = _stamp(received)
        write_whole(place / STAMP, stamp)
    if place.stat().st_mtime != last:  # by which the next download is newer or older
        os.utime(place, (last, last))
    return "unchanged", f"received {stamp}" if stamp else ""


def _stamp(time: datetime) -> str:
    return time.strftime(STAMP_FORMAT)


def _write(
    place: Path, files: dict[PurePosixPath, bytes], received: datetime | None, newest: datetime, earlier: Path | None
) -> None:
    """Write all or nothing: a broken write leaves no half submission that would be graded.

    What is there goes to `earlier` once the new one is whole, so that a student has one of the two whatever cannot be
    written. The folder's own time is `newest`, by which the next download is newer or older.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".incoming-", dir=place.parent) as scratch:
        whole = Path(scratch) / "whole"
        for relative, content in files.items():
            path = whole / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if received:
            (whole / STAMP).write_text(_stamp(received))
        os.utime(whole, (newest.timestamp(), newest.timestamp()))
        if earlier:  # copied, since it may lie on another disk, to which nothing moves at once
            write_folder(earlier, _files_in(place))
            place.rename(Path(scratch) / "before")
        os.replace(whole, place)


def _files_in(place: Path) -> dict[str, bytes]:
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def write_report(course: Course, name: str, report: list[Collected]) -> Path:
    """The CSV file that now holds the report, and what earlier downloads held that is not in this one."""
    rows = [
        [collected.source, collected.student, collected.outcome, collected.detail, collected.identifier]
        for collected in report
        if collected.outcome != UNMATCHED
    ]
    now = {harmless(collected.source) for collected in report}
    path = _report_path(course, name)
    with one_in(path.parent):
        earlier = [row for row in read_report(course, name) if row["source"] not in now]
        write_whole(path, table(COLUMNS, [*([row.get(column, "") for column in COLUMNS] for row in earlier), *rows]))
    return path


def read_report(course: Course, name: str) -> list[dict[str, str]]:
    """The last outcome of each name in any download that was collected, the newest download last; empty without one."""
    path = _report_path(course, name)
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _report_path(course: Course, name: str) -> Path:
    return course.home / "reports" / f"{name}_collect.csv"
