"""An exercise as data: `exercise.toml` beside its suite, read into frozen data; and the cases that its tests use.

No criterion, and nothing of one exercise, may enter here.
"""

import importlib
import json
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Generic, Protocol, TypeVar

from grader.errors import GraderError
from grader.suite_kit import attempts
from grader.suite_kit.answer import forbid, is_hidden, nothing_forbidden
from grader.suite_kit.points import Points
from grader.suite_kit.score_sheet import Family, Sheet, graded

FILE, CASES = "exercise.toml", "cases.json"
NO_CASES = "{} is missing: the public cases of an exercise stand there. Write them: mlsd bank --cases {}"
# Each key of the file: its type, what it says in words, and its value where it is left out (`...`: it may not be).
KEYS: dict[str, tuple[type, str, Any]] = {
    "points": (dict, "a table of the points of each test", ...),
    "families": (dict, "a table of criteria, each a table of its own", ...),
    "lessons": (dict, "a table of what the exercise teaches, each with the points that its mistake loses", {}),
    "forbids": (list, "a list of modules that an answer may not import", []),
    "preloads": (list, "a list of modules that the suite imports late", []),
    "seeds": (dict, "a table of whole numbers", {}),
    "limit_s": (float, "the wall seconds that a test may take", 120.0),
    "limits": (dict, "a table of what tests require, each a table with value and stated", {}),
}
FAMILY_KEYS: dict[str, tuple[type, str, Any]] = {
    "test": (str, "one of the tests in points", ...),
    "title": (str, "the criterion's name in the table", ""),
    "points": (float, "a number of points", 1.0),
    "production": (str, "what it would do in production", ...),
    "read": (str, "where to read", ""),
    "hints": (list, "a list of two texts: the question to ask oneself, and the way", []),
}
LIMIT_KEYS: dict[str, tuple[type, str, Any]] = {
    "value": (object, "a number, or a list of numbers", ...),
    "stated": (str, "the statement's words, with {:g} for the number or {percent[0]:g} for a hundred times it", ...),
}


class ExerciseError(GraderError):
    """An `exercise.toml` that breaks a rule; the message names the file, the key, the value, the rule and the fix."""


@dataclass(frozen=True)
class Limit:
    """What a test requires: one number or several, and a pattern for the words in which the statement says so."""

    values: tuple[float, ...]
    pattern: str

    @property
    def stated(self) -> str:
        """The words that the statement has to hold."""
        words = self.pattern.format(*self.values, percent=[100 * value for value in self.values])
        return words.replace("e-0", "e-")


