"""An exercise as data: `exercise.toml` beside its suite, read into frozen data; and the cases that its tests use.

No criterion, and nothing of one exercise, may enter here.
"""

import importlib
import json
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Literal, Protocol, Self, TypeVar

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from grader.errors import GraderError
from grader.suite_kit import attempts
from grader.suite_kit.answer import Answer, forbid, is_hidden, nothing_forbidden
from grader.suite_kit.families import Family, Table, Worth
from grader.suite_kit.points import Points
from grader.suite_kit.score_sheet import Sheet, graded

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

FILE, CASES = "exercise.toml", "cases.json"
NO_CASES = "{} is missing: the public cases of an exercise stand there. Write them: mlsd bank --cases {}"


class ExerciseError(GraderError):
    """An `exercise.toml` that breaks a rule; the message names the file, the key, the value, the rule and the fix."""


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Numbers = Annotated[list[int | float], BeforeValidator(_listed)]


class Limit(Table):
    """What a test requires: one number or several, and a pattern for the words in which the statement says so.

    The pattern has {:g} for the number, or {percent[0]:g} for a hundred times it; {hidden[0]:g} and
    {hidden_percent[0]:g} for what is required of `hidden` cases where that is another number, {points[0]:g} for the
    `points` of a step where there are several. `measured` and `required` say how a figure is shown in a table.
    """

    value: Annotated[Numbers, Field(min_length=1)]
    hidden: Numbers = Field([])
    points: Annotated[list[Worth], BeforeValidator(_listed)] = Field([])
    rule: Literal["at most", "at least"] = "at most"
    measured: str = "{:g}"
    required: str = "{:g}"
    pattern: str = Field(alias="stated")

    @model_validator(mode="after")
    def _states_its_numbers(self) -> Self:
        try:
            says = self.stated
        except (IndexError, KeyError, AttributeError) as error:
            raise ValueError(f"stated is {self.pattern!r} ({error}); it has {{:g}} for each number") from error
        if says == self.pattern:
            raise ValueError(f"stated is {says!r}, without a number; it has {{:g}} where the number stands")
        return self

    @property
    def stated(self) -> str:
        """The words that the statement has to hold."""
        percents = {
            name: [100 * value for value in values]
            for name, values in (("percent", self.value), ("hidden_percent", self.hidden))
        }
        words = self.pattern.format(*self.value, hidden=self.hidden, points=self.points, **percents)
        return words.replace("e-0", "e-")

    def steps(self, private: bool) -> list[int | float]:
        """What is required of public or of private cases, the loosest first."""
        return self.hidden if private and self.hidden else self.value

    def kept(self, value: float, step: float) -> bool:
        """Whether a value keeps one of the steps."""
        return value <= step if self.rule == "at most" else value >= step


