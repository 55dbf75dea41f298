"""`mlsd new lesson`: every part that a lesson has, in its order, and nothing that would pass for a lesson.

Beside the notebook it writes where the cases of its *your turn* cells stand, and the wrong answers to them. Each part
says what belongs there, marked by `UNWRITTEN`; a notebook in which the mark is left is not in form, and every code cell
of it raises.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from notebook_runner.canonical import UNWRITTEN, canonical
from notebook_runner.course import NotebookError, course_root

NAME = re.compile(r"\d\d[a-z]?_[a-z0-9]+(_[a-z0-9]+)*")
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
    ("turn-check", "code", "check(...) in one line; its cases stand in lessons/SECTION/checks.py."),
    ("turn-solution", "markdown", "a solution, folded: <details><summary>A solution</summary> ... </details>"),
    ("claims-why", "markdown", "nothing but the heading, if each claim explains itself."),
    (
        "claims",
        "code",
        "claims(Claim(statement, holds, measured)): each holds under any seed, or says how often.",
    ),
    ("take-aways", "markdown", "three to five sentences to keep, and what the experiments do not show."),
)
HEADINGS = {
    "question": "## 1. The question",
    "turn-why": "### Your turn",
    "claims-why": "## What this lesson claims",
    "take-aways": "## Take-aways",
}
CHECKS = '''"""The cases of *your turn* in the lessons on {about}."""

from mlsd_lib.lesson import Exercise, checks

EXERCISES: dict[str, Exercise] = {{}}
check = checks(EXERCISES)
'''
WRONG_ANSWERS = '''"""The wrong answers that the lesson tells by name, for each cell that the reader writes."""

WRONG: dict[str, list[tuple[str, str]]] = {}  # by the slug of the cell: (code, words of the message)
'''
TAGS = {"parameters": ["parameters"], "turn-answer": ["your-turn"]}


def lesson(
    place: Annotated[str, typer.Argument(help="Where, below chapters: CHAPTER/NN_name.")],
    title: Annotated[str, typer.Option(help="The lesson's title.")] = "A new lesson",
    section: Annotated[str, typer.Option(help="The section of the book that it covers.")] = "to be named",
    room: Annotated[
        str, typer.Option(help="The folder below lessons, shared by all lessons of a section; default: its name.")
    ] = "",
) -> None:
    """Write the skeleton of a lesson, which is out of form and raises in every code cell until it is filled.

    Example: mlsd new lesson 02_design_a_machine_learning_system/06_model_selection --title "Model selection"
    """
    root = course_root(Path.cwd())
    written = [path.relative_to(root) for path in new_lesson(root, place, title, section, room)]
    for path in written:
        typer.echo(f"{path}: written.")
    typer.echo(f"Fill it part by part; `mlsd notebooks --check {written[0]}` names what is left.")


def new_lesson(root: Path, place: str, title: str, section: str, room: str = "") -> list[Path]:
    """Write the skeleton of the lesson at `place` (below `root`/chapters, such as "02_design/06_models"); its files.

    The notebook is the first; `lessons`/`room` is made unless it exists. Raises `NotebookError` if a lesson stands
    there, or if the name is not two digits, perhaps a letter, and words.
    """
    if not (root / "tests").is_dir():
        raise NotebookError(f"{root} is a student edition: it has no tests folder. Work in the full repository.")
    relative = Path(place).with_suffix("")
    if relative.parts[:1] != ("chapters",):
        relative = "chapters" / relative
    path = (root / relative).with_suffix(".ipynb")
    if not NAME.fullmatch(path.stem) or ".." in relative.parts:
        raise NotebookError(
            f"{place!r} is no place for a lesson: its name must be two digits, perhaps a letter, and words joined by "
            "_, such as 02_design_a_machine_learning_system/06_model_selection."
        )
    answers = root / "tests" / "lessons" / "wrong_answers" / f"{path.stem}.py"
    for taken in (path, answers):
        if taken.exists():
            raise NotebookError(f"{taken.relative_to(root)} exists already and was left as it is. Choose another name.")
    folder = root / "lessons" / (room or path.stem.partition("_")[2])
    texts = {path: canonical(_skeleton(title, section, folder.name)), answers: WRONG_ANSWERS}
    if not folder.exists():
        about = folder.name.replace("_", " ")
        texts[folder / "__init__.py"] = f'"""What the lessons on {about} need, and no other."""\n'
        texts[folder / "checks.py"] = CHECKS.format(about=about)
    for written, text in texts.items():
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(text, encoding="utf-8")
    return list(texts)


def _skeleton(title: str, section: str, room: str) -> dict[str, Any]:
    described = {
        "kind": "lesson",
        "title": title,
        "section": section,
        "objectives": [f"{UNWRITTEN} what a reader can do afterwards, three or four of these"],
        "minutes": 50,
        "budget": {"cpu_s": 60, "peak_mb": 1500},
        "requires": [],
        "tools": [],
        "cores": 1,
    }
    opening = f"# {title}\n\n{UNWRITTEN} the question in four sentences.\n\nSection of the book: *{section}*."
    return {"cells": [_markdown("title", opening), *_parts(room)], "metadata": {"mlsd": described}}


def _parts(room: str) -> Iterator[Mapping[str, Any]]:
    for name, kind, what in PARTS:
        what = what.replace("SECTION", room)
        if kind == "markdown":
            yield _markdown(name, "\n\n".join(filter(None, [HEADINGS.get(name, ""), f"{UNWRITTEN} {what}"])))
        else:
            source = f"# {UNWRITTEN} {what}\nraise NotImplementedError({name!r})"
            metadata = {"tags": TAGS[name]} if name in TAGS else {}
            yield {"cell_type": "code", "id": name, "metadata": metadata, "source": source, "outputs": []}


def _markdown(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}
