"""Collecting what students submitted in JupyterLab: nbgrader's own collecting, less what cannot be the student's work.

Every student may write in the exchange, at any time and under any name. So each folder is read once, following no link,
and nbgrader copies what was read; a folder that cannot be a hand-in of the student in its name is refused by name.
"""

import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect

from grader.course import STAMP, Course, reason
from grader.errors import GraderError
from grader.grading.intake.submission import RECEIPT, Most, read_file, read_folder, stamp_of
from grader.grading.output.gradebook_rows import received
from grader.grading.output.sanitize import as_line
from grader.names import is_student_id
from grader.workflow import archive
from grader.workflow.collect import NOT_TAKEN, Collected, is_same_work, marked_until_done
from grader.workflow.roster import People, people_of
from grader.workflow.wrong_exercise import mistaken, released_cells

ALL = archive.Limits()
OF_ONE = replace(ALL, all_bytes=ALL.all_bytes // 10, files=ALL.files // 10)
LISTED = 5  # of what is odd in one folder
SUBMITTING = timedelta(minutes=10)  # "submit" writes a folder in seconds; nobody has a reason to change it later


def collect_exchange(course: Course, name: str) -> tuple[str, list[Collected]]:
    """nbgrader's log of collecting what came through its exchange, and the report on everyone who submitted there.

    A notebook of another exercise is refused, and what the student handed in earlier stays. The report is empty for an
    exchange of another kind than nbgrader's folders, which is collected as it says.

    Raises `GraderError` if the course has no exchange or nbgrader cannot collect.
    """
    course.require(name, "release")
    if not (root := course.config.Exchange.get("root")):
        raise GraderError(
            f"this course has no exchange. Name a folder or a zip: {course.command(f'collect {name} FROM')}"
        )
    is_nbgraders = "collect" not in course.config.ExchangeFactory
    if is_nbgraders and not (inbound := Path(root, course.directory.course_id, "inbound")).is_dir():
        raise GraderError(
            f"there is no folder {inbound}, in which students submit. Mount the exchange, or set Exchange.root and "
            f"CourseDirectory.course_id in nbgrader_config.py; nbgrader release_assignment {name} makes this folder"
        )
    course.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".incoming-", dir=course.home) as scratch:
        intake = Intake(course, name, Path(scratch))
        if is_nbgraders:
            sifting = type("Sifting", (Sifting,), {"intake": intake})  # nbgrader makes the object itself
            course = course.configured(ExchangeFactory={"collect": sifting})
        with marked_until_done(course, name):  # nbgrader removes what was handed in before it writes the next
            result = course.call(lambda api: api.collect(name, update=True))
    if not result["success"]:
        raise GraderError(f"nbgrader could not collect {name} from its exchange: {reason(result)}")
    return str(result.get("log", "")).strip(), intake.report


@dataclass
class Intake:
    """What is taken of an exercise's folders in the exchange, and a line of the `report` on each.

    What is taken lies in `scratch` before anything that was handed in earlier goes.
    """

    course: Course
    name: str
    scratch: Path
    report: list[Collected] = field(default_factory=list)
    taken: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.notebooks = [path.name for path in self.course.folder("release", name=self.name).glob("*.ipynb")]
        self.cells, self.people = released_cells(self.course), people_of(self.course)

    def refuse(self, folder: str, refusal: str) -> None:
        """Report a folder that nobody handed in."""
        self.report.append(Collected(as_line(folder), "", "refused", refusal))

    def takes(self, folder: Path, student: str, stated: datetime) -> bool:
        """Whether a student's folder, of the time in its name, was read and is of this exercise."""
        _without_broken_stamp(self.course.folder("submitted", student, self.name))
        place = self.taken[folder.name] = self.scratch / str(len(self.taken))
        place.mkdir()
        notes: list[str] = []
        try:
            notes = [*_changed(folder, self.notebooks, stated), *_kept(folder, place), *_stamped(place, stated)]
            handed_in = _handed_in(place, self.notebooks)
            there = self.course.folder("submitted", student, self.name)
            if (first := received(stamp_of(there))) and first < stated and is_same_work(*map(_work, (there, place))):
                (place / STAMP).write_bytes((there / STAMP).read_bytes())
            missing = f"no notebook {' or '.join(self.notebooks)} in it"
            refusal = mistaken(self.name, handed_in, self.cells) if handed_in else "; ".join([missing, *notes[:LISTED]])
        except (PermissionError, FileNotFoundError, NotADirectoryError) as error:
            refusal = f"it cannot be read ({error.strerror})"
        rest = [f"{len(notes) - LISTED} more"] if notes[LISTED:] else []
        detail = refusal or "; ".join([*notes[:LISTED], *rest])
        self.report.append(Collected(student, student, "refused" if refusal else "collected", detail))
        return not refusal


