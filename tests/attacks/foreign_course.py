"""Writes the foreign course: an ordinary nbgrader course folder with default names, released by stock nbgrader.

Knows nothing of our grader. What students hand in is `case.py`'s.
"""

import copy
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.attacks.course import Assignment
from tests.attacks.host import environment
from tests.toy_course import cell

Notebook = dict[str, Any]
CONFIG = 'c = get_config()\nc.CourseDirectory.course_id = "foreign"\nc.Execute.timeout = {timeout_s}\n'
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def source_notebook(assignment: Assignment) -> Notebook:
    """The instructor's notebook."""
    cells = [
        cell("markdown", "title", f"# {assignment.name}"),
        cell("code", "setup", assignment.setup.strip("\n"), locked=True),
    ]
    for task in assignment.tasks:
        cells.append(cell("markdown", f"{task.name}-text", f"Write `{task.name}`."))
        cells.append(cell("code", task.name, task.source, solution=True))
        cells.append(
            cell("code", f"{task.name}-test", task.test.strip("\n"), grade=True, locked=True, points=task.points)
        )
    if assignment.manual:
        cells.append(cell("markdown", "why", assignment.manual, grade=True, solution=True, points=3))
    return {"cells": cells, "metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5}


def write(folder: Path, *assignments: Assignment, timeout_s: int = 30) -> Path:
    """The course folder with configuration and sources, nothing released yet."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nbgrader_config.py").write_text(CONFIG.format(timeout_s=timeout_s))
    for assignment in assignments:
        place = folder / "source" / assignment.name
        place.mkdir(parents=True)
        (place / f"{assignment.name}.ipynb").write_text(json.dumps(source_notebook(assignment), indent=1))
        for name, text in assignment.files.items():
            (place / name).write_text(text)
    return folder


def release(folder: Path) -> Path:
    """The same folder after `nbgrader generate_assignment` of everything in it: release/ and gradebook.db."""
    command = ["nbgrader", "generate_assignment", "--assignment=*", "--create"]
    ended = subprocess.run(command, cwd=folder, env=environment(folder.parent), capture_output=True, text=True)
    if ended.returncode:
        raise RuntimeError(f"stock nbgrader does not release {folder}:\n{ended.stderr}")
    return folder


def copied(course: Path, to: Path) -> Path:
    """A released course in another folder: everything in it is relative."""
    shutil.copytree(course, to)
    return to


def released(course: Path, name: str) -> Notebook:
    """The notebook that students get, each source one string."""
    notebook = json.loads((course / "release" / name / f"{name}.ipynb").read_text())
    for one in notebook["cells"]:
        one["source"] = "".join(one["source"])
    return notebook


def answered(course: Path, assignment: Assignment, answers: dict[str, str] | None = None) -> Notebook:
    """The released notebook with the right answers, or with those of `answers` (name to source) in their place."""
    notebook = copy.deepcopy(released(course, assignment.name))
    texts = {task.name: task.right for task in assignment.tasks}
    texts |= {"why": assignment.manual} if assignment.manual else {}
    texts |= answers or {}
    for one in notebook["cells"]:
        one["source"] = texts.get(one["id"], one["source"])
    return notebook


def submit(course: Path, student: str, name: str, files: dict[str, bytes]) -> Path:
    """The submission's folder, with `files` in it."""
    place = course / "submitted" / student / name
    for relative, content in files.items():
        path = place / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    place.mkdir(parents=True, exist_ok=True)
    return place
