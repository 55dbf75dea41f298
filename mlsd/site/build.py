"""The pages of the course: sources written from notebooks, made by Sphinx, looked over, and put into their place."""

import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.released import Released
from mlsd.lesson_recall import read_recall
from mlsd.site.explorers import explorable
from mlsd.site.front import QUESTIONS, front_page
from mlsd.site.links import broken_links
from mlsd.site.pages import as_text, cells_linked, page_of, same_cells
from mlsd.site.spelling import misspelt
from notebook_runner.canonical import has_outputs, with_ids
from notebook_runner.course import Notebook, find_notebooks, read_json, reading_order
from notebook_runner.errors import CourseError
from notebook_runner.execution import executed_path

HERE = Path(__file__).parent
OWN = (
    "*From your own copy of this notebook: what you wrote and ran in it, as you last saved it. Pages for others leave "
    "that out: `mlsd site --publish`.*"
)
UNRUN = "*This notebook has not been run where these pages were made: it stands here without its results.*"
PARTS = {
    "Begin": ("chapters/00_",),
    "1 Introduction": ("chapters/01_",),
    "2 Designing a system": ("chapters/02_",),
    "3 Case studies": ("chapters/03_", "case_studies/"),
    "4 Exercises": ("chapters/04_", "exercises/"),
    "5 Key takeaways": ("chapters/05_",),
    "6 Tools": ("chapters/06_",),
    "7 Beyond the book": ("chapters/07_",),
}
"""The parts of the navigation, with how the names of their notebooks begin. Solutions are not among them."""


@dataclass
class Written:
    """What went into the source of the pages: the notebooks by part, those without results, seconds of the others.

    `own` are the names of those that show the reader's own copy, `changed` of those that leave it out.
    `pictures` are those of the explorers, by path from the pages' root.
    """

    parts: dict[str, list[Notebook]] = field(default_factory=dict)
    without_results: list[str] = field(default_factory=list)
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    own: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


def build(root: Path, folder: Path, tell: Callable[[str], None], version: Released | None = None) -> Written:
    """Make the pages of the course at `root` in `folder`, whose earlier pages are replaced once the new ones are whole.

    Of a notebook with outputs that is the reader's own copy. With a `version`, pages for others are made: of the text
    of that version alone, and none of them with a fault. `tell` gets a line before the wait. Raises `CourseError` where
    `folder` holds something else, where Sphinx is missing or fails; and with a `version`, where a word is misspelt,
    where Sphinx warns and where a page leads to one that is not there.
    """
    _may_be_replaced(folder)
    python = python_of(root)
    if version is not None:
        _refuse(misspelt(root, python), "Misspelt words", "Correct them, or name them in mlsd/site/spelling.py.")
    with tempfile.TemporaryDirectory(prefix="mlsd-site-") as scratch:
        source, made = Path(scratch, "source"), Path(scratch, "made")
        tell("Each choice of each explorer is computed; half a minute.")
        written = write_sources(root, source, version)
        tell(f"Sphinx turns {len(list(source.rglob('*.ipynb')))} notebooks into pages; about a minute.")
        _run_sphinx(python, source, made, strict=version is not None)
        for name, picture in written.pictures.items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_bytes(picture)
        if version is not None:
            broken = [f"{page}: {link}" for page, link in broken_links(made)]
            _refuse(broken, "Links of the pages that lead nowhere", "Correct them in the notebooks.")
        (made / ".nojekyll").touch()  # a host that knows Jekyll would leave out folders that begin with _
        if folder.exists():
            shutil.rmtree(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, folder)
    return written


def _refuse(faults: list[str], what: str, fix: str) -> None:
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults[:20])
        raise CourseError(f"{what} ({len(faults)}):\n{listed}\n{fix}")


def _run_sphinx(python: Path, source: Path, made: Path, strict: bool) -> None:
    options = ["-b", "html", "-q", "--keep-going", "-c", str(HERE), "-d", str(source.parent / "doctrees")]
    options += ["-W"] if strict else []
    variables = {key: text for key, text in os.environ.items() if not key.startswith("PYTHON")}
    command = [str(python), "-m", "sphinx", *options, str(source), str(made)]
    done = subprocess.run(command, capture_output=True, text=True, env=variables)
    if done.returncode:
        raise CourseError(f"Sphinx refused the pages:\n{(done.stderr or done.stdout).strip()[-3000:]}")


