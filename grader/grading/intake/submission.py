"""One student's folder as a grading job: notebooks found and rebuilt, files taken within limits, links never followed.

Reads only. What a folder may hold is decided here; what it is worth is not.
"""

import fnmatch
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from io import BufferedReader, RawIOBase
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from grader.course import STAMP, Course
from grader.grading.intake import limits as most_taken
from grader.grading.intake.instructor_notebook import HIDDEN, InstructorNotebook, hidden_marks, originals
from grader.grading.intake.output_stripper import TooLarge, read_notebook
from grader.grading.intake.rebuild import rebuild
from grader.grading.records import Flag, Job, Notebook

RECEIPT = "submission_secret.txt"  # nbgrader's exchange finds a student's feedback by it; no student code needs it
LEFT_OUT = {STAMP, RECEIPT, ".DS_Store"}
HARD_LINK = "a hard link, whose content may be another's file"
FOLDERS_LEFT_OUT = {".ipynb_checkpoints", "__pycache__", ".git", "__MACOSX"}
MOST_NAMES = 20_000  # of files in one folder that are looked at


@dataclass(frozen=True)
class Most:
    """What is taken of one folder: bytes a file and in all, files, folders deep.

    `hard_links`: whether a file may have another name elsewhere, as the instructor's own may.
    """

    file_bytes: int = most_taken.FILE_BYTES
    all_bytes: int = most_taken.SUBMISSION_BYTES
    files: int = most_taken.SUBMISSION_FILES
    depth: int = most_taken.SUBMISSION_DEPTH
    hard_links: bool = False


@dataclass
class Assignment:
    """What all submissions of an exercise share: rebuilt from `originals`, the course's own `files`, the limits.

    A student's version of a file in `kept_student_files` stands, of every other file of the course's the course's own.
    `solved` are the instructor's notebooks, by name; `marks` stand around hidden tests; `root` is the course's folder.
    """

    name: str
    originals: list[InstructorNotebook]
    files: dict[str, bytes]
    limits: Job
    kept_student_files: tuple[str, ...] = ()
    solved: dict[str, bytes] = field(default_factory=dict)
    marks: tuple[str, str] = HIDDEN
    root: str = ""

    @property
    def most_s(self) -> float:
        """The wall seconds that one submission may take: each notebook twice, since tests run beside answers too."""
        return 2 * self.limits.total_s * max(1, len(self.originals))

    @property
    def over(self) -> dict[str, bytes]:
        """The files that replace a student's."""
        return {path: content for path, content in self.files.items() if path not in self.kept_student_files}


@dataclass
class Submission:
    """One student's job, and what a person should know: flags, time stamp, grade ids that were answered.

    `unread` holds the released notebooks in whose place nothing readable came; they are not executed. `own`: their
    other files.
    """

    student: str
    job: Job
    flags: list[Flag] = field(default_factory=list)
    stamp: str = ""
    answered: dict[str, set[str]] = field(default_factory=dict)
    unread: dict[str, Notebook] = field(default_factory=dict)
    own: dict[str, bytes] = field(default_factory=dict)


def assignment(course: Course, name: str, limits: Job) -> Assignment:
    """What the course holds of `name`; `limits` is a job without notebooks.

    The files are those of the source, else of the release. Raises `GraderError` if the gradebook does not know it.
    """
    places = [course.folder(step, name=name) for step in ("source", "release")]
    folder = next((place for place in places if place.is_dir()), None)
    own_limits = Most(100 * most_taken.MB, 500 * most_taken.MB, 10_000, hard_links=True)
    files, _ = read_folder(folder, own_limits) if folder else ({}, [])
    own = {path: content for path, content in files.items() if not path.endswith(".ipynb")}
    kept_student_files = tuple(course.config.Autograde.get("exclude_overwriting", {}).get(name, []))
    solved = {path.removesuffix(".ipynb"): content for path, content in files.items() if path.endswith(".ipynb")}
    known = solved if folder == places[0] else {}
    marks = hidden_marks(course)
    return Assignment(name, originals(course, name), own, limits, kept_student_files, known, marks, str(course.root))


@dataclass
class Packed:
    """What lies in a folder, for a process that may not look into it: names and sizes of the `files`, whose contents
    follow one another in a file; the names `left` out, by the reason; the time stamp and the receipt.
    """

    files: list[tuple[str, int]] = field(default_factory=list)
    left: dict[str, list[str]] = field(default_factory=dict)
    stamp: str = ""
    receipt: bytes = b""


def submission(shared: Assignment, student: str, folder: Path, most: Most | None = None) -> Submission:
    """The job of one student, who handed in `folder`. Raises `OSError` only if the folder itself cannot be read."""
    with TemporaryFile() as contents:
        return unpacked_submission(shared, student, pack(folder, contents, most or Most()), contents, most)


