"""The first page: what the course is, three questions to answer at once, a plot that it measured, and the routes.

What of these this copy of the course does not hold, or has not run, is left out.
"""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from mlsd.site.pages import prediction_calls
from mlsd_lib.lesson.routes import hours_of, read_routes
from notebook_runner.course import Notebook

QUESTIONS = {
    "chapters/01_introduction/01_performance_requirements.ipynb": "tail-predict",
    "chapters/02_design_a_machine_learning_system/02_data_collection.ipynb": "labels-predict",
    "chapters/02_design_a_machine_learning_system/12_reliability_and_cost.ipynb": "storm-predict",
}
"""Cells that ask for a prediction which needs nothing of the lesson before, by notebook."""
PLOT = "chapters/02_design_a_machine_learning_system/11_latency_and_throughput.ipynb", "queues-plot"
"""A plot that gives away no prediction."""
WHAT = """# Machine Learning Systems Design, a course that runs

A model that predicts well is one part of a system that has to answer in time, at a price, from data that change, and
after somebody has deployed something wrong on a Friday. This course teaches the system. Every claim in it is measured,
and you are asked what you expect before you see it.
"""
HOW = """These pages show each notebook as it ran on one machine. What you answer stays in its page. To run, change and
solve: install the course, then `make lab`.
"""


def front_page(root: Path, notebooks: Sequence[Notebook], shown: Mapping[str, Mapping[str, Any]]) -> str:
    """The page in Markdown; `shown` maps the names of those `notebooks` that have been run to their cells."""
    by_name = {notebook.name: notebook for notebook in notebooks}
    asked = [_question(by_name[name], shown[name], cell) for name, cell in QUESTIONS.items() if name in shown]
    name, cell = PLOT
    plot = _plot(by_name[name], _cell(shown[name], cell)) if name in shown else ""
    routes = [
        _route(route.hours, route.goal, [by_name[one] for one in route.notebooks if one in by_name])
        for route in read_routes(root)
    ]
    parts = [WHAT, "## Ten minutes: what do you expect?" if asked else "", "\n".join(asked), plot]
    return "\n\n".join(filter(None, [*parts, "## Five hours, or forty" if routes else "", "\n".join(routes), HOW]))


def _cell(notebook: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(cell for cell in notebook["cells"] if cell["id"] == name)
    return found


def _question(notebook: Notebook, shown: Mapping[str, Any], cell: str) -> str:
    _, call = next(prediction_calls("".join(_cell(shown, cell)["source"])))
    text = call.args[1].value  # type: ignore[attr-defined]
    return f'* <a href="{_page(notebook)}#cell-id={cell}">{escape(text)}</a>'


def _plot(notebook: Notebook, cell: Mapping[str, Any]) -> str:
    pictures = ("".join(output.get("data", {}).get("text/html", "")) for output in cell["outputs"])
    picture = next(html for html in pictures if html.startswith("<img"))
    where = f'<a href="{_page(notebook)}">{escape(notebook.title)}</a>'
    return f"<figure>{picture}<figcaption>Measured in {where}, {notebook.minutes} minutes</figcaption></figure>"


def _route(hours: float, goal: str, notebooks: list[Notebook]) -> str:
    items = (f'<li><a href="{_page(one)}">{escape(one.title)}</a>, {one.minutes} minutes</li>' for one in notebooks)
    length = f"<p>{len(notebooks)} notebooks, {hours_of(notebooks):.1f} hours:</p>"
    summary = f"<summary><strong>{hours:g} hours.</strong> {escape(goal)}</summary>"
    return f"<details>{summary}{length}<ol>{''.join(items)}</ol></details>"


def _page(notebook: Notebook) -> str:
    return notebook.name.removesuffix(".ipynb") + ".html"
