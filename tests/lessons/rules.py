"""What every lesson keeps to, as functions that name each breach.

The tests feed them the course, and fixtures that breach each rule once.
"""

import ast
import re
import runpy
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from mlsd_lib.lesson import Exercise
from mlsd_lib.lesson.asked import asked_in
from tests.lessons.lesson_cells import Lesson, calls

WRONG_ANSWERS = Path(__file__).parent / "wrong_answers"
CHECK_IMPORT = re.compile(r"^from ((?:lessons|case_studies)\.\w+\.checks) import check$", re.MULTILINE)
MATPLOTLIB = re.compile(r"(plt|fig|figure|ax|axes)\b")
"""How a call begins that returns what matplotlib drew; of the course's own calls nothing is shown."""
FEWEST_EXERCISES = 2
TAKE_AWAYS = (3, 4, 5)
FEWEST_REFERENCES = 2


def wrong_answers(stem: str, folder: Path = WRONG_ANSWERS) -> dict[str, list[tuple[str, str]]]:
    """Of the lesson `stem`: exercise slug to wrong answers' code, each with a part of the message that it must get."""
    path = folder / f"{stem}.py"
    found = runpy.run_path(str(path))["WRONG"] if path.exists() else {}
    return {slug: [answers] if isinstance(answers, tuple) else answers for slug, answers in found.items()}


def incomplete_exercises(lesson: Lesson, wrong: dict[str, list[tuple[str, str]]]) -> Iterator[str]:
    """Your-turn cells without check, solution or wrong answer, and wrong answers without their exercise."""
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
        if slug not in wrong:
            yield f"{lesson.stem}: {identity!r} has no wrong answer in tests/lessons/wrong_answers/{lesson.stem}.py"
    for slug in wrong:
        if slug not in lesson.slugs:
            yield f"{lesson.stem}: the wrong answer {slug!r} belongs to no your-turn cell"


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
    found = (CHECK_IMPORT.search(cell.source) for cell in lesson.cells if cell.is_code)
    return next((match[1] for match in found if match), "")


def unreached_mistakes(
    lessons: Sequence[tuple[Lesson, dict[str, list[tuple[str, str]]]]], exercises: Mapping[str, Exercise]
) -> Iterator[str]:
    """Named mistakes that no wrong answer is told, exercises that no cell checks, and cases in sight of a reader.

    `lessons` are those that share the module of `exercises`, each with its wrong answers.
    """
    text: dict[str, str] = {}
    for lesson, wrong in lessons:
        for slug in lesson.slugs:
            if "case(" in lesson.by_id[f"{slug}-check"].source:
                yield f"{lesson.stem}: {slug}-check shows its cases before the first try"
            for code, _ in wrong.get(slug, []):
                for outcome in lesson.outcomes(slug, code):
                    text[outcome.id] = text.get(outcome.id, "") + outcome.message
    stems = ", ".join(lesson.stem for lesson, _ in lessons)
    for identity, exercise in exercises.items():
        if identity not in text:
            yield f"{stems}: no cell with a wrong answer checks {identity!r}"
        for words in (words for case in exercise.cases for words in case.mistakes):
            if words not in text.get(identity, words):
                yield f"{stems}: no wrong answer to {identity!r} is told {words!r}"


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


def strangers(folder: Path, stems: set[str]) -> list[str]:
    """Files of wrong answers that belong to no lesson."""
    return [f"{path.name} belongs to no lesson" for path in sorted(folder.glob("*.py")) if path.stem not in stems]