class Sifting(ExchangeCollect):
    """nbgrader's class that collects, less who is refused."""

    intake: Intake
    src_records: list[dict[str, Any]]

    def _path_to_record(self, path: str) -> dict[str, Any]:
        """Of a folder that nobody handed in, a record of no student."""
        record: dict[str, Any] = {"username": "", "filename": Path(path).name, "timestamp": datetime.min}
        refusal = f"its name is not as nbgrader writes it, STUDENT+{self.intake.name}+TIME+"
        with suppress(Exception):  # whatever is wrong with a name
            stated = super()._path_to_record(path)
            refusal, people = "it is not there any more", self.intake.people
            refusal = _refusal(Path(path), stated["username"], stated["timestamp"], self.check_owner, people)
            record = record if refusal else stated
        if refusal:
            self.intake.refuse(record["filename"], refusal)
        return record

    def init_src(self) -> None:
        super().init_src()
        inbound = Path(self.inbound_path)
        self.src_records = [
            record
            for record in self.src_records
            if record["username"]
            and self.intake.takes(inbound / record["filename"], record["username"], record["timestamp"])
        ]
        self.check_owner = False  # it was asked; nbgrader would ask it of a folder that may be away by now, and end

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy what was read of the folder."""
        super().do_copy(str(self.intake.taken[Path(src).name]), dest, log)


def _refusal(folder: Path, student: str, stated: datetime, check_owner: bool, people: People | None) -> str:
    """Why a folder of the exchange is no hand-in of this student's at this time; empty if it may be."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        return "it is no folder"
    if not is_student_id(student):
        return "its name cannot be a student's id"
    if people is not None and people.find((student,))[0] != student:
        return "the roster has no student of this id; add them (mlsd roster), under the name that they submit by"
    if stated.replace(tzinfo=UTC) - datetime.fromtimestamp(status.st_ctime, UTC) > timedelta(days=1):
        return "the time in its name had not come when it was laid there"
    if check_owner and _is_anothers(status.st_uid, student):
        return (
            f"the folder was laid there by the user {_user(status.st_uid)}, not by {student}. If users of this machine "
            "and students are not the same, set ExchangeCollect.check_owner = False in nbgrader_config.py"
        )
    return ""


def _is_anothers(owner: int, student: str) -> bool:
    """Whether the student is a user of this machine, and the owner another one who may not act for the student."""
    try:
        import pwd

        return owner not in (pwd.getpwnam(student).pw_uid, os.geteuid(), 0)
    except (ImportError, KeyError):  # Windows; no such user
        return False


def _user(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _kept(folder: Path, place: Path) -> Iterator[str]:
    """Copy what may be taken of a folder to `place`; a sentence for each file that is left out or not as it was."""
    for entry in archive.read_folder(folder, OF_ONE):
        refusal = entry.refusal or ("a file has its folder's name" if NOT_TAKEN & {*entry.name.parts[:-1]} else "")
        if refusal:
            yield f"{as_line(str(entry.name))} was left out: {refusal}"
            continue
        path = place / entry.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(entry.content)


def _changed(folder: Path, notebooks: list[str], stated: datetime) -> Iterator[str]:
    """That a folder or a notebook in it was changed after the time that its name states, which students write."""
    there = [path.lstat().st_ctime for path in (folder, *map(folder.joinpath, notebooks)) if path.exists()]
    last = datetime.fromtimestamp(max(there, default=0.0), UTC)
    if last - stated.replace(tzinfo=UTC) > SUBMITTING:
        yield f"its folder was last changed at {last:%Y-%m-%d %H:%M:%S} UTC, after the time in its name"


def _stamped(place: Path, stated: datetime) -> Iterator[str]:
    """Give what was kept the time in its folder's name, by which it was chosen, where its own time stamp is another.

    Where the text is missing by which nbgrader names its feedback, it gets one that nobody knows.
    """
    if received(stamp_of(place)) != stated:
        yield f'its {STAMP} is not as "submit" writes it; the time in the folder\'s name, {stated} UTC, counts'
        (place / STAMP).write_text(f"{stated:%Y-%m-%d %H:%M:%S.%f} UTC")
    if not read_file(place / RECEIPT, 1_000):  # nbgrader would release nobody's feedback after this one's
        yield f'it lacks the {RECEIPT} that "submit" writes, so JupyterLab will not find its feedback'
        (place / RECEIPT).write_text(secrets.token_hex(16))


def _work(folder: Path) -> dict[str, bytes]:
    return read_folder(folder, Most())[0]


def _without_broken_stamp(folder: Path) -> None:
    """Drop a time stamp that is none of what is there already: nbgrader would collect nobody's."""
    if (folder / STAMP).exists() and received(stamp_of(folder)) is None:
        (folder / STAMP).unlink()


def _handed_in(folder: Path, wanted: list[str]) -> list[bytes]:
    """The notebooks of these names in a folder; without any of them, all that lie there."""
    files, _ = read_folder(folder, Most())
    named = [files[name] for name in wanted if name in files]
    return named or [content for path, content in files.items() if path.endswith(".ipynb") and "/" not in path]
