"""nbgrader's feedback page without anything that runs and without hidden tests.

Plugs into nbgrader's GenerateFeedback as preprocessors and an exporter. The page forbids every script and every
request by its own policy, so that a hole in the cleaning still runs nothing. No gradebook is opened here: marks and
comments come in `resources["nbgrader"]`.
"""

import html
import re
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any

from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode, from_dict
from nbgrader.preprocessors import GetGrades
from traitlets import Bool, Unicode

from grader.grading.intake.instructor_notebook import HIDDEN, cell_dict, without_hidden_tests
from grader.grading.output.html_cleaner import POLICY, clean
from grader.grading.output.render import VERDICT
from grader.grading.output.sanitize import Allowance, as_markdown, clean_outputs
from grader.grading.records import HELD

UNSEEN = "A hidden test failed."
HELD_BACK = "Outputs after a hidden test are not shown."
ASK = "To ask for a regrade, name the item and why, with this feedback's id:"
A_PERSON_LOOKS = "A person will look at this test."
KEPT = ("nbgrader", VERDICT, HELD)  # of a cell's metadata; the rest may be the student's
SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
PICTURE = re.compile(r"<img(?=[\s/>])(?![^>]*\salt=)")
REMEMBERED, SHORT = 500, 20_000  # texts whose HTML a worker remembers, and of how many characters at most
CODE_CHARACTERS = 200_000  # of one notebook's code; with colours it is ten times as long, and takes a second
CODE_CUT = "\n# The rest was left out: it is too long to be shown."
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Marks(GetGrades):
    """nbgrader's GetGrades with the points and comments that `resources["nbgrader"]["cells"]` holds, by grade id."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> Any:
        """The notebook with points and comments in its cells."""
        for number, cell in enumerate(nb.cells):
            nb.cells[number], resources = self.preprocess_cell(cell, resources, number)
        return nb, resources

    def _get_comment(self, cell: NotebookNode, resources: Any) -> None:
        cell.metadata.nbgrader["comment"] = self._of(cell, resources)["comment"]

    def _get_score(self, cell: NotebookNode, resources: Any) -> None:
        known = self._of(cell, resources)
        cell.metadata.nbgrader["score"], cell.metadata.nbgrader["points"] = known["score"], known["points"]

    def _of(self, cell: NotebookNode, resources: Any) -> dict[str, Any]:
        unknown = {"comment": None, "score": 0.0, "points": 0.0}
        return unknown | resources["nbgrader"]["cells"].get(cell.metadata.nbgrader["grade_id"], {})


def cut_code(cells: Iterable[NotebookNode]) -> None:
    """Keep the first `CODE_CHARACTERS` of a notebook's code."""
    left = CODE_CHARACTERS
    for cell in (cell for cell in cells if cell.cell_type == "code"):
        whole, cell.source = cell.source, cell.source[:left]
        cell.source += "" if cell.source == whole else CODE_CUT
        left -= min(left, len(whole))


