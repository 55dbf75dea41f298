"""What every lesson keeps to, as functions that name each breach.

The tests feed them the course, and fixtures that breach each rule once.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from mlsd_lib.lesson.reader_tasks import asked_in
from mlsd_lib.lesson.your_turn import Turn
from notebook_runner.solutions import CHECKS
from tests.lessons.lesson_cells import Lesson, calls

MATPLOTLIB = re.compile(r"(plt|fig|figure|ax|axes)\b")
"""How a call begins that returns what matplotlib drew; of the course's own calls nothing is shown."""
FEWEST_EXERCISES = 2
TAKE_AWAYS = (3, 4, 5)
FEWEST_REFERENCES = 2


def incomplete_exercises(lesson: Lesson) -> Iterator[str]:
    """Your-turn cells without check or solution."""
    ids = [cell.id for cell in lesson.cells]
    for identity in lesson.your_turn_ids:
        if not identity.endswith("-answer"):
            yield f"{lesson.stem}: the your-turn cell {identity!r} must be named SLUG-answer"
            continue
        slug = identity.removesuffix("-answer")
        for part in ("check", "solution"):
            if f"{slug}-{part}" not in ids:
                yield f"{lesson.stem}: {identity!r} has no cell {slug}-{part}"
            elif ids.index(f"{slug}-{part}") < ids.index(identity):
                yield f"{lesson.stem}: {slug}-{part} stands before {identity!r}"


def turns_without_a_statement(lesson: Lesson) -> Iterator[str]:
    """Your-turn cells that do not follow a text which says what is asked: under its heading, or in SLUG-questions."""
    for before, cell in pairwise(lesson.cells):
        questions = before.id == f"{cell.id.removesuffix('-answer')}-questions"
        stated = not before.is_code and (questions or re.search("^### Your turn", before.source, re.MULTILINE))
        if "your-turn" in cell.tags and not stated:
            yield f"{lesson.stem}: no text under '### Your turn' says directly before {cell.id!r} what is asked"


def shown_objects(lesson: Lesson) -> Iterator[str]:
    """Cells that end in a call of matplotlib's without `;`: the name of a line or an area stands above the picture."""
    for cell in lesson.cells:
        last = ast.parse(cell.source).body[-1:] if cell.is_code and not cell.source.endswith(";") else []
        if last and isinstance(last[0], ast.Expr) and MATPLOTLIB.match(ast.unparse(last[0])):
            yield f"{lesson.stem}: {cell.id!r} ends in a call of matplotlib's; end it with `;`"


def module_of(lesson: Lesson) -> str:
    """The module that the lesson takes its `check` from; empty if there is none."""
    found = (CHECKS.search(cell.source) for cell in lesson.cells if cell.is_code)
    return next((match[1] for match in found if match), "")


def missing_parts(lesson: Lesson) -> Iterator[str]:
    """What a lesson needs and this one lacks: a prediction, claims, exercises, take-aways, limits, references."""
    code = [cell.source for cell in lesson.cells if cell.is_code]
    prose = "\n\n".join(cell.source for cell in lesson.cells if not cell.is_code)
    for name in ("predict", "claims"):
        if not any(calls(source, name) for source in code):
            yield f"{lesson.stem}: no cell calls {name}()"
    if len(lesson.your_turn_ids) < FEWEST_EXERCISES:
        yield f"{lesson.stem}: {len(lesson.your_turn_ids)} your-turn cells; a lesson has at least {FEWEST_EXERCISES}"
    take_aways, references = bullets_under(prose, "Take-aways"), bullets_under(prose, "References")
    if take_aways not in TAKE_AWAYS:
        yield f"{lesson.stem}: {take_aways} bullets under '## Take-aways'; a lesson has 3 to 5"
    if references < FEWEST_REFERENCES:
        yield f"{lesson.stem}: {references} bullets under '## References'; a lesson names at least {FEWEST_REFERENCES}"
    if not re.search(r"\*\*What the experiments? (do|does) not show", prose):
        yield f"{lesson.stem}: it does not say **What the experiments do not show**"


def equal_by_chance(lesson: Lesson) -> Iterator[str]:
    """Claims of the form |difference| < half an interval: a short test always passes them. Equal needs a margin."""
    for cell in lesson.cells:
        if cell.is_code and calls(cell.source, "claims"):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Compare) and within_chance(ast.unparse(node)):
                    yield f"{lesson.stem}: {cell.id!r} says equal by {ast.unparse(node)!r}; use |x| + half < margin"


def within_chance(comparison: str) -> bool:
    """True of `abs(x) < y` where y is named half, error, tie or chance, or is the second of the pair that x begins."""
    found = re.fullmatch(r"(?:np\.)?abs\((.*)\) < (.*)", comparison)
    if found is None:
        return False
    value, limit = found.groups()
    return limit.endswith(("half", "error", "tie", "chance")) or (value[:-3], limit[-3:]) == (limit[:-3], "[1]")


def bullets_under(prose: str, heading: str) -> int:
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", prose, re.DOTALL | re.MULTILINE)
    return len(re.findall(r"^- ", found[1], re.MULTILINE)) if found else 0


def repeated_ids(paths: list[Path]) -> list[str]:
    """Ids of predictions, and of checks, that more than one cell of the course asks for: records would collide."""
    asked = [asked_in(path) for path in paths]
    return [
        f"{kind} {identity!r} is asked {count} times"
        for kind, ids in (
            ("prediction", Counter(i for notebook in asked for i in notebook.predictions)),
            ("check", Counter(i for notebook in asked for i in notebook.checks)),
        )
        for identity, count in ids.items()
        if count > 1
    ]


def can_be_changed(turn: Turn) -> bool:
    """True if the turn's answer is called with something that it could change: a list, a table, an array."""
    kinds = list | dict | set | np.ndarray
    return turn.through is None and any(isinstance(one, kinds) and len(one) for call in turn.inputs for one in call)


def change(argument: Any) -> None:
    """Changes what can be changed, in its place."""
    if isinstance(argument, np.ndarray):
        argument[...] = ~argument if argument.dtype == bool else argument + 1
    elif isinstance(argument, list | dict | set):
        argument.clear()
