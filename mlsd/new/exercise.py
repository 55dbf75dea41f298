"""The command `mlsd new exercise`: a skeleton with all its parts, which its contract refuses until it is filled.

The skeleton asks for one function. `UNWRITTEN` marks what is to be written; nothing of an exercise stands elsewhere.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from mlsd.new.skeleton import cell, check_name, write
from notebook_runner.canonical import UNWRITTEN, canonical
from notebook_runner.course import course_root

SUITE = '''"""The tests of `NAME`: what each asks of the student's objects."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grader.suite_kit.answer import Answer
from grader.suite_kit.comparison import differing
from grader.suite_kit.exercise import CaseSource, load_exercise
from grader.suite_kit.score_sheet import Sheet

EXERCISE = load_exercise(Path(__file__).parent)
EXACT = EXERCISE.limit("exact")


@dataclass(frozen=True)
class Cases:
    """Inputs by family, and what is right for each; nothing of `private` ones is shown."""

    inputs: dict[str, list[Any]]
    expected: dict[str, list[Any]]
    private: bool = False


def draw(rng: np.random.Generator) -> dict[str, list[Any]]:
    """New inputs of every family: the public and the hidden cases both come from here."""
    raise NotImplementedError("TO DO: draw some inputs of each family from rng")


CASES = CaseSource(EXERCISE, Cases)
begin, hint, warm = EXERCISE.begin, EXERCISE.hint, CASES.keep


@EXERCISE.graded("answers")
def answers(sheet: Sheet, answer: Answer, name: str) -> None:
    """TO DO: say what is asked of the student's function."""
    cases = CASES.open(sheet)
    for family, inputs in cases.inputs.items():
        missed = differing([answer.call(name, one) for one in inputs], cases.expected[family], EXACT)
        sheet.judge(family, f"{len(missed)} of {len(inputs)} differ", "0", not missed, f"Wrong in {family}.")
'''

INIT = '''"""The exercise as its notebook imports it: `from grader.suites import NAME as suite`."""

from grader.suites.NAME.suite import CASES, EXERCISE, answers, begin, hint, warm
'''

EXERCISE = """\
# What the exercise states of itself: read by grader.suite_kit.exercise. Each family is a criterion of one test.
forbids = ["grader.suites.NAME.hidden"]
seeds = { cases = 1 }
points = { answers = 20 }

[limits] # TO DO: all that the tests require, each with the words in which the statement says it
exact = { value = 1e-9, stated = "to within {:g}" }

[lessons] # TO DO: three or more, each with the points that its mistake loses over every right answer
# "what the exercise teaches" = 10

[families.ordinary] # TO DO: a table a family of cases; their points sum to those of the test
test = "answers"
points = 20
production = "TO DO: what a wrong answer would do in production."
read = 'TO DO: a lesson, "and its heading"'
hints = ["TO DO: the question to ask oneself?", "TO DO: the way."]
"""

HIDDEN = '''"""Hidden cases of `NAME`: the public families, drawn from the instructor's secret."""

import numpy as np

from grader.suites.NAME.hidden.oracle import expected
from grader.suites.NAME.suite import Cases, draw


def drawn(seed: int | None) -> Cases:
    """The cases that a seed gives; the answers come from the oracle."""
    inputs = draw(np.random.default_rng(seed))
    return Cases(inputs, {family: list(map(expected, some)) for family, some in inputs.items()})
'''

ORACLE = '''"""The right answer, by means of its own: written from the statement alone."""

from typing import Any


def expected(one: Any) -> Any:
    """What is right for one input."""
    raise NotImplementedError("TO DO: the right answer to one input")
'''

BANK = """\
# What `mlsd bank NAME` proves. Answers of another style are files in this folder: two right ones at least.
preload = ["grader.suites.NAME"]
draws = 25 # of at_random.py
in_nbgrader = [] # TO DO: two answers that nbgrader itself marks too

[automatic] # small faults put into the reference by machine
cells = ["answer"]
tests = ["test-answers"]
most = 10

[automatic.survivors] # TO DO: why no test can notice one, by its name

# TO DO: eight wrong answers or more, a plausible mistake each.
# [wrong.name_of_the_mistake]
# about = "What it does."
# first_try = true # in one or more: so a naive practitioner begins, and gets at most half
# points = { test-answers = 0 }
# says = ["what its author must read"]
# patches = [{ cell = "answer", old = "text of the solution", new = "text in its place" }]

# TO DO: the mistake of each lesson in exercise.toml, over the reference and the right answers of another style.
# [lessons."what the exercise teaches"]
# about = "What the mistake is."
# every = [{ cell = "answer", add = "code behind the cell, as a wrapper that makes the mistake" }]
# over.reference = [{ cell = "answer", old = "where one needs", new = "patches of its own" }]

[mutant] # TO DO: eight faults of meaning or more, each of which must lose points
# "what is wrong" = { cell = "answer", old = "text of the solution", new = "text in its place" }
"""

AT_RANDOM = '''"""A valid answer at random. TO DO: of the right form, drawn from `seed`.

kind = "random"
"""

