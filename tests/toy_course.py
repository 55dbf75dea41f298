"""A small exercise in a course folder of its own, for the tests of release, grading and their pages in a browser."""

import copy
import json
import shutil
from pathlib import Path

from grader.course import Course

ROOT = Path(__file__).parents[1]
NAME = "halves"
RIGHT = {
    "half": "def half(x):\n    return x / 2",
    "spread": "def spread(values):\n    return max(values) - min(values)",
}
WRONG = {"half": "def half(x):\n    return x // 2", "spread": "def spread(values):\n    return 0"}
PARTIAL_TEST = """\
cases = {(1, 5): 4, (2, 2): 0, (-3, 4): 7}
earned = 0.0
for values, expected in cases.items():
    try:
        earned += spread(values) == expected
    except Exception:
        pass
earned"""


def cell(kind: str, name: str, source: str, **nbgrader: object) -> dict:
    """One cell; keywords make it one of nbgrader's."""
    metadata: dict = {}
    if nbgrader:
        flags = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
        metadata = {"nbgrader": flags | {"grade_id": name} | nbgrader}
    made = {"cell_type": kind, "id": name, "metadata": metadata, "source": source}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def solved(source: str) -> str:
    head, _, body = source.partition("\n")
    return f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"


def source_notebook() -> dict:
    """Two tests of 2 and 3 points (the second in parts), one of 1 point, one answer of 2 points marked by hand."""
    test = {"grade": True, "locked": True}
    hidden = "### BEGIN HIDDEN TESTS\nassert half(9) == 4.5, 'halves are not rounded'\n### END HIDDEN TESTS"
    reflection = "Halving rounds because integers were divided by the wrong operator."
    cells = [
        cell("markdown", "title", "# Halves and spreads"),
        cell("markdown", "rules", "Do not change the tests.", locked=True),
        cell("code", "half", solved(RIGHT["half"]), solution=True),
        cell("code", "half-test", f"assert half(4) == 2, 'half of four'\n{hidden}", points=2, **test),
        cell("code", "spread", solved(RIGHT["spread"]), solution=True),
        cell("code", "spread-test", PARTIAL_TEST, points=3, **test),
        cell("code", "both-test", "assert spread([half(2), half(6)]) == 2", points=1, **test),
        cell("markdown", "reflection", reflection, grade=True, solution=True, points=2),
    ]
    kernelspec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernelspec, "mlsd": {"kind": "exercise"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def make(folder: Path) -> Course:
    """A course folder with the project's own configuration and the toy exercise's source."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    place = folder / "solutions" / NAME
    place.mkdir(parents=True)
    (place / f"{NAME}.ipynb").write_text(json.dumps(source_notebook()))
    (place / "values.csv").write_text("value\n1\n")
    return Course.open(folder)


def released(course: Course) -> dict:
    """The released notebook, as a student gets it."""
    return json.loads((course.folder("release", name=NAME) / f"{NAME}.ipynb").read_text())


def answered(course: Course, **answers: str) -> dict:
    """The released notebook with the sources of the named cells replaced (underscores stand for hyphens)."""
    notebook = copy.deepcopy(released(course))
    texts = {name.replace("_", "-"): text for name, text in answers.items()}
    for cell in notebook["cells"]:
        cell["source"] = texts.get(cell["id"], cell["source"])
    return notebook


def without(notebook: dict, name: str) -> dict:
    return notebook | {"cells": [cell for cell in notebook["cells"] if cell["id"] != name]}


def submit(course: Course, student: str, content: dict | bytes) -> Path:
    """The submitted file, laid where `mlsd collect` would put it."""
    path = course.folder("submitted", student, NAME) / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


SLOW = "def spread(values):\n    while True:\n        pass"
STUBBORN = "def spread(values):\n    while True:\n        try:\n" + 12 * " " + "while True:\n" + 16 * " " + "pass\n"
STUBBORN += 8 * " " + "except BaseException:\n" + 12 * " " + "pass"
DEADLY = "import os\n\n\ndef spread(values):\n    os._exit(3)"


def hand_in_five(course: Course) -> None:
    """Submissions of five students who differ and do no harm."""
    submit(course, "right", answered(course, **RIGHT, reflection="Because / divides."))
    submit(course, "wrong", answered(course, **WRONG))
    submit(course, "untouched", released(course))
    submit(course, "empty", b"")
    submit(course, "no-test", without(answered(course, **RIGHT), "spread-test"))


def hand_in(course: Course) -> None:
    """Submissions of every kind that a class brings about, for the course's toy exercise."""
    hand_in_five(course)
    half = RIGHT["half"]
    submit(course, "endless", answered(course, half=half, spread=SLOW))
    submit(course, "stubborn", answered(course, half=half, spread=STUBBORN))
    submit(course, "deadly", answered(course, half=half, spread=DEADLY))


# What each must get: half-test of 2, spread-test of 3, both-test of 1; the reflection waits for a person or is empty.
MARKS = {
    "right": (2, 3, 1),
    "wrong": (0, 1, 0),
    "untouched": (0, 0, 0),
    "empty": (0, 0, 0),
    "no-test": (2, 3, 1),
    "endless": (2, 0, 0),
    "stubborn": (2, 0, 0),
    "deadly": (2, 0, 0),
}
