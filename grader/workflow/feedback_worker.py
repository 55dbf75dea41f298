"""One worker of `mlsd feedback`: makes the pages of one student after the other, by one exporter, and opens the
gradebook to read alone.

It writes into the feedback folder and keeps, beside `results.json`, what a page was made from, so that the next run
leaves alone what did not change. No mark is given or changed here.
"""

import hashlib
import json
import signal
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from grader.course import STAMP, Course
from grader.errors import GraderError
from grader.grading.intake.instructor_notebook import hidden_marks
from grader.grading.output.lateness import deadlines
from grader.grading.output.sanitize import as_line
from grader.grading.worker import Task
from grader.sandbox.isolation import syscalls
from grader.whole_files import write_whole
from grader.workflow.late_days import taken

RECEIPT = "submission_secret.txt"
MADE_FROM = "feedback.json"
MADE_BY = ("nbgrader", "nbconvert", "nh3", "mistune", "jinja2", "pygments")
MODULES = (
    "feedback_page.py",
    "feedback_worker.py",
    "../grading/intake/instructor_notebook.py",
    "../grading/output/lateness.py",
    "../grading/output/html_cleaner.py",
    "../grading/output/sanitize.py",
)


@dataclass(frozen=True)
class FeedbackSpec:
    """What every worker receives: the course's folder and configuration, the exercise, whether pages are made anew."""

    root: Path
    config: Any
    name: str
    force: bool = False


@dataclass
class Feedback:
    """Where one student's HTML lies, or why there is none; `skipped` if it was made earlier from the same."""

    student: str
    pages: list[Path] = field(default_factory=list)
    failure: str = ""
    skipped: bool = False


def work(pipe: Connection, spec: FeedbackSpec) -> None:
    """Answer each `Task` that comes through `pipe` with a `Feedback`, until it is closed."""
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    course = Course.open(spec.root) if spec.config is None else Course(spec.root, spec.config)
    maker = PageMaker(course, spec.name, spec.force)
    try:
        while True:
            task: Task = pipe.recv()
            pipe.send(maker.give(task.student))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


class PageMaker:
    """Makes pages of feedback on one exercise. nbgrader's GenerateFeedback gives configuration, names and hooks."""

    def __init__(self, course: Course, name: str, force: bool = False) -> None:
        from nbgrader.converters import GenerateFeedback
        from traitlets.config import Config

        self.course, self.name, self.force = _as_pages(course), name, force
        self.converter = GenerateFeedback(coursedir=self.course.directory, config=self.course.config)
        self.converter.update_config(Config({"HTMLExporter": {"template_name": "feedback"}}))
        self.converter.coursedir.assignment_id = name
        self.exporter = self.converter.exporter_class(parent=self.converter, config=self.converter.config)
        for step in self.converter.preprocessors:
            self.exporter.register_preprocessor(step)
        self.made_by = _made_by(self.course)

    def give(self, student: str) -> Feedback:
        """A student's pages, made if anything that they are made from has changed. Never raises for a student."""
        try:
            return self._give(student)
        except GraderError as error:
            return Feedback(student, failure=as_line(str(error)))
        except Exception as error:
            return Feedback(student, failure=as_line(f"{type(error).__name__}: {error}"))

    def _give(self, student: str) -> Feedback:
        source = self.course.folder("autograded", student, self.name)
        place = self.course.folder("feedback", student, self.name)
        if not (notebooks := sorted(source.glob("*.ipynb"))):
            raise GraderError(f"{source} holds no notebook. First: {self.course.command(f'grade {self.name}')}")
        marks = {path.stem: self._marks(student, path.stem) for path in notebooks}
        digest = self._digest(source, notebooks, marks)
        record = self.course.home / "reports" / self.name / student / MADE_FROM
        _require_ours(place, source, _pages(record))
        if not self.force and _intact(record, digest, place):
            return Feedback(student, sorted(place.glob("*.html")), skipped=True)
        with self._hooks(student, notebooks):
            pages = {path.stem: self._page(path, student, marks[path.stem]) for path in notebooks}
        self._write(place, source, pages)
        made = {f"{stem}.html": _sha(page.encode()) for stem, page in pages.items()}
        write_whole(record, json.dumps({"digest": digest, "pages": made}, sort_keys=True) + "\n")
        return Feedback(student, sorted(place.glob("*.html")))

    def _page(self, notebook: Path, student: str, marks: dict[str, Any]) -> str:
        known = {"student": student, "assignment": self.name, "notebook": notebook.stem}
        known |= {"db_url": self.course.directory.db_url}
        resources = {"unique_key": notebook.stem, "output_files_dir": f"{notebook.stem}_files"}
        page, _ = self.exporter.from_filename(str(notebook), resources={**resources, "nbgrader": known | marks})
        return str(page)

    def _marks(self, student: str, notebook: str) -> dict[str, Any]:
        """Points and comments of a notebook as nbgrader counts them."""
        from nbgrader.api import Assignment, Notebook, Student, SubmittedAssignment, SubmittedNotebook

        with reading(self.course) as session:
            query = session.query(SubmittedNotebook).join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
            query = query.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            query = query.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            query = query.join(Student, SubmittedAssignment.student_id == Student.id)
            mine = (Assignment.name == self.name, Student.id == student, Notebook.name == notebook)
            found = query.filter(*mine).one()
            whole = found.assignment
            return _counted(found) | {"late": self._lateness(session, student, whole), "id": whole.id}

    def _lateness(self, session: Any, student: str, whole: Any) -> str:
        """How late a submission was and what it costs, in a sentence; empty if it was not."""
        known = deadlines(session.connection(), self.course.config, self.name, whole.assignment.duedate)
        days = taken(session.connection(), self.name).get(student)
        return f"{known.told_of(student, whole)} {days if days and days.days else ''}".strip()

    @contextmanager
    def _hooks(self, student: str, notebooks: list[Path]) -> Iterator[None]:
        """nbgrader's own hooks around the making, where the course has some."""
        self.converter.coursedir.student_id = student
        self.converter.notebooks = [str(path) for path in notebooks]
        self.converter.run_pre_convert_hook()
        yield
        self.converter.run_post_convert_hook()

    def _digest(self, source: Path, notebooks: list[Path], marks: Mapping[str, Any]) -> str:
        files = [path for path in (source / STAMP, source / RECEIPT) if path.is_file()]
        content = {path.name: _sha(path.read_bytes()) for path in (*notebooks, *files)}
        return _sha(json.dumps([self.made_by, content, marks], sort_keys=True, default=str).encode())

    def _write(self, place: Path, source: Path, pages: Mapping[str, str]) -> None:
        """The pages and what nbgrader needs beside them; no other file, which may be a page that runs something."""
        permissions = int(str(self.converter.permissions), 8)
        place.mkdir(parents=True, exist_ok=True)
        for stem, page in pages.items():
            write_whole(place / f"{stem}.html", page)
            (place / f"{stem}.html").chmod(permissions)
        for name in (STAMP, RECEIPT):
            if (source / name).is_file():
                write_whole(place / name, (source / name).read_text(encoding="utf-8", errors="replace"))
        kept = {STAMP, RECEIPT, *(f"{stem}.html" for stem in pages)}
        _remove_others(place, kept)


