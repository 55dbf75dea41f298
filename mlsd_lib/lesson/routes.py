"""The order of study and the routes through the course, as `chapters/routes.toml` states them.

A route is a list that a person chose; what it takes is added up from the notebooks, and so is the route of everything.
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mlsd_lib.lesson.reader import LessonError
from notebook_runner import Notebook

FILE = "chapters/routes.toml"
KEYS = {"hours", "goal", "notebooks"}


class Route(NamedTuple):
    """What to study in `hours`: names of notebooks in the order of study, and what a reader can do afterwards."""

    hours: float
    goal: str
    notebooks: tuple[str, ...]


def read_routes(root: Path) -> list[Route]:
    """The routes of the course at `root`, the shortest first. Raises `LessonError` for an entry with a wrong key."""
    found = _stated(root).get("route", [])
    for number, entry in enumerate(found, start=1):
        if wrong := sorted(KEYS ^ set(entry)):
            raise LessonError(
                f"{FILE}, route {number}: {wrong[0]!r} is missing or not known. A route has {', '.join(sorted(KEYS))}."
            )
    routes = [Route(entry["hours"], entry["goal"], tuple(entry["notebooks"])) for entry in found]
    return sorted(routes, key=lambda route: route.hours)


def study_order(root: Path, notebooks: Sequence[Notebook]) -> list[Notebook]:
    """The notebooks part by part as the course at `root` states it, each after all that it requires.

    What they require must be among them, and no two may require each other (`notebook_runner.reading_order`).
    """
    parts = _stated(root).get("parts", [])

    def rank(notebook: Notebook) -> tuple[bool, int, bool, str]:
        part = part_of(notebook)
        place = parts.index(part) if part in parts else len(parts)
        return notebook.kind != "start", place, not notebook.name.startswith("chapters/"), notebook.name

    left, ordered = sorted(notebooks, key=rank), list[Notebook]()
    while left:
        taken = {notebook.name for notebook in ordered}
        ordered.append(next(notebook for notebook in left if set(notebook.requires) <= taken))
        left.remove(ordered[-1])
    return ordered


def part_of(notebook: Notebook) -> str:
    """The part of the course that a notebook belongs to, in words: its chapter's folder without the number."""
    if notebook.kind == "start":
        return "Before you start"
    folder = notebook.name.removeprefix("chapters/").split("/")[0]
    return folder.lstrip("0123456789_").replace("_", " ").capitalize()


def hours_of(notebooks: Sequence[Notebook]) -> float:
    """The hours that a reader needs for `notebooks`."""
    return sum(notebook.minutes for notebook in notebooks) / 60


def _stated(root: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((root / FILE).read_text(encoding="utf-8"))
    except OSError:  # a course of one's own needs no routes
        return {}
    except tomllib.TOMLDecodeError as error:
        raise LessonError(f"{root / FILE} cannot be read ({error}). Correct that line.") from error
