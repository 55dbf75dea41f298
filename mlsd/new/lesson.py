"""`mlsd new lesson`: every part that a lesson has, in its order, and nothing that would pass for a lesson.

Beside the notebook it writes where the answers to its *your turn* cells stand, right and wrong. Each part says what
belongs there, marked by `UNWRITTEN`; a notebook in which the mark is left is not in form, and every code cell of it
raises.
"""

import re
from pathlib import Path
from typing import Annotated

import typer

from mlsd.new.skeleton import SkeletonError, cell, check_name, check_title, unwritten, write
from notebook_runner.canonical import UNWRITTEN, canonical
from notebook_runner.course import course_root

PLACE = re.compile(r"(?:chapters/)?([^/]+)/((\d\d[a-z]?)_([^/]+?))(?:\.ipynb)?")
PARTS: tuple[tuple[str, str, str], ...] = (
    ("imports", "code", "the imports, `from lessons.SECTION.checks import check`, and mlsd_lib.lesson's use_style()."),
    ("parameters", "code", "every size and seed, each with its unit and reason; one of them is called seed."),
    ("question", "markdown", "what the experiment asks, and why somebody in production would want to know."),
    ("prediction", "code", "predict(id, question, unit, low=None, high=None): what will the number be?"),
    ("experiment", "code", "the smallest experiment that answers it."),
    ("experiment-plot", "code", "one call of mlsd_lib.lesson.plotting, titled by the finding, with the prediction."),
    ("experiment-seen", "markdown", "what was seen, what it means in production, and where it does not hold."),
    ("turn-why", "markdown", "what the reader is to write, and a case small enough for a head."),
    ("turn-answer", "code", "the reader's function, whose body raises NotImplementedError."),
    ("turn-check", "code", "check(...) in one line; its turn stands in lessons/SECTION/checks.py."),
    (
        "turn-solution",
        "markdown",
        "<details><summary>A solution</summary> ```python ... ``` (filled by --fix), and words.",
    ),
    ("second-why", "markdown", "what the reader is to write in the second turn."),
    ("second-answer", "code", "the reader's second function, whose body raises NotImplementedError."),
    ("second-check", "code", "check(...) in one line; its turn stands in lessons/SECTION/checks.py."),
    (
        "second-solution",
        "markdown",
        "<details><summary>A solution</summary> ```python ... ``` (filled by --fix), and words.",
    ),
    ("claims-why", "markdown", "nothing but the heading, if each claim explains itself."),
    (
        "claims",
        "code",
        "claims(Claim(statement, holds, measured)): each holds under any seed, or says how often.",
    ),
    ("take-aways", "markdown", "three to five bullets, then **What the experiments do not show.** in a sentence."),
    ("references", "markdown", "two bullets or more, each with an address."),
)
HEADINGS = {
    "question": "## 1. The question",
    "turn-why": "### Your turn",
    "second-why": "### Your turn",
    "claims-why": "## What this lesson claims",
    "take-aways": "## Take-aways",
    "references": "## References",
}
CHECKS = '''"""*Your turn* in the lessons on {about}."""

from mlsd_lib.lesson import Turns

check = Turns()
'''
TAGS = {"parameters": ("parameters",), "turn-answer": ("your-turn",), "second-answer": ("your-turn",)}


def lesson(
    place: Annotated[str, typer.Argument(help="Where, below chapters: CHAPTER/NN_name.")],
    title: Annotated[str, typer.Option(help="The lesson's title.")] = "A new lesson",
    section: Annotated[str, typer.Option(help="The section of the book that it covers.")] = f"{UNWRITTEN} its section",
    room: Annotated[
        str, typer.Option(help="The folder below lessons, shared by all lessons of a section; default: its name.")
    ] = "",
) -> None:
    """Write the skeleton of a lesson, which is out of form and raises in every code cell until it is filled.

    Example: mlsd new lesson 02_design_a_machine_learning_system/13_queues --title "Queues"
    """
    root = course_root(Path.cwd())
    written = write(root, lesson_texts(root, place, title, section, room))
    for path in written:
        typer.echo(f"{path}: written.")
    typer.echo(f"Fill it part by part; `mlsd notebooks --fix {written[0]}` names what is left.")


def lesson_texts(root: Path, place: str, title: str, section: str, room: str = "") -> dict[str, str]:
    """The files of the lesson at `place` (below `root`/chapters, such as "02_design/06_models"), the notebook first.

    `lessons`/`room` is among them unless it exists. Raises `SkeletonError` for a place or a name that cannot be used.
    """
    parts = PLACE.fullmatch(place)
    if parts is None:
        raise SkeletonError(
            f"{place!r} is no place for a lesson: it must be CHAPTER/NN_name, two digits, perhaps a letter, and words "
            "joined by _, such as 02_design_a_machine_learning_system/06_model_selection. Name such a place."
        )
    chapter, stem, number, name = parts.groups()
    chapters = sorted(path.name for path in (root / "chapters").glob("[0-9]*") if path.is_dir())
    if chapter not in chapters:
        raise SkeletonError(f"There is no chapter {chapter!r} below chapters. Name one of: {', '.join(chapters)}.")
    for what, word in (("a lesson", name), ("a room", room or name)):
        check_name(what, word)
    check_title(title)
    if taken := [
        *(root / "chapters" / chapter).glob(f"{number}_*.ipynb"),
        *(root / "chapters").glob(f"*/{stem}.ipynb"),
    ]:
        raise SkeletonError(
            f"{taken[0].relative_to(root).as_posix()} exists already and was left as it is; a chapter has a number "
            "once, and the course a name. Choose another."
        )
    return _texts(root, f"chapters/{chapter}/{stem}.ipynb", title, section, room or name)


def _texts(root: Path, notebook: str, title: str, section: str, room: str) -> dict[str, str]:
    stated = {
        "kind": "lesson", "title": title, "section": section, "minutes": 50, "cores": 1, "requires": [], "tools": [],
        "objectives": [f"{UNWRITTEN} what a reader can do afterwards, three or four of these"],
        "budget": {"cpu_s": 60, "peak_mb": 1500},
    }  # fmt: skip
    opening = f"# {title}\n\n{UNWRITTEN} the question in four sentences.\n\nSection of the book: *{section}*."
    parts = [
        unwritten(kind, name, what.replace("SECTION", room), HEADINGS.get(name, ""), TAGS.get(name, ()))
        for name, kind, what in PARTS
    ]
    data = {"cells": [cell("markdown", "title", opening), *parts], "metadata": {"mlsd": stated}}
    texts = {notebook: canonical(data)}
    if not (root / "lessons" / room).exists():
        about = room.replace("_", " ")
        texts[f"lessons/{room}/__init__.py"] = f'"""What the lessons on {about} need, and no other."""\n'
        texts[f"lessons/{room}/checks.py"] = CHECKS.format(about=about)
    return texts