@contextmanager
def reading(course: Course) -> Iterator[Any]:
    """A session on the gradebook that cannot write; of SQLite's, opened to read alone."""
    from sqlalchemy.orm import Session

    with Session(_engine(course.directory.db_url)) as session:
        yield session


@cache
def _engine(url: str) -> Any:
    from sqlalchemy import create_engine

    if not url.startswith("sqlite:///"):
        return create_engine(url)
    file = f"{Path(url.removeprefix('sqlite:///')).resolve().as_uri()}?mode=ro"
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(file, uri=True, timeout=30))


def _counted(notebook: Any) -> dict[str, Any]:
    penalty = notebook.late_submission_penalty or 0
    cells: dict[str, dict[str, Any]] = {comment.name: {"comment": comment.comment} for comment in notebook.comments}
    for grade in notebook.grades:
        cells.setdefault(grade.name, {}).update(score=grade.score, points=grade.max_score)
    whole = {"score": notebook.score - penalty, "max_score": notebook.max_score, "late_penalty": penalty}
    return whole | {"cells": cells}


def _as_pages(course: Course) -> Course:
    """The course configured so that nbgrader's pages show no hidden test and hold nothing that runs."""
    from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor

    from grader.workflow.feedback_page import FeedbackPage, Marks, SanitizePreprocessor

    begin, end = hidden_marks(course)
    steps = [Marks, SanitizePreprocessor, CSSHTMLHeaderPreprocessor]
    return course.configured(
        GenerateFeedback={"preprocessors": steps, "exporter_class": FeedbackPage},
        SanitizePreprocessor={"begin": begin, "end": end},
    )


def _made_by(course: Course) -> list[str]:
    """What makes pages: our modules, the libraries, the course's configuration of them."""
    here = Path(__file__).parent
    code = [_sha((here / name).read_bytes()) for name in MODULES]
    sections = (
        "GenerateFeedback",
        "HTMLExporter",
        "SanitizePreprocessor",
        "TemplateExporter",
        "CSSHTMLHeaderPreprocessor",
    )
    return [*code, *map(version, MADE_BY), *(repr(course.config.get(name)) for name in sections)]


def _intact(record: Path, digest: str, place: Path) -> bool:
    """Whether pages were made from the same and lie there as they were made."""
    try:
        made = json.loads(record.read_text(encoding="utf-8"))
        pages = {name: _sha((place / name).read_bytes()) for name in made["pages"]}
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return made["digest"] == digest and pages == made["pages"] and bool(pages)


def _pages(record: Path) -> set[str]:
    """The pages that were made before, by name."""
    try:
        return set(json.loads(record.read_text(encoding="utf-8"))["pages"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _require_ours(place: Path, source: Path, made: Collection[str]) -> None:
    """Raises `GraderError` if `place` holds what neither feedback nor nbgrader, which copies all of `source`, made."""
    pages = {f"{path.stem}.html" for path in source.glob("*.ipynb")} | {*made, STAMP, RECEIPT}
    there = (path.relative_to(place) for path in sorted(place.rglob("*")) if not path.is_dir() or path.is_symlink())
    for path in there:
        if str(path) not in pages and not (source / path).is_file():
            raise GraderError(f"{place} holds {path}, which feedback did not make. Move it elsewhere and run it again")


def _remove_others(place: Path, kept: set[str]) -> None:
    for path in sorted(place.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        elif path.parent != place or path.name not in kept:
            path.unlink()


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