def write_sources(root: Path, source: Path, version: Released | None = None) -> Written:
    """Write what Sphinx reads: a page a notebook, the index, and the table of running times."""
    written = Written()
    notebooks = reading_order(find_notebooks(root))
    texts = {notebook.name: text for notebook in notebooks if (text := _text(notebook, version)) is not None}
    for part, beginnings in PARTS.items():
        written.parts[part] = [
            notebook
            for start in beginnings
            for notebook in notebooks
            if notebook.name.startswith(start) and notebook.name in texts
        ]
    several = [notebook for part in written.parts.values() for notebook in part]
    written.own = [notebook.name for notebook in several if has_outputs(texts[notebook.name])]
    written.changed = [
        notebook.name for notebook in several if not same_cells(read_json(notebook.path), texts[notebook.name])
    ]
    shown = [(notebook, _results(root, notebook.name, texts[notebook.name])) for notebook in several]
    texts |= {notebook.name: results for notebook, results in shown if results is not None}
    linked = set(QUESTIONS.values()).union(*map(cells_linked, texts.values()))
    for notebook, results in shown:
        note = OWN if notebook.name in written.own else ""
        if results is not None and not note:
            written.figures[notebook.name] = figures = results["metadata"].get("mlsd_run", {})
            note = f"*Measured in one run on {_machine()}: {figures.get('cpu_s', 0):,.0f} CPU seconds.*"
        elif results is None and notebook.kind != "exercise":  # whose statement is read here
            written.without_results.append(notebook.name)
            note = UNRUN
        page = page_of(texts[notebook.name], results is not None, note, linked, read_recall(root, notebook))
        written.pictures |= explorable(page, "../" * notebook.name.count("/"))
        place = source / notebook.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(as_text(page), encoding="utf-8")
    run = {name: texts[name] for name in written.figures}
    front = front_page(root, several, run)
    (source / "index.md").write_text(f"{front}\n{_contents(written)}", encoding="utf-8")
    (source / "glossary.md").write_text(_glossary({notebook.name for notebook in several}), encoding="utf-8")
    (source / "running_times.md").write_text(_running_times(written), encoding="utf-8")
    return written


def _text(notebook: Notebook, version: Released | None) -> dict[str, Any] | None:
    """The notebook as it is here, or as it was released in `version`; None where that has none."""
    content = notebook.path.read_bytes() if version is None else version.read(notebook.name)
    if content is None:
        return None
    text = json.loads(content)
    return {**text, "cells": [*with_ids(text["cells"], set())]}


def _results(root: Path, name: str, text: dict[str, Any]) -> dict[str, Any] | None:
    """The notebook `name` with its outputs: its own, or those of its last run unless its text has changed since."""
    if has_outputs(text):
        return text
    copy = executed_path(root, name)
    executed = read_json(copy) if copy.exists() else None
    return executed if executed is not None and same_cells(text, executed) else None


def _contents(written: Written) -> str:
    lines = []
    for part, notebooks in written.parts.items():
        names = [notebook.name.removesuffix(".ipynb") for notebook in notebooks]
        if part == "Begin":
            names = [f"How a lesson works <{name}>" for name in names]  # its own title is that of the course
        lines += ["```{toctree}", ":maxdepth: 1", f":caption: {part}", "", *names, "```", ""]
    lines += ["```{toctree}", ":maxdepth: 1", ":caption: To look up", "", "glossary", "running_times", "```", ""]
    return "\n".join(lines)


def _glossary(names: set[str]) -> str:
    """The glossary, its links limited to the notebooks of this course, which may be a part of ours."""
    text = (HERE / "glossary.md").read_text(encoding="utf-8")
    return re.sub(r" \[Measured\]\(([^)]+)\)", lambda link: link[0] if link[1] in names else "", text)


def _running_times(written: Written) -> str:
    lines = [
        "# Running times",
        "",
        f"Measured on one machine: {_machine()}. *To read* is the author's estimate for a reader who predicts, runs "
        "and solves.",
        "",
        "| notebook | to read, minutes | CPU seconds | seconds | peak memory, MB |",
        "|---|---|---|---|---|",
    ]
    for notebook in (notebook for notebooks in written.parts.values() for notebook in notebooks):
        figures = written.figures.get(notebook.name, {})
        measured = [f"{figures[key]:,.0f}" if key in figures else "" for key in ("cpu_s", "wall_s", "peak_mb")]
        lines.append(f"| [{notebook.title}]({notebook.name}) | {notebook.minutes} | {' | '.join(measured)} |")
    return "\n".join([*lines, ""])


def _machine() -> str:
    return (
        f"{os.cpu_count()} processors ({platform.machine()}), {platform.system()}, Python {platform.python_version()}"
    )


def python_of(root: Path) -> Path:
    """The interpreter of the pages' environment. Raises `CourseError` where there is none."""
    found = root / ".venv-site" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (root / ".venv-site" / "made-from").is_file() or not found.is_file():
        raise CourseError(
            f"Sphinx is not installed: there is no finished environment .venv-site in {root}. "
            "`make site` makes it (without make: python bootstrap.py --site), then the pages."
        )
    return found


def _may_be_replaced(folder: Path) -> None:
    """Nothing but earlier pages is ever replaced."""
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file; --out names the folder of the pages. Give another name.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "searchindex.js").is_file():
        raise CourseError(
            f"{folder} holds something other than pages of this course, and would be replaced. "
            "Name an empty or new folder."
        )