def unpacked_submission(
    shared: Assignment, student: str, packed: Packed, contents: BinaryIO, most: Most | None = None
) -> Submission:
    """The same from what `pack` gave."""
    there, flags = unpack(packed, contents, most or Most())
    wanted = [original.name for original in shared.originals]
    there, more = _without_clashes(there, {*shared.files, *(f"{notebook}.ipynb" for notebook in wanted)})
    flags += more
    found, more = _notebooks(there, wanted)
    flags += more
    rebuilt = {original.name: rebuild(found.get(original.name), original) for original in shared.originals}
    for repaired in rebuilt.values():
        flags += repaired.flags
    others = {path: content for path, content in there.items() if not path.lower().endswith(".ipynb")}
    job = replace(
        shared.limits,
        assignment=shared.name,
        student=student,
        notebooks={notebook: repaired.notebook for notebook, repaired in rebuilt.items() if repaired.readable},
        files=shared.files | others | shared.over,
        trusted=shared.files,
    )
    answered = {notebook: repaired.answered for notebook, repaired in rebuilt.items()}
    secret = {RECEIPT: packed.receipt} if packed.receipt else {}
    unread = {notebook: repaired.notebook for notebook, repaired in rebuilt.items() if not repaired.readable}
    return Submission(student, job, flags, packed.stamp, answered, unread, others | secret)


def read_folder(folder: Path, most: Most) -> tuple[dict[str, bytes], list[Flag]]:
    """Regular files by relative name, notebooks without outputs, and flags for what was left out by name."""
    with TemporaryFile() as contents:
        return unpack(pack(folder, contents, most), contents, most)


def pack(folder: Path, contents: BinaryIO, most: Most) -> Packed:
    """Write what lies in `folder` into the file `contents`. Nothing of it is looked into."""
    packed, room = Packed(), most_taken.NOTEBOOK_BYTES + most.all_bytes
    paths = _walk(folder, most.depth)
    if rest := paths[MOST_NAMES:]:
        packed.left[f"beyond the first {MOST_NAMES:,} files"] = [rest[0].relative_to(folder).as_posix()]
    for path in paths[:MOST_NAMES]:
        name = path.relative_to(folder).as_posix()
        handle, why = (
            _opened(folder, name, most) if _fit(name) else (-1, "its name holds control characters or is too long")
        )
        if not why:
            with os.fdopen(handle, "rb") as file:
                size = _copied(file, contents, 1 + min(room, _most_bytes(name, most)))
            packed.files.append((name, size))
            room = max(0, room - size)
        else:
            packed.left.setdefault(why, []).append(name)
    contents.flush()
    packed.stamp, packed.receipt = stamp_of(folder), read_file(folder / RECEIPT, 1_000) or b""
    return packed


def unpack(packed: Packed, contents: BinaryIO, most: Most) -> tuple[dict[str, bytes], list[Flag]]:
    """The files by name, notebooks without outputs, and flags for what was left out."""
    files: dict[str, bytes] = {}
    left = {why: list(names) for why, names in packed.left.items()}
    total = place = 0
    for name, size in packed.files:
        content, why = b"", ""
        try:
            content = read_limited(BufferedReader(_Part(contents, place, size)), name, most.file_bytes)
        except TooLarge as error:
            why = str(error)
        place += size
        if not why and (len(files) >= most.files or total + len(content) > most.all_bytes):
            why = f"more than {most.files} files or {most.all_bytes / most_taken.MB:g} MB in all"
        if why:
            left.setdefault(why, []).append(name)
        else:
            files[name] = content
            total += len(content)
    return files, [Flag("files", f"not taken, {why}: {_listed(names)}") for why, names in left.items()]


class _Part(RawIOBase):
    """Some bytes of an open file, as a file."""

    def __init__(self, file: BinaryIO, place: int, size: int) -> None:
        self._file, self._place, self._end = file, place, place + size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._place)
        content = self._file.read(min(len(buffer), self._end - self._place))
        buffer[: len(content)] = content
        self._place += len(content)
        return len(content)


def _most_bytes(name: str, most: Most) -> int:
    """The most that a file of this name may have to be looked into at all."""
    return max(most_taken.NOTEBOOK_BYTES, most.file_bytes) if name.lower().endswith(".ipynb") else most.file_bytes


def _copied(file: BinaryIO, contents: BinaryIO, most_bytes: int) -> int:
    """How many bytes were copied, at most so many."""
    size = 0
    while part := file.read(min(2**20, most_bytes - size)):
        contents.write(part)
        size += len(part)
    return size


def _opened(folder: Path, name: str, most: Most) -> tuple[int, str]:
    """A regular file's descriptor, or why it is not taken. Never blocks, follows no link below `folder`."""
    try:
        handle = _open_below(folder, name)
    except OSError:
        return -1, "a link, a special file or unreadable"
    status = os.fstat(handle)
    if stat.S_ISREG(status.st_mode) and (status.st_nlink == 1 or most.hard_links):
        return handle, ""
    os.close(handle)
    return -1, HARD_LINK if stat.S_ISREG(status.st_mode) else "a link, a special file or unreadable"


