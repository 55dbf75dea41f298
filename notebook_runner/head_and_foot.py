"""What of a lesson follows from elsewhere: the minutes that it promises, its head, its foot, the code of its solutions.

Nobody writes these by hand, so a lesson never names one that does not exist. `mlsd notebooks --fix` writes them.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from notebook_runner.canonical import canonical, code_lines, source_of
from notebook_runner.course import Notebook, NotebookError, read_json, reading_order
from notebook_runner.solutions import with_solutions

HEAD, FOOT = "at-a-glance", "continue"
"""The ids of the two cells that are written here: after the title, and at the very end."""
FRAMED = ("lesson", "case_study", "overview")
WORDS_PER_MINUTE, CODE_LINES_PER_MINUTE, MINUTES_PER_TURN = 200, 12, 8
TOLERANCE_MIN = 5
BY_HAND = re.compile(r"^\*\*Continue with\*\*.*?(?:\n{2,}|\Z)", re.MULTILINE | re.DOTALL)


def minutes_of(cells: Iterable[Mapping[str, Any]]) -> float:
    """The minutes that a student needs for `cells`, by one rule for every lesson and case study.

    A minute for 200 words of prose and for 12 lines of code that are neither blank nor comment alone, wherever they
    stand (checks and folded solutions are read too), and 8 minutes for each cell tagged `your-turn`. Waiting for cells
    is not counted, nor is what this module writes.
    """
    words = lines = turns = 0
    for cell in cells:
        if cell["cell_type"] == "code":
            lines += code_lines(source_of(cell))
            turns += "your-turn" in cell.get("metadata", {}).get("tags", [])
        elif cell["id"] not in (HEAD, FOOT):
            words += len(source_of(cell).split())
    return words / WORDS_PER_MINUTE + lines / CODE_LINES_PER_MINUTE + MINUTES_PER_TURN * turns


def promised_minutes(stated: int, cells: Iterable[Mapping[str, Any]]) -> int:
    """The `stated` minutes if they are within 5 of the rule's, else the rule's to the nearest 5."""
    computed = minutes_of(cells)
    return stated if abs(stated - computed) <= TOLERANCE_MIN else max(1, 5 * round(computed / 5))


def head(here: Notebook, course: Sequence[Notebook]) -> str:
    """The Markdown after the title of `here`: what a reader can do afterwards, in how long, and what comes before."""
    objectives = "\n".join(f"- {objective}." for objective in here.objectives)
    before = ", ".join(_link(here, notebook) for notebook in course if notebook.name in here.requires)
    builds_on = f" It builds on {before}." if before else ""
    time = f"It takes about {here.minutes} minute{'s' * (here.minutes > 1)}."
    return f"After this notebook you can:\n\n{objectives}\n\n{time}{builds_on}"


def foot(here: Notebook, course: Sequence[Notebook]) -> str:
    """The Markdown at the end of `here`: links to what there is next, what it prepares for, and what came before."""
    order = [notebook for notebook in reading_order(course) if notebook.kind in ("start", "lesson")]
    names = [notebook.name for notebook in order]
    at = names.index(here.name) if here.name in names else -1
    lines = []
    if 0 <= at < len(order) - 1:
        lines.append(f"- Next lesson: {_link(here, order[at + 1])}")
    for kind, words in (("exercise", "Exercise"), ("case_study", "Case study")):
        waiting = [notebook for notebook in course if notebook.kind == kind and here.name in notebook.requires]
        lines += [
            f"- {words}: {_link(here, notebook)}" for notebook in waiting if not notebook.name.startswith("solutions/")
        ]
    if at > 0 and order[at - 1].kind == "lesson":
        lines.append(f"- Previous lesson: {_link(here, order[at - 1])}")
    lines += [
        f"- Every notebook, and your progress: {_link(here, notebook)}"
        for notebook in order
        if notebook.kind == "start"
    ]
    return "\n".join(["## Continue", "", *lines]) if lines else ""


def _link(here: Notebook, there: Notebook) -> str:
    return f"[{there.title}]({Path(os.path.relpath(there.path, here.path.parent)).as_posix()})"


def with_derived(nb: Mapping[str, Any], here: Notebook, course: Sequence[Notebook]) -> dict[str, Any]:
    """The notebook `nb`, given as plain data, with the solutions, minutes, head and foot that follow.

    A paragraph that begins with **Continue with** goes: the foot says what exists. Raises `NotebookError` for a
    requirement that is no notebook and for a circle of them.
    """
    nb = with_solutions(nb, here.path.parents[here.name.count("/")])
    if here.kind not in FRAMED:
        return nb
    minutes = promised_minutes(here.minutes, nb["cells"])
    title, *rest = [_without_hand_written(cell) for cell in nb["cells"] if cell["id"] not in (HEAD, FOOT)]
    ending = foot(here, course)
    cells = [
        title,
        _markdown(HEAD, head(replace(here, minutes=minutes), course)),
        *rest,
        *([_markdown(FOOT, ending)] if ending else []),
    ]
    mlsd = {**nb["metadata"]["mlsd"], "minutes": minutes}
    return {**nb, "cells": cells, "metadata": {**nb["metadata"], "mlsd": mlsd}}


def _markdown(identity: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": identity, "metadata": {}, "source": text}


def _without_hand_written(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    text = source_of(cell)
    if cell["cell_type"] != "markdown" or not BY_HAND.search(text):
        return cell
    return {**cell, "source": BY_HAND.sub("", text).rstrip()}


def stale(path: Path, here: Notebook, course: Sequence[Notebook]) -> list[str]:
    """What in the notebook at `path` does not follow from map, cells and checks, as sentences; empty if all does."""
    nb = read_json(path)
    wanted = with_derived(nb, here, course)
    if wanted == nb or canonical(wanted) == canonical(nb):
        return []
    found = []
    if (right := wanted["metadata"]["mlsd"]["minutes"]) != here.minutes:
        found.append(
            f"It promises {here.minutes} minutes (mlsd.minutes); its words, code lines and turns take "
            f"{minutes_of(nb['cells']):.0f}, and {TOLERANCE_MIN} more or fewer are allowed. Shorten it or promise "
            f"{right}."
        )
    if any(BY_HAND.search(source_of(cell)) for cell in nb["cells"] if cell["cell_type"] == "markdown"):
        found.append("It says **Continue with** by hand. The foot says what exists.")
    have, want = ([(cell["id"], source_of(cell)) for cell in notebook["cells"]] for notebook in (nb, wanted))
    for identity, place in ((HEAD, "after the title"), (FOOT, "at the end")):
        if dict(have).get(identity) != dict(want).get(identity) or _at(have, identity) != _at(want, identity):
            found.append(f"The cell {identity!r} {place} is not what the course map says.")
    for identity, text in have:
        if identity.endswith("-solution") and dict(want)[identity] != text:
            found.append(f"The code in the cell {identity!r} is not the right answer of its turn in checks.py.")
    return [f"{sentence} `mlsd notebooks --fix` writes what is right." for sentence in found]


def _at(cells: Sequence[tuple[str, str]], identity: str) -> int:
    return [name for name, _ in cells].index(identity) if identity in dict(cells) else -1


def fixed(nb: Mapping[str, Any], here: Notebook, course: Sequence[Notebook]) -> str | None:
    """The notebook's text in canonical form, with all that follows from elsewhere; None for a faulty cell id."""
    try:
        return canonical(with_derived(nb, here, course))
    except (NotebookError, KeyError):  # `problems` tells which
        return None
