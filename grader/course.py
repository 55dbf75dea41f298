"""Where a course folder keeps what, and nbgrader's own objects for that folder.

Any nbgrader course can be opened, also one that we did not write: directories are those of its `nbgrader_config.py`,
nbgrader's defaults otherwise. No command's work is done here.
"""

import copy
import glob
import importlib
import logging
import os
import re
import shlex
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.errors import GraderError
from grader.names import Name
from grader.write_errors import database_told, full_disk_told, unwritable
from notebook_runner.errors import was_meant

CONFIG = "nbgrader_config.py"
STAMP = "timestamp.txt"  # the file in which nbgrader keeps when a submission was received
# By module: with them, nbgrader's extensions of a Jupyter server above all, a start takes more than twice as long.
RARELY = {"setuptools.archive_util": ["unpack_archive", "unpack_tarfile", "unpack_zipfile"]} | {
    f"nbgrader.server_extensions.{name}": ["load_jupyter_server_extension"]
    for name in ("assignment_list", "course_list", "formgrader", "validate_assignment")
}
RAISED_TOO = "tornado.application"  # the log to which nbgrader writes errors of the gradebook before it raises them
EARLIER = "earlier"  # the folder of hand-ins that a later one replaced
STEPS = ("source", "release", "submitted", "autograded", "feedback")