@dataclass(frozen=True)
class Exercise:
    """What an exercise states of itself. `folder` is that of its suite; `families` are its criteria by name.

    `limits` are the numbers that its tests require; they stand nowhere else. `lessons` holds for each lesson the points
    that its mistake loses at least, whatever the answer is like otherwise.
    """

    name: str
    folder: Path
    points: Mapping[str, float]
    families: Mapping[str, Family]
    lessons: Mapping[str, float]
    forbids: tuple[str, ...]
    preloads: tuple[str, ...]
    seeds: Mapping[str, int]
    limit_s: float
    limits: Mapping[str, Limit]

    def limit(self, name: str) -> float:
        """The number of the limit of this name. Raises `ExerciseError` where there is none or it has several."""
        if len(numbers := self.steps(name)) != 1:
            raise ExerciseError(
                f"limits.{name} of {self.name} has {len(numbers)} numbers, not one. Call steps for them."
            )
        return numbers[0]

    def steps(self, name: str) -> tuple[float, ...]:
        """The numbers of the limit of this name, in the order of `exercise.toml`. Raises `ExerciseError`."""
        if name not in self.limits:
            raise ExerciseError(f"{self.folder / FILE}: limits.{name} is missing; the suite asks for it. Add it.")
        return self.limits[name].values

    def begin(self) -> None:
        """From here on the modules that the exercise forbids cannot be imported."""
        forbid(self.forbids)

    def graded(self, test: str) -> Callable[[Callable[..., None]], Callable[..., Points]]:
        """Makes one of the tests that the file names: see `score_sheet.graded`. A reader's runs of it are kept."""
        return graded(test, self.points[test], self.limit_s, self.families, partial(attempts.keep, self.name))

    def hint(self, criterion: str) -> None:
        """Prints one hint more for a criterion than the last time: the question to ask oneself, the way, the lesson.

        Raises `ExerciseError` for a criterion that has no hints.
        """
        hinted = {name: family for name, family in self.families.items() if family.hints}
        if criterion not in hinted:
            raise ExerciseError(f"There is no hint for {criterion!r}. There are hints for: {', '.join(hinted)}.")
        family = hinted[criterion]
        attempts.show_hint(self.name, criterion, [*family.hints, *([f"Read: {family.read}."] if family.read else [])])

    def plot_attempts(self) -> None:
        """Plots a reader's own runs of the tests: see `attempts.plot`."""
        attempts.plot(self.name, sum(self.points.values()))

    def write_cases(self, stored: Any) -> None:
        """Stores the public cases, plain data, beside the suite."""
        text = json.dumps(stored, separators=(",", ":")) + "\n"
        (self.folder / CASES).write_text(text, encoding="utf-8")

    def read_cases(self) -> Any:
        """The stored public cases. Raises `ExerciseError` where none are stored yet."""
        try:
            return json.loads((self.folder / CASES).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ExerciseError(NO_CASES.format(self.folder / CASES, self.name)) from None

    def hidden(self) -> ModuleType | None:
        """What only the grader knows of this exercise, or None in a student edition and where no secret is present.

        The module is not left in `sys.modules`: an import of it from an answer meets the exercise's import guard.
        """
        from grader.secret import derive

        if derive(self.name, "present") is None:
            return None
        with nothing_forbidden():
            try:
                return importlib.import_module(f"grader.suites.{self.name}.hidden")
            except ModuleNotFoundError:
                return None
            finally:
                for name in [name for name in sys.modules if is_hidden(name)]:
                    del sys.modules[name]
                sys.modules[f"grader.suites.{self.name}"].__dict__.pop("hidden", None)


class AnyCases(Protocol):
    """The inputs and right answers that tests use; nothing of `private` ones is shown."""

    @property
    def private(self) -> bool: ...


Kind = TypeVar("Kind", bound=AnyCases)


class CaseSource(Generic[Kind]):
    """Where tests find their cases: the hidden ones where the grader has them, those of `public` otherwise."""

    def __init__(self, exercise: Exercise, public: Callable[[], Kind]) -> None:
        self.exercise, self.public = exercise, public
        self.kept: Kind | None = None

    def find(self) -> Kind:
        """The cases of this process."""
        if self.kept is not None:
            return self.kept
        hidden = self.exercise.hidden()
        return self.public() if hidden is None else hidden.cases()

    def keep(self) -> None:
        """Find the cases once for this process and its forks: for one of the grader's, never one with an answer."""
        self.kept = self.find()

    def open(self, sheet: Sheet) -> Kind:
        """The cases for a test; where they are private, its sheet shows nothing of the student's from here on."""
        cases = self.find()
        sheet.private = cases.private
        return cases


def to_be_written(root: Path, name: str) -> str:
    """What the author of exercise `name` in the course at `root` has to write next; empty if nothing is left."""
    from notebook_runner.canonical import next_to_write

    suite = f"grader/suites/{name}"
    parts = (f"{suite}/hidden", f"{suite}/suite.py", f"{suite}/{FILE}", f"solutions/{name}", suite)
    return next_to_write(root, *parts)


def missing_cases(root: Path, name: str) -> str:
    """Which file of stored cases of exercise `name` its author has still to make, and how; empty if none is missing."""
    suite = root / "grader/suites" / name
    makes_some = (suite / "hidden/build.py").is_file() and not (suite / CASES).is_file()
    return NO_CASES.format(f"grader/suites/{name}/{CASES}", name) if makes_some else ""


def load_exercise(folder: Path) -> Exercise:
    """The exercise whose suite lies in `folder`. Raises `ExerciseError`."""
    path = folder / FILE
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ExerciseError(f"{path}: {error}. Every suite has this file; write it as TOML.") from error
    given = _checked(path, "", stated, KEYS)
    points = {test: _number(path, f"points.{test}", value) for test, value in given["points"].items()}
    families = {name: _family(path, name, family, points) for name, family in given["families"].items()}
    for test, most in points.items():
        together = sum(family.points for family in families.values() if family.test == test)
        if abs(together - most) > 1e-9:
            raise ExerciseError(
                f"{path}: points.{test} is {most:g}, but its families have {together:g} points together; they must be "
                "the same. Correct one of them."
            )
    lessons = {name: _number(path, f"lessons.{name}", value) for name, value in given["lessons"].items()}
    for key in ("forbids", "preloads"):
        if wrong := [module for module in given[key] if not isinstance(module, str)]:
            raise ExerciseError(f"{path}: {key} holds {wrong[0]!r}; it must be names of modules. Write it in quotes.")
    for name, seed in given["seeds"].items():
        if type(seed) is not int or seed < 0:
            raise ExerciseError(f"{path}: seeds.{name} is {seed!r}; it must be a whole number from 0 on. Write one.")
    limits = {name: _limit(path, name, stated) for name, stated in given["limits"].items()}
    return Exercise(
        folder.name, folder, MappingProxyType(points), MappingProxyType(families), MappingProxyType(lessons),
        tuple(given["forbids"]), tuple(given["preloads"]), MappingProxyType(given["seeds"]), float(given["limit_s"]),
        MappingProxyType(limits),
    )  # fmt: skip


def _family(path: Path, name: str, stated: Any, points: Mapping[str, float]) -> Family:
    if not isinstance(stated, dict):
        raise ExerciseError(f"{path}: families.{name} is {stated!r}; it must be a table. Write [families.{name}].")
    given = _checked(path, f"families.{name}.", stated, FAMILY_KEYS)
    if given["test"] not in points:
        raise ExerciseError(
            f"{path}: families.{name}.test is {given['test']!r}; it must be one of {', '.join(points)}. Name one."
        )
    if len(given["hints"]) not in (0, 2) or not all(isinstance(hint, str) for hint in given["hints"]):
        raise ExerciseError(f"{path}: families.{name}.hints is {given['hints']!r}; it must be two texts. Write both.")
    return Family(
        given["test"], given["title"] or name, float(given["points"]), given["production"], given["read"],
        tuple(given["hints"]),
    )  # fmt: skip


def _limit(path: Path, name: str, stated: Any) -> Limit:
    if not isinstance(stated, dict):
        raise ExerciseError(
            f'{path}: limits.{name} is {stated!r}; it must be a table. Write {{ value = 1, stated = "{{:g}} MB" }}.'
        )
    given = _checked(path, f"limits.{name}.", stated, LIMIT_KEYS)
    values = given["value"] if isinstance(given["value"], list) else [given["value"]]
    for value in values or [None]:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ExerciseError(
                f"{path}: limits.{name}.value holds {value!r}; it must be numbers. Write one or several."
            )
    limit = Limit(tuple(values), given["stated"])
    try:
        says = limit.stated
    except (IndexError, KeyError, ValueError, AttributeError) as error:
        rule = LIMIT_KEYS["stated"][1]
        raise ExerciseError(
            f"{path}: limits.{name}.stated is {limit.pattern!r} ({error}); it must be {rule}. Correct it."
        ) from error
    if says == limit.pattern:
        raise ExerciseError(f"{path}: limits.{name}.stated is {says!r}, without a number; put {{:g}} where it stands.")
    return limit


def _checked(path: Path, where: str, stated: dict[str, Any], keys: Mapping[str, tuple[type, str, Any]]) -> Any:
    """The values of all `keys`, defaults where they are left out."""
    for key in stated:
        if key not in keys:
            raise ExerciseError(f"{path}: {where}{key} is no key; known are {', '.join(keys)}. Rename or remove it.")
    for key, (kind, words, default) in keys.items():
        if key not in stated and default is ...:
            raise ExerciseError(f"{path}: {where}{key} is missing; it must be {words}. Add it.")
        value = stated.get(key, default)
        if kind is float:
            _number(path, f"{where}{key}", value)
        elif not isinstance(value, kind):
            raise ExerciseError(f"{path}: {where}{key} is {value!r}; it must be {words}. Correct it.")
    return {key: stated.get(key, default) for key, (_, _, default) in keys.items()}


def _number(path: Path, key: str, value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1000:
        raise ExerciseError(f"{path}: {key} is {value!r}; it must be a number from 0 to 1,000. Write one.")
    return float(value)
