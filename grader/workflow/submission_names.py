"""Whose file is it: the names that Moodle, Canvas and plain folders give to what students hand in.

Works on names alone. With a CSV map, or a roster in the gradebook, who is in neither is not guessed.
"""

import re
import unicodedata
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.errors import GraderError
from grader.names import is_student_id
from grader.workflow.repositories import owner_of
from grader.workflow.tables import named_rows

MOODLE = re.compile(r"(?P<who>.+?)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.DOTALL)
MOODLE_NUMBERS = re.compile(r"(?<=_)(\d+)(?=_assignsubmission_)")
LATE_MARK = r"(?P<{}>_late)?"  # a mark that a later download may or may not have
CANVAS = re.compile(
    rf"(?P<who>[^\W_]+(?:-[^\W_]+)*){LATE_MARK.format('late')}_(?P<number>\d+){LATE_MARK.format('late_too')}_\d+_(?P<file>.+)",
    re.DOTALL | re.IGNORECASE,
)
ANONYMOUS = re.compile(
    rf"(?P<who>anon){LATE_MARK.format('late')}_(?P<number>[A-Za-z0-9]{{3,8}}){LATE_MARK.format('late_too')}_\d+_(?P<file>.+)",
    re.DOTALL | re.IGNORECASE,
)
SYSTEMS = (MOODLE, ANONYMOUS, CANVAS)
CANVAS_ATTEMPT = re.compile(r"-(\d+)(?=\.\w+$)")
CANVAS_ID = "canvas:"  # before Canvas's number of a person, as a key
PARTICIPANT = "Participant"  # before Moodle's number of a hand-in, as its worksheet has it in English


@dataclass(frozen=True)
class Owner:
    """Whose a file is: the name that says so, the names that a map may use, the student, the rest of the path.

    `roster_keys` are those that name a person, `identifier` how Moodle's worksheet of this exercise names the hand-in.
    `is_download`: its time is not that of the hand-in, but the download's, or what a student wrote into a repository;
    `is_late`: the platform marks it so.
    """

    source: str
    keys: tuple[str, ...]
    student: str
    inner: PurePosixPath
    attempt: int = 0
    roster_keys: tuple[str, ...] = ()
    identifier: str = ""
    is_download: bool = False
    is_late: bool = False


def owner(path: PurePosixPath, exercise: str, repositories: Container[str] = ()) -> Owner | None:
    """Who handed in `path`, a name inside the source; None if nothing in it says so.

    `repositories` are the folders that git manages.

    A platform gives the outermost name alone; a student chooses those below it, and could write another's there. In
    Moodle that name may begin or end with words of a student's: one that holds two numbers is nobody's.
    """
    first, rest = path.parts[0], path.parts[1:]
    for layout in SYSTEMS:
        if match := layout.fullmatch(first):
            if layout is MOODLE and len(set(MOODLE_NUMBERS.findall(first))) > 1:
                return None
            return _of_system(match, path, layout is not MOODLE)
    if rest:
        inner = rest[1:] if rest[0] == exercise and len(rest) > 1 else rest
        if first in repositories:
            who = owner_of(first, exercise)
            return Owner(first, (first, who), _slug(who), PurePosixPath(*inner), 0, (who,), is_download=True)
        return Owner(first, (first,), _slug(first), PurePosixPath(*inner), 0, (first,))
    who = re.sub(rf"[-_ .+]*{re.escape(exercise)}[-_ .+]*", "", path.stem, flags=re.IGNORECASE)
    return Owner(first, (path.stem, who), _slug(who), PurePosixPath(first), 0, (path.stem, who)) if who else None


def _of_system(match: re.Match[str], path: PurePosixPath, canvas: bool) -> Owner:
    who, number, file = match["who"], match["number"], match["file"]
    below = path.parts[1:]
    attempt = CANVAS_ATTEMPT.search(file) if canvas and not below else None
    if attempt:
        file = CANVAS_ATTEMPT.sub("", file)
    inner = PurePosixPath(*(below or (file or path.name,)))
    student = "-".join(part for part in (_slug(who).lower(), number) if part)
    known = (who, f"{CANVAS_ID}{number}") if canvas else (who,)  # Moodle's number is another one in each assignment
    identifier = "" if canvas else f"{PARTICIPANT} {number}"
    keys = (who, number, f"{who}_{number}")
    is_late = canvas and bool(match["late"] or match["late_too"])
    return Owner(
        f"{who}_{number}", keys, student, inner, int(attempt[1]) if attempt else 0, known, identifier, True, is_late
    )


def common_folder(
    paths: Sequence[PurePosixPath], exercise: str, notebooks: Sequence[str],
    is_student: Callable[[str], bool] = lambda _: False,
) -> int:  # fmt: skip
    """1 if all paths lie in one folder that is nobody's own (as zips are often made), else 0."""
    if len({path.parts[0] for path in paths}) != 1 or min(len(path.parts) for path in paths) < 2:
        return 0
    if is_student(paths[0].parts[0]):
        return 0
    if any(layout.fullmatch(paths[0].parts[0]) for layout in SYSTEMS):
        return 0
    if all(any(layout.fullmatch(path.parts[1]) for layout in SYSTEMS) for path in paths):
        return int(len({path.parts[1] for path in paths}) > 1)  # a student may have named one file like this
    work = [path for path in paths if path.suffix.lower() == ".ipynb" and path.parts[1:2] != (exercise,)]
    deep = [path for path in work if len(path.parts) > 2]
    flat = [path for path in work if len(path.parts) == 2]
    if any(path.name in notebooks for path in deep):
        return 1
    return 0 if any(path.name in notebooks for path in flat) else int(bool(deep) or len(flat) > 1)


def read_map(path: Path) -> dict[str, str]:
    """Names in the source (in lower case) to student ids, from a CSV with these two columns and a heading.

    Raises `GraderError` naming the line for an id that cannot name a folder, or a name given twice.
    """
    known: dict[str, str] = {}
    for number, (name, student) in named_rows(path, "map", ("name", "student")):
        source = name.lower()
        if not source or not is_student_id(student):
            raise GraderError(
                f"{path}, line {number}: {name!r} and {student!r} are not a name and a student id, which has letters, "
                "digits, '.', '_', '-' and '@'. Correct that line."
            )
        if known.get(source, student) != student:
            raise GraderError(f"{path}, line {number}: {source!r} is already mapped to {known[source]!r}")
        known[source] = student
    if not known:
        raise GraderError(f"the map {path} maps nobody: below name,student it has a line for each name.")
    return known


def _slug(name: str) -> str:
    """The name as a folder's name, which nbgrader takes for the student's id."""
    plain = unicodedata.normalize("NFC", name).strip()
    return re.sub(r"[^\w.@]+", "-", plain).strip("-.")[:100]
