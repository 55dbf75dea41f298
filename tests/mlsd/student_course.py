"""A student's copy of a small course: two exercises of ours, a lesson and a module, as an edition packs them."""

import json
import shutil
from pathlib import Path

from grader.released import pack

ROOT = Path(__file__).parents[2]
NAME, OTHER = "reduce_latency", "minimize_cost"
LESSON = "chapters/01_introduction/01_performance_requirements.ipynb"


def student_course(folder):
    """The copy, made in the new `folder`."""
    for name in (NAME, OTHER):
        shutil.copytree(ROOT / "exercises" / name, folder / "exercises" / name)
    (folder / LESSON).parent.mkdir(parents=True)
    shutil.copy(ROOT / LESSON, folder / LESSON)
    (folder / "mlsd_lib").mkdir()
    (folder / "mlsd_lib" / "sums.py").write_text("def total(values):\n    return sum(values)\n")
    (folder / "pyproject.toml").write_text('[project]\nname = "mlsd"\n')
    pack(folder)
    return folder


def notebook_of(course, name=NAME):
    """The path of an exercise's notebook."""
    return course / "exercises" / name / f"{name}.ipynb"


def edit(path, change):
    """Have `change` alter the notebook at `path` as plain data."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def answer_cells(notebook):
    """The answer cells of an exercise, as plain data."""
    return [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]


def answer(path, text="# my answer"):
    """Write `text` at the end of the first answer cell."""
    edit(path, lambda notebook: answer_cells(notebook)[0]["source"].append(f"\n{text}"))