class Course:
    """A course folder as its nbgrader configuration describes it; `given`: as it was named, None if it was found."""

    def __init__(self, root: Path, config: Any, given: Path | None = None) -> None:
        with lean_imports():
            from nbgrader.coursedir import CourseDirectory

        self.root = root
        self.config = config
        self.directory = CourseDirectory(config=config)
        self.given = given

    @classmethod
    def open(cls, folder: Path | None = None) -> "Course":
        """The course in `folder`, or in the nearest folder at or above the working directory that has a configuration.

        Raises `GraderError` if there is none or its configuration cannot be read.
        """
        root = cls.root_of(folder)
        if signs := sorted({*re.findall(r"[*?[]|%[0-9A-Fa-f]{2}|\$\w", str(root))}):
            raise GraderError(
                f"{root} holds {' and '.join(signs)}, which nbgrader takes for a pattern, a variable or a sign of an "
                "address: it would look elsewhere. Give the folder another name."
            )
        course = cls(root, _read_config(root), folder)
        if (root / CONFIG).is_file():
            return course
        if (above := _kept_by(root)) is not None:
            raise GraderError(
                f"{root} is where the course {above} keeps its students' files, and no course. Name the course: "
                f"--course {above}"
            )
        if not any(course.folder(step).is_dir() for step in STEPS):
            raise GraderError(
                f"{root} is not an nbgrader course: it has neither {CONFIG} nor a folder 'source' or 'submitted'. "
                "Name the course folder: --course DIR"
            )
        return course

    @classmethod
    def root_of(cls, folder: Path | None) -> Path:
        """`folder`, or the nearest one at or above the working directory with a configuration; else `GraderError`."""
        return (folder or _nearest(Path.cwd())).resolve()

    def configured(self, **sections: dict[str, Any]) -> "Course":
        """The same course with some configuration replaced, e.g. `CourseDirectory={"db_url": ...}`."""
        from traitlets.config import Config

        config = copy.deepcopy(self.config)
        config.merge(Config(sections))
        return Course(self.root, config, self.given)

    def command(self, text: str) -> str:
        """What to type for `mlsd TEXT` on this course, from the folder where this command was typed."""
        return f"mlsd {text}" + (f" --course {shlex.quote(str(self.given))}" if self.given else "")

    def folder(self, step: str, student: str = ".", name: str = ".") -> Path:
        """The folder of one of nbgrader's steps (source, release, submitted, autograded, feedback).

        Raises `GraderError` for what is not the name of one folder.
        """
        directory = getattr(self.directory, f"{step}_directory")
        named = [text if text == "." else Name(text) for text in (student, name)]
        return Path(os.path.normpath(self.directory.format_path(directory, *named)))

    def keeps_hand_ins_at(self, place: Path) -> bool:
        """Whether a folder lies where students' files are kept, so that nothing in it is the instructor's."""
        exchange = [Path(path) for key in ("root", "cache") if (path := self.config.Exchange.get(key))]
        theirs = [self.folder(step) for step in ("submitted", "autograded", "feedback")]
        return any(place.is_relative_to(folder) for folder in (*theirs, self.home / EARLIER, *exchange))

    @property
    def home(self) -> Path:
        """The folder of reports and earlier submissions: the gradebook's own, if it lies in the course.

        Elsewhere another course's gradebook may lie in the same folder, so there it is one of the gradebook's name.
        """
        if not self.directory.db_url.startswith("sqlite:///"):
            return self.root
        holding = self.database.parent.resolve()
        return holding if holding.is_relative_to(self.root) else holding / f"{self.database.name}.mlsd"

    @property
    def database(self) -> Path:
        """The file of the gradebook, if it is one."""
        return Path(self.directory.db_url.removeprefix("sqlite:///"))

    def require_writable(self) -> None:
        """Raises `GraderError` if the gradebook or the folder around it may not be written."""
        self.home.mkdir(parents=True, exist_ok=True)
        for path in (self.home, self.database):
            if path.exists() and not os.access(path, os.W_OK):
                raise unwritable(path, "no right to write")

    @property
    def secret_file(self) -> Path:
        """Where this course's secret is kept (it may not exist yet)."""
        from grader.secret import SECRET_NAME, VARIABLE

        return Path(os.environ.get(VARIABLE) or self.root / SECRET_NAME)

    def assignments(self, step: str = "source") -> list[str]:
        """The names of the assignments that have a notebook in `step` ("source" or "release"), sorted."""
        return self._matched(step, (".", "(.+)"), (".", "*"), lambda place: bool([*Path(place).glob("*.ipynb")]))

    def require(self, name: str, step: str = "source") -> str:
        """`name` itself; raises `GraderError` with the known names if `step` has no such assignment."""
        known = self.assignments(step)
        if name not in known:
            where, listed = self.folder(step), ", ".join(known) or "none"
            raise GraderError(
                f"there is no exercise {name!r} in {where}. Known: {listed}. {was_meant(name, known)}".strip()
            )
        return name

    def require_known(self, book: Any, name: str) -> None:
        """Raises `GraderError` unless the gradebook `book` knows the exercise."""
        known = sorted(assignment.name for assignment in book.assignments)
        if name not in known:
            listed, first = ", ".join(known) or "none", self.command(f"release {name}")
            fix = was_meant(name, known) or f"First: {first}"
            raise GraderError(f"the gradebook knows no exercise {name!r} (known: {listed}). {fix}")

    def students(self, name: str, step: str = "submitted") -> list[str]:
        """The students that have a folder for `name` in `step`, sorted."""
        return self._matched(step, ("(.+)", Name(name)), ("*", glob.escape(name)), os.path.isdir)

    def _matched(
        self, step: str, pattern: tuple[str, str], places: tuple[str, str], fits: Callable[[str], bool]
    ) -> list[str]:
        """What the group of the pattern is in the folders that fit; each is of a student and an assignment."""
        directory = getattr(self.directory, f"{step}_directory")
        wanted = self.directory.format_path(directory, *pattern, escape=True)
        found = glob.glob(self.directory.format_path(directory, *places))
        matches = [re.fullmatch(wanted, place) for place in found if fits(place)]
        return sorted(match.group(1) for match in matches if match)

    @contextmanager
    def gradebook(self) -> Iterator[Any]:
        """nbgrader's `Gradebook` of this course, made if it does not exist, closed at the end.

        Raises `GraderError` if the system refuses it.
        """
        from nbgrader.api import Gradebook

        self.home.mkdir(parents=True, exist_ok=True)
        url, name = self.directory.db_url, self.directory.course_id
        with database_told(self.database), _nbgraders_surroundings():
            self._lay_gradebook()
            with Gradebook(url, name) as book:
                yield book

    def call(self, action: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """What `action(NbGraderAPI)` returns: a dictionary with `success`, `log` and `error`."""
        from nbgrader.apps.api import NbGraderAPI

        self.home.mkdir(parents=True, exist_ok=True)
        with _nbgraders_surroundings():
            self._lay_gradebook()
            return action(NbGraderAPI(config=self.config))

    def _lay_gradebook(self) -> None:
        """Have an empty gradebook where none is, if it is a file; raises `GraderError` for one of a later nbgrader."""
        from grader.empty_gradebook import later_version, lay_empty_gradebook

        if not self.directory.db_url.startswith("sqlite:///"):
            return
        if self.database.exists() and not self.database.is_file():  # a pipe would be read without end
            raise unwritable(self.database, "it is no file")
        if revision := later_version(self.database):
            raise GraderError(
                f"{self.database} was written by a later nbgrader than is installed here (its tables are of revision "
                f"{revision}). Run mlsd where that one is installed; nothing was changed."
            )
        if not self.database.exists():
            try:
                with full_disk_told(self.home):
                    lay_empty_gradebook(self.database)
            except OSError as error:
                raise unwritable(self.database, error.strerror or "refused") from error


def write_alone(book: Any) -> None:
    """Let nobody else write nbgrader's open gradebook until its commit, so that what is read now still holds then."""
    if book.engine.dialect.name == "sqlite":
        from sqlalchemy import text

        book.db.rollback()
        book.db.execute(text("BEGIN IMMEDIATE"))


def reason(result: dict[str, Any]) -> str:
    """One line that says why nbgrader failed, found in the log and traceback of its result."""
    text = result.get("log", "") + "\n" + result.get("error", "")
    raised = [line for line in text.splitlines() if re.match(r" {0,4}[\w.]*(Error|Exception|Missing\w*)\b", line)]
    own = [line for line in raised if "NbGraderException" not in line]
    reported = [line.partition("] ")[2] for line in text.splitlines() if line.startswith(("[ERROR", "[CRITICAL"))]
    return next(iter(own or reported or raised), "nbgrader failed and did not say why").strip()


@contextmanager
def lean_imports() -> Iterator[None]:
    """Meanwhile nbgrader finds functions that it rarely calls in modules that are not loaded until one is called."""
    if "nbgrader" in sys.modules:
        yield
        return
    absent = [name for name in RARELY if name not in sys.modules]
    for name in absent:
        sys.modules[name] = unloaded = ModuleType(name)
        vars(unloaded).update({function: partial(_call, name, function) for function in RARELY[name]})
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def _call(module: str, function: str, *arguments: Any, **named: Any) -> Any:
    return getattr(importlib.import_module(module), function)(*arguments, **named)


@contextmanager
def _nbgraders_surroundings() -> Iterator[None]:
    """Meanwhile `alembic`, which nbgrader calls by name, is found.

    Warnings about its queries and tracebacks of what it also raises are not shown.
    """
    from sqlalchemy.exc import SAWarning

    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    silent = logging.NullHandler()
    logging.getLogger(RAISED_TOO).addHandler(silent)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)
            yield
    finally:
        logging.getLogger(RAISED_TOO).removeHandler(silent)
        os.environ["PATH"] = before