def _open_below(folder: Path, name: str) -> int:
    """The descriptor of a file below `folder`, each folder on the way opened by the one above: one of them may have
    become a link since it was listed."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if os.open not in os.supports_dir_fd:
        return os.open(folder / name, flags)
    *above, last = PurePosixPath(name).parts
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in above:
            below = os.open(part, flags | os.O_DIRECTORY, dir_fd=place)
            os.close(place)
            place = below
        return os.open(last, flags, dir_fd=place)
    finally:
        os.close(place)


def read_limited(file: BinaryIO, name: str, most_bytes: int = most_taken.FILE_BYTES) -> bytes:
    """The content of an open file, a notebook's without outputs. Raises `TooLarge` if it has more than that."""
    if name.lower().endswith(".ipynb"):
        return read_notebook(file, most_bytes)
    content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise TooLarge(f"larger than {most_bytes / most_taken.MB:g} MB")
    return content


def clash(name: str, others: Collection[str]) -> str:
    """The file among `others` in whose place `name` has a folder, or the other way round; empty if there is none."""
    parts = PurePosixPath(name)
    above = (str(parent) for parent in parts.parents)
    return next((parent for parent in above if parent in others), "") or next(
        (other for other in others if other.startswith(f"{name}/")), ""
    )


def _without_clashes(files: dict[str, bytes], known: Collection[str]) -> tuple[dict[str, bytes], list[Flag]]:
    """The files less those that cannot lie beside the exercise's own, and a flag that names them."""
    found = [name for name in files if clash(name, known)]
    kept = {name: content for name, content in files.items() if name not in found}
    reported = (
        f"not taken, a folder with the name of a file of the exercise or a file with that of a folder: {_listed(found)}"
    )
    return kept, [Flag("files", reported)] if found else []


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name)[1:-1][:60] for name in names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")


def read_file(path: Path, most_bytes: int) -> bytes | None:
    """The content of a regular file of at most `most_bytes`, else None. Never blocks, follows no link."""
    handle, why = _opened(path.parent, path.name, Most())
    if why:
        return None
    with os.fdopen(handle, "rb") as file:
        content = file.read(most_bytes + 1)
    return content if len(content) <= most_bytes else None


def stamp_of(folder: Path) -> str:
    """The text of a folder's time stamp, which anybody may have written; empty if there is none that can be read."""
    return (read_file(folder / STAMP, 200) or b"").decode(errors="replace").strip()


def _walk(folder: Path, depth: int) -> list[Path]:
    found: list[Path] = []

    def refused(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise error
        found.append(Path(error.filename))  # which cannot be opened, and is named so

    for place, folders, files in os.walk(folder, onerror=refused):
        deep = len(Path(place).relative_to(folder).parts) >= depth
        folders[:] = [] if deep else sorted(set(folders) - FOLDERS_LEFT_OUT)
        found += [Path(place) / name for name in sorted(files) if name not in LEFT_OUT and not name.endswith(".pyc")]
        found += [Path(place) / name for name in folders if (Path(place) / name).is_symlink()]
    return sorted(found, key=lambda path: (not path.name.endswith(".ipynb"), path))


def _fit(name: str) -> bool:
    """True for a name that any file system and any report takes."""
    return name.isprintable() and len(name.encode(errors="replace")) < 500


def _notebooks(files: dict[str, bytes], wanted: list[str]) -> tuple[dict[str, bytes], list[Flag]]:
    """The notebook that is meant for each wanted name: under that name, else one of a name that is like it."""
    there = sorted(
        (file for file in files if file.lower().endswith(".ipynb")), key=lambda path: (path.count("/"), path)
    )
    found: dict[str, str] = {name: f"{name}.ipynb" for name in wanted if f"{name}.ipynb" in files}
    flags = []
    for name in wanted:
        spare = [file for file in there if file not in found.values()]
        if name in found or not spare:
            continue
        alike = [file for file in spare if is_alike(file, name)]
        if alike or (len(wanted) == 1 and len(spare) == 1):
            found[name] = (alike or spare)[0]
            flags.append(Flag("renamed", f"{found[name]} was taken for {name}.ipynb", name))
    more = [file for file in there if file not in found.values()]
    if more:
        flags.append(
            Flag("notebooks", f"not graded: {', '.join(more[:3])}" + (" and more" if more[3:] else ""), look=False)
        )
    return {name: files[path] for name, path in found.items()}, flags


def is_alike(path: str, name: str) -> bool:
    """True for a copy's or a download's name of a notebook, or the same name in a folder or in other case."""
    stem = Path(path).stem.lower()
    patterns = [name, f"{name} (*)", f"{name}-copy*", f"{name}_*", f"*_{name}", f"{name}-*", f"*-{name}", f"{name}(*)"]
    return any(fnmatch.fnmatchcase(stem, pattern.lower().replace("[", "[[]")) for pattern in patterns)