class Exercise(Table):
    """What an exercise states of itself. `folder` is that of its suite; `families` are its criteria by name.

    `limits` are the numbers that its tests require; they stand nowhere else. `lessons` holds for each lesson the points
    that its mistake loses at least, whatever the answer is like otherwise. `forbids` are modules that an answer may not
    import, `preloads` those that the suite imports late. A test may take `limit_s` wall seconds.
    """

    folder: Path
    points: dict[str, Worth]
    families: dict[str, Family]
    lessons: dict[str, Worth] = Field({})
    forbids: list[str] = Field([])
    preloads: list[str] = Field([])
    seeds: dict[str, Annotated[int, Field(ge=0)]] = Field({})
    limit_s: Worth = 120.0
    limits: dict[str, Limit] = Field({})

    @model_validator(mode="after")
    def _families_are_of_tests_and_sum_to_their_points(self) -> Self:
        for name, family in self.families.items():
            if family.test not in self.points:
                raise ValueError(f"families.{name}.test is {family.test!r}; it is one of {', '.join(self.points)}")
            self.families[name] = family.model_copy(update={"title": family.title or name})
        for test, most in self.points.items():
            together = sum(family.points for family in self.families.values() if family.test == test)
            if abs(together - most) > 1e-9:
                raise ValueError(f"points.{test} is {most:g}, but its families have {together:g} points together")
        return self

    @property
    def name(self) -> str:
        """What students call it."""
        return self.folder.name

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
        return tuple(self.limits[name].value)

    def judge(
        self, sheet: Sheet, family: str, value: float, did: str = "", counts: bool | Sequence[bool] = True,
        in_production: bool = True, steps: Sequence[float] = (), limit: str = "",
    ) -> bool:  # fmt: skip
        """A row for each step of the `limit`, or of that with the family's name; whether the value keeps all of them.

        A step that is kept earns its points if it `counts`: all do, or each has its own entry. `did` is said once, at
        the first that is not kept. `steps` stand in place of the limit's where they depend on the cases.
        """
        stated, explained = self.limits[limit or family], False
        required = steps or stated.steps(sheet.private)
        points = stated.points or [self.families[family].points]
        counting = [counts] * len(required) if isinstance(counts, bool) else counts
        for step, worth, counted in zip(required, points, counting, strict=True):
            kept = stated.kept(value, step)
            sheet.judge(
                family, stated.measured.format(value, percent=100 * value),
                f"{stated.rule} {stated.required.format(step, percent=100 * step)}", kept and counted, did,
                points=worth, explained=not kept and not explained, in_production=in_production,
            )  # fmt: skip
            explained = explained or not kept
        return all(stated.kept(value, step) for step in required)

    def keeps(self, sheet: Sheet, name: str, value: float) -> bool:
        """Whether a value keeps the limit of this name, all of its steps."""
        limit = self.limits[name]
        return all(limit.kept(value, step) for step in limit.steps(sheet.private))

    def begin(self) -> None:
        """From here on the modules that the exercise forbids cannot be imported."""
        forbid(self.forbids)

    def graded(self, test: str) -> Callable[[Callable[..., None]], Callable[..., Points]]:
        """Makes one of the tests that the file names: see `score_sheet.graded`. A reader's runs of it are kept."""
        return graded(test, self.points[test], self.limit_s, self.families, partial(attempts.keep, self.name))

    def graded_alike(
        self, judge: Callable[[Sheet, Answer, str], None], *tests: str
    ) -> Iterator[Callable[..., Points]]:  # fmt: skip
        """Tests that differ in their criteria alone: `judge` adds the rows of those of its sheet's test."""
        return (self.graded(test)(judge) for test in tests)

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

    def hidden(self) -> ModuleType | None:
        """What only the grader knows of this exercise, or None in a student edition and where no secret is present."""
        return None if self.secret_seed("present") is None else self.import_hidden()

    def secret_seed(self, what: str) -> int | None:
        """The seed of `what` from the instructor's secret; None where no secret is present."""
        from grader.secret import derive

        return derive(self.name, what)

    def import_hidden(self) -> ModuleType | None:
        """Its package `hidden`, or None in a student edition.

        The module is not left in `sys.modules`: an import of it from an answer meets the exercise's import guard.
        """
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
    """A frozen dataclass: the inputs and right answers that tests use. Nothing of `private` cases is shown."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def private(self) -> bool: ...


Kind = TypeVar("Kind", bound=AnyCases)


class CaseSource(Generic[Kind]):
    """Where tests find their cases: the hidden ones where the grader has them, the public ones otherwise.

    `hidden.drawn` makes cases from a seed for each of the exercise's `seeds`: the hidden ones from the secret's, the
    public ones from those that `exercise.toml` publishes (or `hidden.published` does, where it is defined). The public
    ones are stored beside the suite, except for the fields that `remade` makes whenever they are read.
    """

    def __init__(
        self, exercise: Exercise, kind: type[Kind], remade: Callable[[], Mapping[str, Any]] = dict[str, Any]
    ) -> None:
        self.exercise, self.kind, self.remade = exercise, kind, remade
        self.kept: Kind | None = None
        self._drawn: dict[tuple[int | None, ...], Kind] = {}

    def find(self) -> Kind:
        """The cases of this process."""
        if self.kept is not None:
            return self.kept
        if self.exercise.hidden() is None:
            return self.public()
        return self.drawn(*map(self.exercise.secret_seed, self.exercise.seeds))

    def keep(self) -> None:
        """Finds the cases once for this process and its forks, and loads what is imported late; without an answer."""
        for module in self.exercise.preloads:
            importlib.import_module(module)
        self.kept = None
        self.kept = self.find()

    def open(self, sheet: Sheet) -> Kind:
        """The cases for a test; where they are private, its sheet shows nothing of the student's from here on."""
        cases = self.find()
        sheet.private = cases.private
        return cases

    def drawn(self, *seeds: int | None) -> Kind:
        """Hidden cases, drawn once for the same seeds in a process: to find what is right may take seconds."""
        if seeds not in self._drawn:
            self._drawn[seeds] = replace(self._hidden().drawn(*seeds), private=True)
        return self._drawn[seeds]

    def public(self) -> Kind:
        """The stored cases. Raises `ExerciseError` where none are stored yet."""
        path = self.exercise.folder / CASES
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ExerciseError(NO_CASES.format(path, self.exercise.name)) from None
        return TypeAdapter(self.kind).validate_python({**stored, **self.remade()})

    def published(self) -> Kind:
        """The public cases as they are made, not read."""
        hidden = self._hidden()
        return replace(getattr(hidden, "published", hidden.drawn)(*self.exercise.seeds.values()), private=False)

    def store(self) -> None:
        """Makes the public cases and stores them beside the suite."""
        not_stored = {"private", *self.remade()}
        plain = TypeAdapter(self.kind).dump_python(self.published(), mode="json", exclude=not_stored)
        text = json.dumps(plain, separators=(",", ":")) + "\n"
        (self.exercise.folder / CASES).write_text(text, encoding="utf-8")

    def _hidden(self) -> ModuleType:
        hidden = self.exercise.import_hidden()
        if hidden is None:
            raise ExerciseError(
                f"{self.exercise.name} has no hidden/ here: a student edition leaves it out. Run this in the full "
                "repository."
            )
        return hidden


def missing_cases(root: Path, name: str) -> str:
    """Which file of stored cases of exercise `name` its author has still to make, and how; empty if none is missing."""
    suite = f"grader/suites/{name}"
    complete = (root / suite / CASES).is_file() or not (root / suite / FILE).is_file()
    return "" if complete else NO_CASES.format(f"{suite}/{CASES}", name)


def load_exercise(folder: Path) -> Exercise:
    """The exercise whose suite lies in `folder`. Raises `ExerciseError`."""
    path = folder / FILE
    try:
        return Exercise.model_validate({"folder": folder, **tomllib.loads(path.read_text(encoding="utf-8"))})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ExerciseError(f"{path}: {error}. Every suite has this file; write it as TOML.") from error
    except ValidationError as error:
        raise ExerciseError(f"{path}: {_in_words(error.errors()[0])}") from error


def _in_words(error: "ErrorDetails") -> str:
    """What is wrong at which key, and the fix."""
    key = ".".join(map(str, error["loc"]))
    if error["type"] == "missing":
        return f"{key} is missing. Add it."
    if error["type"] == "extra_forbidden":
        return f"{key} is no key of that table. Rename or remove it."
    if error["type"] == "value_error":
        return f"{key}{': ' if key else ''}{error['ctx']['error']}. Correct it."
    return f"{key} is {error['input']!r}; {error['msg'].replace('Input', 'it', 1)}. Correct it."