def _nearest(start: Path) -> Path:
    """The nearest folder with a configuration; one among the hand-ins of a course above is a student's program."""
    found = [folder for folder in (start, *start.parents) if (folder / CONFIG).is_file()]
    if not found:
        raise GraderError(f"neither {start} nor a folder above it holds {CONFIG}. Name the course folder: --course DIR")
    nearest = found.pop()
    while True:
        if hasattr(os, "geteuid") and (nearest / CONFIG).stat().st_uid not in (os.geteuid(), 0):
            raise GraderError(
                f"{nearest / CONFIG} belongs to another user, and it is a program that would run. If it is your "
                f"course's, name the folder: --course {nearest}"
            )
        if not found:
            return nearest
        if Course(nearest, _read_config(nearest)).keeps_hand_ins_at(found[-1]):
            return nearest
        nearest = found.pop()


def _kept_by(folder: Path) -> Path | None:
    """The course above that has its gradebook or one of its steps in `folder`, which has no configuration."""
    try:
        above = _nearest(folder)
        course = Course(above, _read_config(above))
    except GraderError:  # none, or one that says nothing of this folder
        return None
    taken = {course.home.resolve(), *(course.folder(step).parent.resolve() for step in STEPS)}
    return above if folder in taken - {above} else None


def _read_config(root: Path) -> Any:
    from traitlets.config import Config, PyFileConfigLoader

    if not root.is_dir():
        raise GraderError(f"there is no folder {root}. Name the course folder: --course DIR")
    config = Config()
    if (root / CONFIG).is_file():
        try:
            config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
        except Exception as error:
            raise GraderError(f"{root / CONFIG} cannot be read: {type(error).__name__}: {error}") from error
    given = config.CourseDirectory
    given.root = str(root / given.get("root", ""))  # nbgrader is run there, mlsd anywhere
    if (url := given.get("db_url", "")).startswith("sqlite:///"):
        given.db_url = f"sqlite:///{root / url.removeprefix('sqlite:///')}"
    return config
