"""Formgrader's page of a submission with the rubric beside what a person marks, and comments given before to reuse.

nbgrader's own handler, exporter and template, extended; `grader.formgrader_buttons` registers it before nbgrader's.
"""

from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader.base import check_notebook_dir, check_xsrf
from nbgrader.server_extensions.formgrader.handlers import SubmissionHandler, template_path
from tornado import web
from traitlets.config import Config

from grader.answer_bank.model import bank_folder

RUBRIC = "record_rubric.md"
TEMPLATES = Path(__file__).parent / "jupyter" / "templates"
MOST = 12  # comments that are offered for a cell, the most frequent ones


class RubricExporter(HTMLExporter):
    """nbgrader's page with what belongs beside its cells."""

    def __init__(self, book: Any, root: Path, config: Config) -> None:
        super().__init__(config=config)
        self.book, self.root = book, root

    def from_filename(self, filename: str, resources: Any = None, **options: Any) -> Any:
        """The page of a graded notebook; `resources` are the handler's."""
        assignment, notebook = resources["assignment_id"], resources["notebook_id"]
        beside = {
            "mlsd_rubric": rubric(self.root, assignment),
            "mlsd_comments": earlier_comments(self.book, assignment, notebook),
        }
        return super().from_filename(filename, resources=resources | beside, **options)


class RubricHandler(SubmissionHandler):
    """A submission's page."""

    @web.authenticated
    @check_xsrf
    @check_notebook_dir
    def get(self, submission_id: str) -> Any:
        """nbgrader's own page, by our exporter."""
        return super().get(submission_id)

    @property
    def exporter(self) -> RubricExporter:
        """nbgrader's exporter with our template before its own."""
        config = self.settings["nbgrader_exporter"].config.copy()
        config.HTMLExporter.template_name = "formgrade_rubric"
        config.HTMLExporter.extra_template_basedirs = [str(TEMPLATES), template_path]
        config.HTMLExporter.extra_template_paths = [template_path]
        return RubricExporter(self.gradebook, Path(self.coursedir.root), config)


def rubric(root: Path, assignment: str) -> str:
    """The rubric for an exercise's record in the course at `root`, as markdown; empty if there is none."""
    path = bank_folder(root, assignment) / RUBRIC
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def earlier_comments(book: Any, assignment: str, notebook: str) -> dict[str, list[str]]:
    """By cell, the comments that people gave in this exercise, the most frequent first."""
    from nbgrader.api import Assignment, BaseCell, Comment, Notebook
    from sqlalchemy import func

    times = func.count()
    query = (
        book.db.query(BaseCell.name, Comment.manual_comment)
        .select_from(Comment)
        .join(BaseCell, BaseCell.id == Comment.cell_id)
        .join(Notebook, Notebook.id == BaseCell.notebook_id)
        .join(Assignment, Assignment.id == Notebook.assignment_id)
        .filter(Assignment.name == assignment, Notebook.name == notebook, Comment.manual_comment != "")
        .group_by(BaseCell.name, Comment.manual_comment)
        .order_by(times.desc(), Comment.manual_comment)
    )
    found: dict[str, list[str]] = {}
    for cell, text in query:
        if len(found.setdefault(cell, [])) < MOST:
            found[cell].append(text)
    return found