# %% answer
import random

rng = random.Random(seed)


def answer(one):
    return rng.random()
'''

RUBRIC = """\
# Decision record of NAME: how the five points are given

One point for each heading, half a point where the anchor for half a point is met. TO DO: a table of anchors.

The samples in this folder: `record_poor.md` 0.5 points, `record_fair.md` 3, `record_good.md` 5.
"""

ANSWER = '''def answer(one):
    """TO DO: what it gives."""
    ### BEGIN SOLUTION
    raise NotImplementedError
    ### END SOLUTION'''

MEANT = {"poor": "0.5", "fair": "3", "good": "5"}
HEADINGS = ("requirement", "evidence", "alternative", "weakest assumption", "rollback")


def new_exercise(
    name: Annotated[str, typer.Argument(help="Its name: small letters, digits and underscores.")],
    folder: Annotated[Path | None, typer.Option("--course", help="The course folder; default: this one.")] = None,
) -> None:
    """Write the skeleton of an exercise. Example: mlsd new exercise estimate_capacity"""
    check_name("an exercise", name)
    for path in write(course_root(folder or Path.cwd()), _texts(name)):
        typer.echo(path)
    typer.echo(f"The next part to fill is named by: mlsd bank {name}")
    typer.echo(f"With all filled: mlsd bank --cases {name}; mlsd release {name}; pytest tests/grader/suites -k {name}")


def _texts(name: str) -> dict[str, str]:
    suite = f"grader/suites/{name}"
    hidden, bank = f"{suite}/hidden", f"{suite}/bank"
    made = {
        f"{suite}/__init__.py": INIT, f"{suite}/suite.py": SUITE, f"{suite}/exercise.toml": EXERCISE,
        f"{hidden}/__init__.py": HIDDEN, f"{hidden}/oracle.py": ORACLE,
        f"{bank}/bank.toml": BANK, f"{bank}/at_random.py": AT_RANDOM, f"{bank}/record_rubric.md": RUBRIC,
    }  # fmt: skip
    for sample, points in MEANT.items():
        marks = f"<!-- For the grader. Together {points}. -->"
        made[f"{bank}/record_{sample}.md"] = f"TO DO: a {sample} record.\n\n{marks}\n"
    texts = {path: text.replace("NAME", name).replace("TO DO:", UNWRITTEN) for path, text in made.items()}
    return texts | {f"solutions/{name}/{name}.ipynb": _notebook(name)}


def _notebook(name: str) -> str:
    """The statement with one function to write, its test, and the decision record."""
    title, locked = name.replace("_", " ").capitalize(), {"locked": True}
    headings = "\n".join(f"- **{heading}**: {UNWRITTEN} what is asked;" for heading in HEADINGS)
    record = f"## 2. Decision record\n\nOne page, at most 400 words. A person gives one point each for:\n\n{headings}"
    row = f"| `ordinary` | {UNWRITTEN} what it asks | all to within 1e-9 | 20 |"
    table = f"| criterion | what | required | points |\n|---|---|---|---|\n{row}"
    asked = f'## 1. The answer\n\n{table}\n\n{UNWRITTEN} what is asked. Stuck at a criterion: `suite.hint("ordinary")`.'
    cells = [
        _cell(
            "markdown", "title", f"# {title}\n\n{UNWRITTEN} who needs it, and the parts with their points.", **locked
        ),
        _cell("code", "imports", f"from grader.suites import {name} as suite\n\nsuite.begin()", **locked),
        _cell("markdown", "answer-why", asked, **locked),
        _cell("code", "answer", ANSWER.replace("TO DO:", UNWRITTEN), solution=True),
        _cell("code", "test-answers", "suite.answers(answer)", grade=True, points=20, **locked),
        _cell("code", "attempts", "suite.EXERCISE.plot_attempts()", **locked),
        _cell("markdown", "record-why", record, **locked),
        _cell(
            "markdown", "decision-record", f"{UNWRITTEN} a record worth 5 points.", grade=True, solution=True, points=5
        ),
    ]
    stated = {
        "kind": "exercise", "title": title, "section": f"{UNWRITTEN} the book's section", "minutes": 180,
        "objectives": [f"{UNWRITTEN} what a student can do afterwards"], "cores": 1,
        "budget": {"cpu_s": 60, "peak_mb": 1500}, "requires": [], "tools": [],
        "forbids": [f"grader.suites.{name}.hidden"],
    }  # fmt: skip
    return canonical({"cells": cells, "metadata": {"mlsd": stated}})


def _cell(kind: str, name: str, source: str, **marks: Any) -> dict[str, Any]:
    flags = {"grade": False, "grade_id": name, "locked": False, "schema_version": 3, "solution": False, "task": False}
    return cell(kind, name, source, nbgrader=flags | marks)
