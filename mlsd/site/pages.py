"""Notebooks as they were executed, made ready to be read without a kernel: plain data in, plain data out.

What a page shows was measured when its notebook last ran. A question for a prediction is left for the page's script to
ask; the answer that it reveals stands in the page.
"""

import ast
import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from mlsd.lesson_recall import Recall
from mlsd.site.remember import linked_by, remember
from mlsd_lib.lesson.predictions import most_of
from notebook_runner.canonical import source_of, with_ids

Cell = dict[str, Any]

TUCKED_AWAY = ("imports", "parameters")
"""Cells whose code a reader of a page opens if wanted."""
PYTHON = {"name": "python", "pygments_lexer": "ipython3"}
CELL = "cell-id="
"""How JupyterLab writes a link to a cell."""
MEASURED = re.compile(r"Measured: (-?[\d,.]+(?:e[+-]?\d+)?|-?inf|nan) ?")
RICH = {
    "text/html": re.compile(r"""(href=["'][^"':]*)\.ipynb(?=["'#])"""),
    "text/markdown": re.compile(r"(\]\([^():]*)\.ipynb(?=[)#])"),
}
"""Forms of an output that go before others, with how a link to a notebook looks there."""
AXES = re.compile(r"(array\(\[)?<(Axes|Figure)")
INJECTED = {"injected-parameters"}
NOT_GIVEN = re.compile(r"\s*(?:No prediction given\.|Passed over, as all are until ask_for_predictions\(True\)\.)\s*$")


@dataclass(frozen=True)
class Question:
    """A number that a lesson asks for before it measures it: the variable, words and unit."""

    variable: str
    text: str
    unit: str


def page_of(
    notebook: Mapping[str, Any], executed: bool, note: str = "", linked: Container[str] = (),
    recall: Recall | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The notebook as a page's source. `executed`: its outputs are those of its present cells.

    `note` stands below its title, as to where it was measured; `linked` are the ids of cells that other pages lead to,
    as JupyterLab would; `recall` is what to remember of it, which stands before its last cell.
    """
    cells = [_cleaned(cell, executed) for cell in notebook["cells"]]
    if recall is not None:
        cells.insert(-1, _prose("to-remember", remember(recall, _measured(cells))))
        linked = {*linked_by(recall), *(cell["id"] for cell in cells if cell["id"] in linked)}
    if executed:
        _ask(cells)
    if note:
        cells.insert(1, _prose("note", note))
    for number in reversed([number for number, cell in enumerate(cells) if cell["id"] in linked]):
        name = cells[number]["id"]
        cells.insert(number, _prose(f"to-{name}", f'<span id="{CELL}{name}"></span>'))
    return {"cells": cells, "metadata": {"language_info": PYTHON}, "nbformat": 4, "nbformat_minor": 5}


def cells_linked(notebook: Mapping[str, Any]) -> set[str]:
    """The ids of cells, of any notebook, that the texts and outputs of this one link to."""
    return set(re.findall(rf"\.ipynb#{CELL}([\w-]+)", json.dumps(notebook)))


def same_cells(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two notebooks have the same text, so that the outputs of one belong to the other."""
    texts = [
        [(cell["id"], source_of(cell)) for cell in with_ids(nb["cells"], set()) if not INJECTED & {*_tags(cell)}]
        for nb in (one, other)
    ]
    return texts[0] == texts[1]


def _prose(name: str, text: str) -> Cell:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}


def _cleaned(cell: Mapping[str, Any], executed: bool) -> Cell:
    source = "".join(cell["source"])
    base = {"cell_type": cell["cell_type"], "id": cell["id"], "metadata": {}, "source": source}
    if cell["cell_type"] != "code":
        return base
    if cell["id"] in TUCKED_AWAY:
        base["metadata"] = {"tags": ["hide-input"]}
    outputs = [_output(output) for output in cell.get("outputs", []) if executed and not _is_noise(output)]
    return base | {"execution_count": None, "outputs": outputs}


def _is_noise(output: Mapping[str, Any]) -> bool:
    """Warnings, and the name of a plot's axes next to the plot."""
    return output.get("name") == "stderr" or bool(AXES.match(_plain(output)))


def _output(output: Mapping[str, Any]) -> dict[str, Any]:
    """One output in its richest form that a page shows; its links to notebooks lead to their pages."""
    data = output.get("data", {})
    for kind, link in RICH.items():
        if kind in data:
            shown = link.sub(r"\1.html", "".join(data[kind]))
            return {"output_type": "display_data", "metadata": {}, "data": {kind: shown}, "plain": _plain(output)}
    return dict(output)


