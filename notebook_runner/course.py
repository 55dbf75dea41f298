"""The course map, read from the notebooks: what there is, in which order to read it, what a run may cost.

A notebook's metadata key `mlsd` is the only manifest. Nothing here executes a notebook or imports a notebook library.
"""

import heapq
import json
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notebook_runner.errors import CourseError

FOLDERS = ("chapters", "case_studies", "solutions", "exercises")
KINDS = ("start", "lesson", "case_study", "exercise", "overview")


KEYS = {"budget", "cores", "facts", "forbids", "kind", "minutes", "objectives", "requires", "section", "title", "tools"}


class NotebookError(CourseError):
    """Something about a notebook, its metadata or its run that its author must fix."""


@dataclass(frozen=True)
class Budget:
    """What one run may use: `cpu_s` CPU seconds and `peak_mb` megabytes, each of the whole process tree."""

    cpu_s: float
    peak_mb: float

    @property
    def stop_s(self) -> float:
        """Five times the CPU seconds: a run is stopped after so much CPU time, or so much time of standing still."""
        return 5 * self.cpu_s


@dataclass(frozen=True)
class Notebook:
    """One notebook of the course, as its metadata describes it.

    `path` is absolute, `name` the path from the course's root with forward slashes; `minutes` is the reader's time;
    `requires` holds names of other notebooks, `forbids` modules that an exercise asks its readers to write themselves,
    `facts` what an overview's table says of it, by column.
    """

    path: Path
    name: str
    kind: str
    title: str
    section: str
    objectives: tuple[str, ...]
    minutes: int
    budget: Budget
    requires: tuple[str, ...]
    tools: tuple[str, ...]
    cores: int
    forbids: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


def course_root(start: Path | None = None) -> Path:
    """The course's folder: the nearest one at or above `start` whose pyproject.toml names the project "mlsd".

    Without `start`: from the working folder, then from where this package lies. Raises `NotebookError` for none,
    and for a copy of the course whose pyproject.toml is not as it should be.
    """
    starts = [start] if start is not None else [Path.cwd(), Path(__file__).parent]
    for place in starts:
        resolved = place.resolve()
        for folder in (resolved, *resolved.parents):
            pyproject = folder / "pyproject.toml"
            if pyproject.is_file() and os.access(pyproject, os.R_OK) and names_the_course(pyproject.read_bytes()):
                return folder
            if (folder / "mlsd_lib").is_dir() and (folder / "chapters").is_dir():  # a copy: no other one is meant
                raise NotebookError(
                    f"{folder} is a copy of the course, and its pyproject.toml is damaged or away. Put that file back "
                    "from the course as you received it, and try again."
                )
    raise NotebookError(
        f'No course at or above {starts[0]}: no pyproject.toml there names the project "mlsd". '
        "Change into the course's folder and try again."
    )


def names_the_course(pyproject: bytes) -> bool:
    """Whether the content of a pyproject.toml is that of the course."""
    try:
        return bool(tomllib.loads(pyproject.decode()).get("project", {}).get("name") == "mlsd")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False


def notebook_paths(root: Path) -> list[Path]:
    """Every notebook file of the course, sorted, whether or not its metadata is right."""
    found: list[Path] = []
    for folder in FOLDERS:
        for path in (root / folder).rglob("*.ipynb"):
            inner = path.relative_to(root).parts[:-1]
            if "classroom" not in inner and not any(part.startswith(".") for part in inner):
                found.append(path)
    return sorted(found)


def find_notebooks(root: Path) -> list[Notebook]:
    """Every notebook of the course, sorted by name. Raises `NotebookError` for the first with faulty metadata."""
    return [read_notebook(root, path) for path in notebook_paths(root)]


