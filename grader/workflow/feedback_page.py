"""nbgrader's feedback page without anything that runs and without hidden tests.

Plugs into nbgrader's GenerateFeedback as a preprocessor and an exporter. The page forbids every script and every
request by its own policy, so that a hole in the cleaning still runs nothing.
"""

import html
import re
from datetime import UTC, datetime
from typing import Any

from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode, from_dict
from nbgrader.api import Gradebook
from traitlets import Bool, Unicode

from grader.grading.intake.instructor_notebook import HIDDEN, without_hidden_tests
from grader.grading.output.html_cleaner import clean, without_elements
from grader.grading.output.sanitize import clean_outputs

VERDICT = "mlsd_verdict"  # the key of a test cell's metadata
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; form-action 'none'; base-uri 'none'"
)
UNSEEN = "A hidden test failed."
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Harmless(Preprocessor):
    """Leaves of a graded notebook what its student may see and what cannot run."""

    enabled = Bool(True).tag(config=True)
    begin = Unicode(HIDDEN[0]).tag(config=True)
    end = Unicode(HIDDEN[1]).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> Any:
        """The notebook for the page; `resources["nbgrader"]` names student and assignment."""
        nb.metadata.pop("widgets", None)
        nb.metadata.pop("title", None)
        due = _is_due(resources["nbgrader"])
        for cell in nb.cells:
            cell.metadata.pop("alt", None)
            if cell.cell_type == "code":
                self._code(cell, due)
        return nb, resources

    def _code(self, cell: NotebookNode, due: bool) -> None:
        entry = cell.metadata.get("nbgrader", {})
        cell.outputs = [from_dict(one) for one in clean_outputs(cell.outputs)]
        if not entry.get("grade") or entry.get("solution"):
            return
        whole = cell.source
        cell.source = without_hidden_tests(whole, (self.begin, self.end))
        verdict = cell.metadata.get(VERDICT)
        if verdict:
            if not shown(verdict.get("visibility", "visible"), due):
                cell.outputs = [_said(f"{verdict['verdict']}: {UNSEEN if verdict['verdict'] != 'pass' else ''}")]
        elif whole.rstrip() != cell.source:
            cell.outputs = [_unless_hidden(one, cell.source) for one in cell.outputs]


class FeedbackPage(HTMLExporter):
    """The page: no script in it, and none allowed to run."""

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Markdown as HTML by an allowlist."""
        try:
            return clean(super().markdown2html(context, source), page=True)
        except Exception:  # whatever a student wrote; shown as it is, so that the page is made all the same
            return f"<pre>{html.escape(source)}</pre>"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **options: Any) -> Any:
        """The page's text and resources."""
        page, resources = super().from_notebook_node(nb, resources, **options)
        page = without_elements(page, "script")
        policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        return re.sub(r"<head[^>]*>", lambda found: found[0] + policy, page, count=1), resources


def shown(visibility: str, due: bool) -> bool:
    """Whether a student sees a verdict of this visibility in feedback, which is by itself a publication."""
    return visibility in ("visible", "after_published") or (visibility == "after_due_date" and due)


def _is_due(names: dict[str, Any]) -> bool:
    with Gradebook(names["db_url"]) as book:
        date = book.find_submission(names["assignment"], names["student"]).duedate
    return date is None or date < datetime.now(UTC).replace(tzinfo=None)


def _said(text: str) -> NotebookNode:
    return from_dict({"output_type": "stream", "name": "stdout", "text": text.rstrip(": ") + "\n"})


def _unless_hidden(output: NotebookNode, released: str) -> NotebookNode:
    """An error as it is if it arose in a line that students have; what stock nbgrader recorded shows hidden lines."""
    if output.output_type != "error":
        return output
    trace = COLOURS.sub("", "\n".join(output.traceback))
    lines = re.findall(r"^-+> *\d+ (.*)$", trace, flags=re.MULTILINE)
    mine = [line.strip() for line in released.splitlines()]
    if lines and lines[0].strip() in mine:
        last = f"{output.ename}: {output.evalue}"
        return _said(f"{lines[0].strip()}\n{last}")
    return _said(UNSEEN)
