"""Collecting: what a class handed in, from a folder or a zip, into nbgrader's submitted folder.

The newest by receipt stays; what it replaces is kept beside it, and whoever is refused stands in the report by name. A
student's own time stamp counts for nothing: receipt is the time of the archive's entry or of the file in the folder.
"""

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from grader.course import STAMP, Course, reason
from grader.errors import GraderError
from grader.workflow.archive import Entry, Limits, read, read_zip
from grader.workflow.layouts import STUDENT, Owner, common_folder, owner, read_map
from grader.workflow.release import local_exchange

STAMP_FORMAT = "%Y-%m-%d %H:%M:%S UTC"
NOT_TAKEN = {STAMP, "submission_secret.txt"}
NEVER = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.min.replace(tzinfo=UTC)
COLUMNS = ("source", "student", "outcome", "detail")


@dataclass
class HandIn:
    """What one name in the source handed in: files by relative name, and when they were received."""

    source: str
    keys: tuple[str, ...]
    student: str
    received: datetime = NEVER
    files: dict[PurePosixPath, tuple[int, bytes]] = field(default_factory=dict)


@dataclass(frozen=True)
class Collected:
    """One line of the report; the outcome is one of collected, replaced, unchanged, older, refused."""

    source: str
    student: str
    outcome: str
    detail: str = ""


def collect(course: Course, name: str, source: Path, roster: Path | None = None) -> list[Collected]:
    """The report on everything in `source`. Raises `GraderError` if there is nothing to read or no such exercise."""
    course.require(name, "release")
    if not source.exists():
        raise GraderError(f"there is no folder or zip {source}")
    students = read_map(roster) if roster else None
    wanted = sorted(path.name for path in course.folder("release", name=name).glob("*.ipynb"))
    entries = list(_opened(read(source), Limits()))
    report = [Collected(str(one.name), "", "refused", one.refusal) for one in entries if one.refusal]
    hand_ins, ownerless = _grouped([one for one in entries if not one.refusal], name, wanted)
    report += ownerless
    for one in sorted(hand_ins, key=lambda hand_in: hand_in.received):
        report.append(_take(course, name, wanted, one, students))
    return report


def collect_exchange(course: Course, name: str) -> str:
    """nbgrader's log of collecting what came through its exchange (JupyterLab's "submit")."""
    if local_exchange(course) is None and not course.config.Exchange.get("root"):
        raise GraderError(f"this course has no exchange. Name a folder or a zip: mlsd collect {name} FROM")
    result = course.call(lambda api: api.collect(name, update=True))
    if not result["success"]:
        raise GraderError(f"nbgrader could not collect {name} from its exchange: {reason(result)}")
    return str(result.get("log", ""))