class SanitizePreprocessor(Preprocessor):
    """Leaves of a graded notebook what its student may see and what cannot run."""

    enabled = Bool(True).tag(config=True)
    begin = Unicode(HIDDEN[0]).tag(config=True)
    end = Unicode(HIDDEN[1]).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> Any:
        """The notebook for the page.

        `resources["nbgrader"]` may hold `late`, how late it was, which goes on top, and `id`, which goes to the end.
        """
        nb.metadata.pop("widgets", None)
        nb.metadata.pop("title", None)
        allowance = Allowance()
        for cell in nb.cells:
            cell.metadata = from_dict({key: cell.metadata[key] for key in KEPT if key in cell.metadata})
            if cell.cell_type == "code":
                self._code(cell, allowance)
        cut_code(nb.cells)
        if late := resources["nbgrader"].get("late"):
            nb.cells.insert(0, from_dict(cell_dict("markdown", "late", f"**Late.** {as_markdown(late)}", {})))
        if key := resources["nbgrader"].get("id"):
            nb.cells.append(from_dict(cell_dict("markdown", "feedback-id", f"{ASK} `{key}`", {})))
        return nb, resources

    def _code(self, cell: NotebookNode, allowance: Allowance) -> None:
        entry = cell.metadata.get("nbgrader", {})
        is_test = bool(entry.get("grade")) and not entry.get("solution")
        if cell.metadata.get(HELD) and not is_test:
            cell.outputs = [_said(HELD_BACK)] if cell.outputs else []
            return
        cell.outputs = [from_dict(output) for output in clean_outputs(cell.outputs, allowance)]
        if not is_test:
            return
        whole = cell.source
        cell.source = without_hidden_tests(whole, (self.begin, self.end))
        verdict = cell.metadata.get(VERDICT)
        if verdict:
            cell.outputs = _of_verdict(verdict) or cell.outputs
        elif whole.rstrip() != cell.source:
            cell.outputs = [_unless_hidden(output, cell.source) for output in cell.outputs]


class FeedbackPage(HTMLExporter):
    """The page: no script in it, and none allowed to run.

    Most cells of a class are the same, so that the HTML of a text is remembered.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.code_as_html = _remembering(self._code_as_html)
        self.text_as_html = _remembering(partial(self._markdown_as_html, {}))

    def default_filters(self) -> Any:
        """nbconvert's filters, with our cleaner in the place of its own, which takes quadratic time."""
        yield from super().default_filters()
        yield "clean_html", partial(clean, page=True)

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Markdown as HTML by an allowlist; that with pictures of its own depends on more than its text."""
        if self.embed_images or context.get("cell", {}).get("attachments"):
            return self._markdown_as_html(context, source)
        return self.text_as_html(source)

    def _markdown_as_html(self, context: Any, source: str) -> str:
        try:
            return clean(super().markdown2html(context, source), page=True)
        except Exception:  # whatever a student wrote; shown as it is, so that the page is made all the same
            return f"<pre>{html.escape(source)}</pre>"

    def _code_as_html(self, source: str, lexer: str | None) -> str:
        return str(Highlight2HTML(pygments_lexer=lexer, parent=self)(source))

    def _highlighted(self, lexer: str | None, source: str, metadata: Any = None) -> str:
        return self.code_as_html(source, lexer)  # of the metadata nothing is left that counts here

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **options: Any) -> Any:
        """The page's text and resources.

        nbconvert's own method reads the finished page once more with a parser in Python, two thirds of the time, to
        add a text to pictures that have none; everything before that is as there.
        """
        language = nb.metadata.get("language_info", {})
        lexer = language.get("pygments_lexer", language.get("name"))
        self.register_filter("highlight_code", partial(self._highlighted, lexer))
        page, resources = super(HTMLExporter, self).from_notebook_node(nb, self._init_resources(resources), **options)
        page = SCRIPT.sub("", page)
        page = PICTURE.sub('<img alt="No description has been provided for this image"', page)
        policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        return re.sub(r"<head[^>]*>", lambda found: found[0] + policy, page, count=1), resources


def _remembering(make: Callable[..., str]) -> Callable[..., str]:
    """The same function of a text, which remembers what it made of the newest short ones."""
    known = lru_cache(REMEMBERED)(make)
    return lambda text, *more: (known if len(text) < SHORT else make)(text, *more)


def _of_verdict(verdict: dict[str, Any]) -> list[NotebookNode]:
    """What stands in the place of a test's table that its student does not see; nothing if they see it.

    What an earlier version graded may have two outcomes, "disputed", which are for the person who decides.
    """
    if verdict.get("disputed"):
        return [_said(A_PERSON_LOOKS)]
    if verdict.get("visibility", "visible") == "visible":
        return []
    return [_said(f"{verdict['verdict']}: {UNSEEN if verdict['verdict'] != 'pass' else ''}")]


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
