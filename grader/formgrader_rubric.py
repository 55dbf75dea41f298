"""Formgrader's page of a submission with the rubric beside what a person marks, and comments given before to reuse.

nbgrader's own handler, exporter and template, extended; `grader.formgrader_buttons` registers it before nbgrader's.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbgrader.server_extensions.formgrader.base import check_notebook_dir, check_xsrf
from nbgrader.server_extensions.formgrader.handlers import SubmissionHandler, template_path
from tornado import web
from traitlets.config import Config

from grader.answer_bank.model import bank_folder
from grader.formgrader_shares import share_of
from grader.workflow.feedback_page import cut_code

RUBRIC = "record_rubric.md"
TEMPLATES = Path(__file__).parent / "jupyter" / "templates"
WORTH = {"one point": 1.0, "half a point": 0.5, "none": 0.0}
Criterion = tuple[str, list[tuple[float, str]]]
MOST = 12  # comments that are offered for a cell, the most frequent ones


class RubricExporter(HTMLExporter):
    """nbgrader's page with what belongs beside its cells."""

    def __init__(self, book: Any, root: Path, config: Config) -> None:
        super().__init__(config=config)
        self.book, self.root = book, root

    def from_filename(self, filename: str, resources: Any = None, **options: Any) -> Any:
        """The page of a graded notebook; `resources` are the handler's."""
        assignment, notebook = resources["assignment_id"], resources["notebook_id"]
        text = rubric(self.root, assignment)
        named = {key: escape(resources[key] or "") for key in ("last_name", "first_name", "student")}
        named |= blind(self.book, resources["submission_id"])
        beside = named | {
            "mlsd_rubric": text,
            "mlsd_criteria": criteria(text),
            "mlsd_comments": earlier_comments(self.book, assignment, notebook, [name for name, _ in criteria(text)]),
        }
        return super().from_filename(filename, resources=resources | beside, **options)

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **options: Any) -> Any:
        """The page; of very much code it shows the first part."""
        cut_code(nb.cells)
        return super().from_notebook_node(nb, resources, **options)


class RubricHandler(SubmissionHandler):
    """A submission's page."""

    @web.authenticated
    @check_xsrf
    @check_notebook_dir
    def get(self, submission_id: str) -> Any:
        """nbgrader's own page, by our exporter."""
        return super().get(submission_id)

    @property
    def content_security_policy(self) -> str:
        """That of every page, and pictures from formgrader's own addresses alone.

        Any other would tell a student who marks and when; at /logout it would end the session.
        """
        own = f"{self.request.host}{self.base_url}/formgrader/"
        return f"{super().content_security_policy}; img-src data: {own}"

    @property
    def exporter(self) -> RubricExporter:
        """nbgrader's exporter with our template before its own."""
        config = self.settings["nbgrader_exporter"].config.copy()
        config.HTMLExporter.template_name = "formgrade_rubric"
        config.HTMLExporter.extra_template_basedirs = [str(TEMPLATES), template_path]
        config.HTMLExporter.extra_template_paths = [template_path]
        config.HTMLExporter.exclude_anchor_links = True  # a heading's id, of a student's words, would be a box's
        return RubricExporter(self.gradebook, Path(self.coursedir.root), config)


def rubric(root: Path, assignment: str) -> str:
    """The rubric for an exercise's record in the course at `root`, as markdown; empty if there is none."""
    path = bank_folder(root, assignment) / RUBRIC
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def criteria(text: str) -> list[Criterion]:
    """The rows of a rubric's table: a criterion, and what each number of points is given for; none without a table.

    The table's heading says the points in words, as in `WORTH`.
    """
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"
    ]
    if not rows or any(heading not in WORTH for heading in rows[0][1:]):
        return []
    worth = [WORTH[heading] for heading in rows[0][1:]]
    return [(name, list(zip(worth, anchors, strict=False))) for name, *anchors in rows[2:]]


def blind(book: Any, submission: str) -> dict[str, Any]:
    """What a page says in the place of the student's name where the hand-in was dealt to a grader."""
    own, mine = share_of(book, submission)
    if own is None:
        return {}
    hidden = {"last_name": None, "first_name": None, "student": f"Hand-in {own.number}", "notebook_path": ""}
    return hidden | {"index": mine.index(submission), "total": len(mine)}


def earlier_comments(book: Any, assignment: str, notebook: str, named: Sequence[str] = ()) -> dict[str, list[str]]:
    """By cell, the comments that people gave in this exercise, the most frequent first, without the rubric's lines.

    `named` are its criteria.
    """
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
    begins = tuple(f"{name}: " for name in named)
    for cell, text in query:
        there = found.setdefault(cell, [])
        own = "\n".join(line for line in text.split("\n") if not line.startswith(begins)).strip()
        if own and own not in there and len(there) < MOST:
            there.append(own)
    return found