def _opened(entries: Iterable[Entry], limits: Limits) -> Iterator[Entry]:
    """The entries, the files of a student's own zip in that zip's place. A zip inside that one stays closed.

    All such zips together may hold as much as the source, each of them a tenth of it.
    """
    left = limits.all_bytes
    for one in entries:
        if one.refusal or one.name.suffix.lower() != ".zip":
            yield one
            continue
        own = replace(limits, all_bytes=min(left, limits.all_bytes // 10), files=limits.files // 10)
        if left <= 0:
            yield Entry(one.name, one.received, refusal="the zips in the source hold too much; this one was not opened")
            continue
        for inner in read_zip(io.BytesIO(one.content), one.name.name, own, one.received):
            left -= len(inner.content)
            yield Entry(one.name.with_suffix("") / inner.name, one.received, inner.content, inner.refusal)


def _grouped(entries: list[Entry], name: str, wanted: list[str]) -> tuple[list[HandIn], list[Collected]]:
    if not entries:
        return [], []
    skip = common_folder([one.name for one in entries], name, wanted)
    hand_ins: dict[str, HandIn] = {}
    ownerless = []
    for entry in entries:
        found = owner(PurePosixPath(*entry.name.parts[skip:]), name)
        if found is None:
            told = "nothing in its name says whose it is; put it into a folder named after the student"
            ownerless.append(Collected(str(entry.name), "", "refused", told))
        else:
            _add(hand_ins.setdefault(found.source, HandIn(found.source, found.keys, found.student)), found, entry)
    return list(hand_ins.values()), ownerless


def _add(hand_in: HandIn, found: Owner, entry: Entry) -> None:
    attempt, _ = hand_in.files.get(found.inner, (-1, b""))
    if found.attempt >= attempt and found.inner.name not in NOT_TAKEN:
        hand_in.files[found.inner] = (found.attempt, entry.content)
    hand_in.received = max(hand_in.received, entry.received)


def _take(course: Course, name: str, wanted: list[str], one: HandIn, students: dict[str, str] | None) -> Collected:
    student = one.student
    if students is not None:
        mapped = [students[key.lower()] for key in one.keys if key.lower() in students]
        if not mapped:
            return Collected(one.source, "", "refused", "the map does not name it")
        student = mapped[0]
    if not STUDENT.fullmatch(student):
        return Collected(one.source, student, "refused", "its name cannot be a student's id; use --map")
    files, detail = _chosen(one, wanted)
    if not files:
        return Collected(one.source, student, "refused", detail)
    try:
        outcome, more = _keep(course, name, student, files, one.received)
    except OSError as error:
        return Collected(one.source, student, "refused", f"cannot be written ({error.strerror})")
    return Collected(one.source, student, outcome, "; ".join(part for part in (more, detail) if part))


def _chosen(one: HandIn, wanted: list[str]) -> tuple[dict[PurePosixPath, bytes], str]:
    """The files to keep, relative to the notebook's own folder, and what was renamed; or no files and why."""
    notebooks = sorted((path for path in one.files if path.suffix.lower() == ".ipynb"), key=lambda p: (len(p.parts), p))
    right = [path for path in notebooks if path.name in wanted]
    detail = ""
    if not right and len(notebooks) == 1 and len(wanted) == 1:
        right, detail = notebooks, f"{notebooks[0].name} was taken for {wanted[0]}"
    if not right:
        found = ", ".join(sorted(map(str, notebooks or one.files))[:5]) or "nothing"
        return {}, f"no notebook {' or '.join(wanted)} in it (found: {found})"
    base = right[0].parent
    files = {path.relative_to(base): text for path, (_, text) in one.files.items() if path.is_relative_to(base)}
    if detail:
        files[PurePosixPath(wanted[0])] = files.pop(PurePosixPath(notebooks[0].name))
    return files, detail


def _keep(
    course: Course, name: str, student: str, files: dict[PurePosixPath, bytes], received: datetime
) -> tuple[str, str]:
    place = course.folder("submitted", student, name)
    outcome, detail = "collected", ""
    if place.exists():
        there = {p.relative_to(place).as_posix(): p.read_bytes() for p in place.rglob("*") if p.is_file()}
        stamp = there.pop(STAMP, b"").decode().strip()
        if there == {str(path): content for path, content in files.items()}:
            return "unchanged", f"received {stamp}" if stamp else ""
        new = received.strftime(STAMP_FORMAT)
        if stamp and new <= stamp:
            told = "older than" if new < stamp else "another version with the same time of receipt as"
            return ("older" if new < stamp else "refused"), f"{told} the one of {stamp}, which stays"
        earlier = course.home / "earlier" / student / name / (stamp or "unknown time").replace(":", "")
        earlier.parent.mkdir(parents=True, exist_ok=True)
        outcome, detail = "replaced", f"the one received {stamp or 'at an unknown time'} is kept in {earlier}"
        if earlier.exists():
            shutil.rmtree(earlier)
        shutil.move(place, earlier)
    _write(place, files, received)
    return outcome, detail


def _write(place: Path, files: dict[PurePosixPath, bytes], received: datetime) -> None:
    """Write all or nothing: a broken write leaves no half submission that would be graded."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".incoming-", dir=place.parent) as scratch:
        whole = Path(scratch) / "whole"
        for relative, content in files.items():
            path = whole / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (whole / STAMP).write_text(received.strftime(STAMP_FORMAT))
        os.replace(whole, place)


def write_report(course: Course, name: str, report: list[Collected]) -> Path:
    """The CSV file that now holds the report."""
    path = course.home / "reports" / f"{name}_collect.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows((one.source, one.student, one.outcome, one.detail) for one in report)
    return path