def _plain(output: Mapping[str, Any]) -> str:
    return "".join(output.get("data", {}).get("text/plain", ""))


def _ask(cells: list[Cell]) -> None:
    """Put what the page's script needs into the outputs that ask for a prediction and into those that answer it.

    What stands between a question and its answer is marked, so that the script can keep it back until then.
    """
    answers = dict(_answers(cells))
    open_questions: dict[str, list[Cell]] = {}
    for cell in (cell for cell in cells if cell["cell_type"] == "code"):
        questions = _questions(cell)
        for between in open_questions.values():
            between.append(cell)
        for variable in _variables_measured(cell["source"]):
            for waiting in open_questions.pop(variable, []):
                waiting["metadata"].setdefault("tags", []).append(f"after-{variable.replace('_', '-')}")
        if questions and all(question.variable in answers for question in questions):
            open_questions |= {question.variable: [] for question in questions}
            cell["outputs"] = [_form(question, answers[question.variable]) for question in questions]
            # The page's own questions stand in the place of the code that asks.
            cell["metadata"].setdefault("tags", []).append("remove-input")
    for cell in cells:
        for output in cell.get("outputs", []):
            output.pop("plain", None)


def _questions(cell: Cell) -> list[Question]:
    """What a cell asks; nothing where its calls and what it showed do not match one to one."""
    asked = [
        NOT_GIVEN.sub("", output["plain"]) for output in cell["outputs"] if NOT_GIVEN.search(output.get("plain", ""))
    ]
    calls = list(prediction_calls(cell["source"]))
    units = [{word.arg: word.value for word in call.keywords}.get("unit") for _, call in calls]
    if len(asked) != len(calls) or not all(isinstance(unit, ast.Constant) for unit in units):
        return []
    return [
        Question(name, text, str(unit.value))  # type: ignore[union-attr]
        for (name, _), text, unit in zip(calls, asked, units, strict=True)
    ]


def prediction_calls(source: str) -> Iterator[tuple[str, ast.Call]]:
    """The calls in a cell that ask for a prediction, each with the variable that keeps it."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell of another language, or with a magic
        return
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Name):
            function = node.value.func
            if isinstance(function, ast.Name) and function.id == "predict":
                yield node.targets[0].id, node.value


def _variables_measured(source: str) -> list[str]:
    return re.findall(r"^\s*(\w+)\.measured\(", source, re.MULTILINE)


def _answers(cells: Iterable[Cell]) -> Iterator[tuple[str, str]]:
    """Variables of predictions with what was measured, of cells that measure as often as they say so."""
    for cell in cells:
        if cell["cell_type"] == "code":
            said = [found[1] for output in cell["outputs"] if (found := MEASURED.match(output.get("plain", "")))]
            variables = _variables_measured(cell["source"])
            if len(said) == len(variables):
                yield from zip(variables, said, strict=True)


def _measured(cells: list[Cell]) -> dict[str, str]:
    """What was measured, with its unit, by the id of the prediction that asked for it."""
    answers = dict(_answers(cells))
    found = {}
    for cell in (cell for cell in cells if cell["cell_type"] == "code"):
        for variable, call in prediction_calls(cell["source"]):
            unit = {word.arg: word.value for word in call.keywords}.get("unit")
            if variable in answers and isinstance(call.args[0], ast.Constant) and isinstance(unit, ast.Constant):
                found[str(call.args[0].value)] = f"{answers[variable]} {unit.value!s}"
    return found


def _form(question: Question, measured: str) -> dict[str, Any]:
    data = {
        "for": question.variable.replace("_", "-"),
        "measured": measured.replace(",", ""),
        "shown": measured,
        "unit": question.unit,
    }
    if (most := most_of(question.unit)) is not None:
        data["most"] = f"{most:g}"
    attributes = " ".join(f'data-{key}="{escape(text)}"' for key, text in data.items())
    html = f'<div class="prediction" {attributes}><p>{escape(question.text)}</p></div>'
    return {"output_type": "display_data", "metadata": {}, "data": {"text/html": html}}


def _tags(cell: Mapping[str, Any]) -> list[str]:
    return cell.get("metadata", {}).get("tags", [])


def as_text(page: Mapping[str, Any]) -> str:
    """The page's source as it is written to a file."""
    return json.dumps(page, ensure_ascii=False, indent=1)