def read_json(path: Path) -> dict[str, Any]:
    """The notebook file as plain data. Raises `NotebookError` where it is missing or no notebook."""
    try:
        if path.exists() and not path.is_file():  # a pipe would be read without end
            raise OSError("it is no file")
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotebookError(f"{path}: no such notebook. `mlsd notebooks` lists those that there are.") from error
    except (OSError, ValueError) as error:
        raise NotebookError(f"{path} cannot be read as a notebook: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("cells"), list):
        raise NotebookError(f'{path} is no notebook: it has no list of "cells". Save it from JupyterLab again.')
    for number, cell in enumerate(data["cells"], 1):
        if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
            raise NotebookError(
                f"{path} is damaged: its cell {number}, {repr(cell)[:40]}, is no cell. Take it from a backup, "
                f"or put it back as it was released: `mlsd reset {path.stem}` keeps what is there."
            )
    return data


def read_notebook(root: Path, path: Path) -> Notebook:
    """The notebook at `path`, described by its metadata. Raises `NotebookError` for what is missing or invalid."""
    path = Path(os.path.realpath(path))  # `resolve` raises for a link to itself
    try:
        name = path.relative_to(root.resolve()).as_posix()
    except ValueError as error:
        raise NotebookError(f"{path} lies outside the course {root}; give a notebook inside it.") from error
    metadata = read_json(path).get("metadata", {}).get("mlsd")
    if not isinstance(metadata, dict):
        raise NotebookError(f'{name}: the notebook metadata has no "mlsd" entry; every notebook needs one.')
    return _Reader(name, metadata).notebook(path)


class _Reader:
    """Reads one `mlsd` entry; each method checks one kind of value and says what was wrong with it."""

    def __init__(self, name: str, metadata: dict[str, Any]) -> None:
        self.name, self.metadata = name, metadata

    def notebook(self, path: Path) -> Notebook:
        if unknown := sorted(set(self.metadata) - KEYS):
            raise self.fault(unknown[0], f"is not known; known are {', '.join(sorted(KEYS))}")
        kind = self.text("kind")
        if kind not in KINDS:
            raise self.fault("kind", f"must be one of {', '.join(KINDS)}")
        budget = self.metadata.get("budget")
        if not isinstance(budget, dict) or set(budget) != {"cpu_s", "peak_mb"}:
            raise self.fault("budget", 'must be {"cpu_s": seconds, "peak_mb": megabytes}')
        return Notebook(
            path=path,
            name=self.name,
            kind=kind,
            title=self.text("title"),
            section=self.text("section"),
            objectives=self.texts("objectives", required=kind != "start"),
            minutes=int(self.number("minutes", self.metadata)),
            budget=Budget(self.number("cpu_s", budget), self.number("peak_mb", budget)),
            requires=self.texts("requires"),
            tools=self.texts("tools"),
            cores=int(self.number("cores", self.metadata, default=1)),
            forbids=self.texts("forbids"),
            facts=self.table("facts"),
        )

    def fault(self, key: str, rule: str) -> NotebookError:
        value = self.metadata.get(key, "missing")
        return NotebookError(f"{self.name}: metadata mlsd.{key} is {value!r}; it {rule}.")

    def text(self, key: str) -> str:
        value = self.metadata.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.fault(key, "must be a text that is not empty")
        return value

    def texts(self, key: str, required: bool = False) -> tuple[str, ...]:
        value = self.metadata.get(key, [])
        if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
            raise self.fault(key, "must be a list of texts")
        if required and not value:
            raise self.fault(key, "must name at least one")
        return tuple(value)

    def table(self, key: str) -> dict[str, str]:
        value = self.metadata.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(text, str) and text.strip() for text in value.values()):
            raise self.fault(key, "must be a table of texts that are not empty")
        return value

    def number(self, key: str, where: dict[str, Any], default: float | None = None) -> float:
        value = where.get(key, default)
        whole = key in ("minutes", "cores")
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not 0 < value < 1e6:
            at = key if where is self.metadata else f"budget.{key}"
            rule = f"must be a {'whole ' if whole else ''}number above 0"
            raise NotebookError(f"{self.name}: metadata mlsd.{at} is {value!r}; it {rule}.")
        return value


def reading_order(notebooks: Iterable[Notebook]) -> list[Notebook]:
    """The notebooks so that each comes after all that it requires, ties broken by name.

    Raises `NotebookError` for a requirement that is not among them and for a circle, which it names.
    """
    by_name = {notebook.name: notebook for notebook in notebooks}
    for notebook in by_name.values():
        for required in notebook.requires:
            if required not in by_name:
                raise NotebookError(
                    f"{notebook.name} requires {required!r}, which is no notebook of this course. "
                    "Write its path from the course's root, as `mlsd notebooks` lists it."
                )
    waiting = {name: set(notebook.requires) for name, notebook in by_name.items()}
    return [by_name[name] for name in _topological(waiting)]


def _topological(waiting: dict[str, set[str]]) -> Iterator[str]:
    ready = [name for name, requires in waiting.items() if not requires]
    heapq.heapify(ready)
    left = {name: set(requires) for name, requires in waiting.items() if requires}
    while ready:
        name = heapq.heappop(ready)
        yield name
        for other in sorted(left):
            left[other].discard(name)
            if not left[other]:
                del left[other]
                heapq.heappush(ready, other)
    if left:
        raise NotebookError(f"These notebooks require each other in a circle: {' -> '.join(_circle(left))}. Break it.")


def _circle(left: dict[str, set[str]]) -> list[str]:
    path = [min(left)]
    while True:
        following = min(name for name in left[path[-1]] if name in left)
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)
