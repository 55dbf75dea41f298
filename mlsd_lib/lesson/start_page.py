"""The start page's tables: every notebook with the reader's progress, the facts of those of a kind, routes.

Derived from the notebooks' metadata and cells and from the reader's record; by hand only routes are listed.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mlsd_lib.lesson.places import Record, place_of, read_record
from mlsd_lib.lesson.reader_tasks import asked_in
from mlsd_lib.lesson.routes import hours_of, read_routes, study_order
from notebook_runner import Notebook, NotebookError, read_notebook, reading_order
from notebook_runner.course import notebook_paths

if TYPE_CHECKING:
    from IPython.display import Markdown

KIND_WORDS = {
    "start": "start page",
    "lesson": "lesson",
    "case_study": "case study",
    "exercise": "exercise",
    "overview": "overview",
}


class Course(NamedTuple):
    """The notebooks in the order of study, and a sentence for each file that could not be read as one."""

    notebooks: list[Notebook]
    faults: list[str]


def read_course(root: Path) -> Course:
    """The course under `root` as a student sees it: without the sources of exercises, faults named, never raised."""
    found, faults = [], []
    for path in notebook_paths(root):
        if path.relative_to(root).parts[0] == "solutions":
            continue
        try:
            found.append(read_notebook(root, path))
        except NotebookError as error:
            faults.append(str(error))
    names = {notebook.name for notebook in found}
    found = [
        replace(notebook, requires=tuple(name for name in notebook.requires if name in names)) for notebook in found
    ]
    return Course(study_order(root, reading_order(found)), faults)


def progress(notebook: Notebook, kept: Record) -> str:
    """How much of what a notebook asks for the reader has done, in words; a dash if it asks nothing."""
    if notebook.kind == "exercise":
        place = place_of(notebook, kept)
        return f"{place.done:g} of {place.whole:g} points"
    asked = asked_in(notebook.path)
    named = ((asked.checks, "checks"), (asked.predictions, "predictions"))
    return ", ".join(f"{len(kept.done & {*ids})} of {len(ids)} {word}" for ids, word in named if ids) or "-"


def course_table(course: Course, page: Path) -> "Markdown":
    """Every notebook but the start page: title as a link from `page`, kind, minutes, budget, the reader's progress."""
    kept = read_record()
    rows = [
        (
            link(notebook, page),
            KIND_WORDS[notebook.kind],
            f"{notebook.minutes} min",
            f"{notebook.budget.cpu_s:g} s, {notebook.budget.peak_mb:g} MB",
            progress(notebook, kept),
        )
        for notebook in course.notebooks
        if notebook.path != page.resolve()
    ]
    header = ("notebook", "kind", "your time", "its budget", "you have done")
    return markdown_table(header, rows, after=[f"Not listed: {fault}" for fault in course.faults])


def facts_table(course: Course, page: Path, kind: str, columns: Sequence[str]) -> "Markdown":
    """The notebooks of a `kind`: of the facts in their metadata those of `columns`, and the reader's progress.

    One without facts, such as a second notebook of a case, has no row.
    """
    stated = (notebook for notebook in course.notebooks if notebook.kind == kind and notebook.facts)
    chosen, kept = sorted(stated, key=lambda notebook: notebook.name), read_record()
    rows = [
        (
            link(notebook, page),
            *(notebook.facts.get(column, "") for column in columns),
            f"{notebook.minutes} min",
            progress(notebook, kept),
        )
        for notebook in chosen
    ]
    return markdown_table((KIND_WORDS[kind], *columns, "your time", "you have done"), rows)


def link(notebook: Notebook, page: Path) -> str:
    """A Markdown link from the notebook `page` to `notebook`; JupyterLab opens it in a tab of its own."""
    relative = Path(os.path.relpath(notebook.path, page.resolve().parent)).as_posix()
    return f"[{notebook.title}]({relative})"


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], after: Sequence[str] = ()) -> "Markdown":
    """A table that a notebook shows with working links, and paragraphs after it."""
    from IPython.display import Markdown

    lines = [header, ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return Markdown("\n\n".join([table, *after]))


def routes_table(root: Path, course: Course, page: Path) -> "Markdown":
    """Each route with its goal, the time that its notebooks really take and links to them; the last row is everything.

    A notebook that this copy of the course does not hold is left out.
    """
    by_name = {notebook.name: notebook for notebook in course.notebooks}
    rows = []
    for route in read_routes(root):
        chosen = [by_name[name] for name in route.notebooks if name in by_name]
        links = _folded([link(notebook, page) for notebook in chosen if notebook.path != page.resolve()])
        rows.append((f"{route.hours:g} hours", route.goal, f"{hours_of(chosen):.1f} hours", links))
    everything = "every notebook of the table above, in its order"
    rows.append(("all the time", "The whole course.", f"{hours_of(course.notebooks):.0f} hours", everything))
    return markdown_table(("you have", "afterwards", "it takes", "after this page"), rows)


def _folded(links: Sequence[str]) -> str:
    """Numbered links, a line each, which a reader unfolds."""
    listed = "<br>".join(f"{number}. {link}" for number, link in enumerate(links, start=1))
    return f"<details><summary>{len(links)} notebooks</summary>{listed}</details>"
