"""A task whose answer is a design: the document read as plain data, run in scenarios, judged, and shown."""

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from grader.errors import GraderError
from grader.suite_kit.answer import Answer, Handle, StudentError
from grader.suite_kit.designs.outcome import FailureReason, Outcome, Requirement
from grader.suite_kit.designs.scenarios import Draw, Draws, ScenarioFamily
from grader.suite_kit.exercise import CaseSource, Exercise
from grader.suite_kit.points import Points
from grader.suite_kit.score_sheet import Sheet
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd

Document = TypeVar("Document")
KEPT = 256
"""Outcomes that a process keeps: the tests of one design share its runs."""


class RefusedDesign(Exception):
    """A document that its type does not accept; the text says what to change."""


@dataclass(frozen=True)
class Card:
    """The sheets of some tests, one below the other."""

    sheets: tuple[Sheet, ...]

    @property
    def points(self) -> float:
        """What they give together."""
        return sum(sheet.points for sheet in self.sheets)

    def __str__(self) -> str:
        return "\n".join(sheet.text() for sheet in self.sheets)

    def _repr_html_(self) -> str:
        return "".join(sheet.html() for sheet in self.sheets)


class DesignTask(Generic[Document]):
    """`read` makes a document of plain data (dicts, lists, numbers, text) or raises `CourseError` in words.

    `run` says what a document comes to in a scenario; the same pair always gives the same. A document object of the
    answer's has pydantic's `model_dump`, which gives it as plain data. Raises `GraderError` where requirements,
    scenarios and `exercise.toml` do not fit together.
    """

    def __init__(
        self, exercise: Exercise, read: Callable[[Any], Document], scenarios: Sequence[ScenarioFamily],
        run: Callable[[Document, Draw], Outcome], requirements: Sequence[Requirement],
    ) -> None:  # fmt: skip
        self.exercise, self.run = exercise, run
        self._read = read
        self.scenarios = {scenario.name: scenario for scenario in scenarios}
        self.requirements = {requirement.family: requirement for requirement in requirements}
        self._kept: OrderedDict[tuple[str, Draw], Outcome] = OrderedDict()
        self.hidden = self
        for number, requirement in enumerate(requirements):
            _fits(requirement, exercise, self.scenarios, [former.family for former in requirements[:number]])

    def wider(self, by: Mapping[str, float], others: float = 0.0) -> "DesignTask[Document]":
        """This task, whose limits on hidden scenarios are wider by the share of their family, or of all `others`."""
        wide = [requirement.wider(by.get(family, others)) for family, requirement in self.requirements.items()]
        self.hidden = DesignTask(self.exercise, self._read, list(self.scenarios.values()), self.run, wide)
        return self

    def graded(self, cases: CaseSource[Any], *tests: str) -> Iterator[Callable[..., Points]]:
        """Tests of a design: each adds the rows of its criteria, in the scenarios of the `cases`, their `draws`."""

        def judge(sheet: Sheet, answer: Answer, name: str) -> None:
            self.judge(sheet, answer, name, cases.open(sheet).draws)

        return self.exercise.graded_alike(judge, *tests)

    def read(self, given: Any) -> Document:
        """The document of plain data, of YAML text, or of an object that gives itself as such. `RefusedDesign`."""
        if hasattr(given, "model_dump"):
            given = given.model_dump()
        if isinstance(given, str):
            given = _of_yaml(given)
        try:
            return self._read(given)
        except CourseError as error:
            raise RefusedDesign(str(error)) from None

    def given(self, design: Any) -> Document:
        """The document of a design in whatever form `read` takes, or of a function that gives it. `RefusedDesign`."""
        return self.read(design() if callable(design) else design)

    def criteria(self) -> "pd.DataFrame":
        """What is required, a row a criterion, as a notebook shows it."""
        import pandas as pd

        rows = {
            requirement.family: {
                "what is measured": self.exercise.families[requirement.family].title,
                "in": " and ".join(requirement.scenarios),
                "required: points": "; ".join(
                    f"{requirement.rule} {requirement.told(limit)}: {points:g}" for limit, points in requirement.steps
                ),
            }
            for requirement in self.requirements.values()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("criterion")

    def asked(self, answer: Answer, name: str) -> Document:
        """The document that the answer's function `name` gives. Raises `RefusedDesign`, `StudentError`."""
        given = answer.call(name)
        if given is None:
            raise RefusedDesign(f"{name}() gave None. Is a return missing?")
        if isinstance(given, Handle):
            kind = given.kind
            with contextlib.suppress(StudentError):
                given = answer.call(given, method="model_dump")
            if isinstance(given, Handle):
                raise RefusedDesign(f"{name}() gave an object of type {kind}. Return the design, or its dict.")
        return self.read(given)

    def outcome(self, document: Document, draw: Draw) -> Outcome:
        """What a document comes to in a scenario; run once, then kept."""
        key = (repr(document), draw)
        if key not in self._kept:
            self._kept[key] = self.run(document, draw)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def measured(
        self, requirement: Requirement, document: Document, draws: Draws
    ) -> tuple[float, Draw, FailureReason | None]:
        """The value of a requirement, the scenario that is worst in it, and its moment there."""
        found = [(self.outcome(document, draw), draw) for family in requirement.scenarios for draw in draws[family]]
        worst, where = found[0]
        for outcome, draw in found[1:]:
            if requirement.worse(outcome.measures[requirement.measure], worst.measures[requirement.measure]):
                worst, where = outcome, draw
        return worst.measures[requirement.measure], where, worst.moments.get(requirement.measure)

    def unmet(self, families: Sequence[str], document: Document, draws: Draws) -> list[str]:
        """Those of the families, and of what they need, of which not every step is met; what is needed stands first."""
        found = dict[str, None]()
        for requirement in (self.requirements[name] for name in families):
            found.update(dict.fromkeys(self.unmet(requirement.needs, document, draws)))
            if not requirement.met(self.measured(requirement, document, draws)[0], requirement.steps[-1][0]):
                found[requirement.family] = None
        return list(found)

    def judge(self, sheet: Sheet, answer: Answer, name: str, draws: Draws) -> Document | None:
        """The rows of the sheet's test for the design of the answer's function `name`; None if it is refused."""
        try:
            document = self.asked(answer, name)
        except RefusedDesign as refused:
            text = "The public test says why." if sheet.private else str(refused)
            sheet.end("fail", f"The design is refused, so nothing was run. {text}")
            return None
        (self.hidden if sheet.private else self).judge_document(sheet, document, draws)
        return document

    def foreseen(
        self, sheet: Sheet, answer: Answer, name: str, families: Sequence[str], draws: Draws
    ) -> tuple[Document, str] | None:
        """The design of which something is foretold, and why that counts for nothing, if so; None if it is refused.

        Predictions count for a design that meets the `families`.
        """
        try:
            document = self.asked(answer, name)
        except RefusedDesign as refused:
            sheet.end("fail", f"The design is refused, so nothing can be predicted. {sheet.censored(str(refused))}")
            return None
        unmet = (self.hidden if sheet.private else self).unmet(families, document, draws)
        title = self.exercise.families[unmet[0]].title if unmet else ""
        return document, f'Predictions count for a design that meets "{title}"; yours does not.' if unmet else ""

    def judge_document(self, sheet: Sheet, document: Document, draws: Draws) -> None:
        """The rows of the sheet's test for a document."""
        for requirement in self.requirements.values():
            if self.exercise.families[requirement.family].test == sheet.test:
                self._judge_one(sheet, requirement, document, draws)

    def _judge_one(self, sheet: Sheet, requirement: Requirement, document: Document, draws: Draws) -> None:
        family = self.exercise.families[requirement.family]
        value, draw, moment = self.measured(requirement, document, draws)
        unmet = self.unmet(requirement.needs, document, draws)
        title = self.scenarios[draw.family].title
        explained = False
        for limit, points in requirement.steps:
            kept, did = requirement.met(value, limit), ""
            measured, required = requirement.told(value), f"{requirement.rule} {requirement.told(limit)}"
            if unmet and kept:
                names = " and ".join(f'"{self.exercise.families[name].title}"' for name in unmet)
                are = "is" if len(unmet) == 1 else "are"
                did = f'"{family.title}" counts only where {names} {are} met; here that is not so.'
            elif not kept:
                plain = f"{title}: {requirement.measure} is {measured}, {required} is required."
                did = moment.told(title, sheet.private) if moment else plain
            sheet.judge(
                requirement.family, measured, required, kept and not unmet, did, points=points,
                explained=bool(did) and not explained, in_production=not kept,
            )  # fmt: skip
            explained = explained or bool(did)

    def scorecard(self, given: Any, draws: Draws) -> "Card":
        """The sheets of the tests that this task judges, for a document or plain data, by the grader's own code."""
        document = self.read(given)
        tests = dict.fromkeys(self.exercise.families[name].test for name in self.requirements)
        sheets = [Sheet(test, self.exercise.points[test], families=self.exercise.families) for test in tests]
        for sheet in sheets:
            self.judge_document(sheet, document, draws)
        return Card(tuple(sheets))

    def table(self, given: Any, draws: Draws) -> "pd.DataFrame":
        """All measures, a row a scenario, for a document or plain data."""
        import pandas as pd

        document = self.read(given)
        rows = [
            {"scenario": self.scenarios[family].title, **dict(draw.magnitudes), **self.outcome(document, draw).measures}
            for family, some in draws.items()
            for draw in some
        ]
        return pd.DataFrame(rows).set_index("scenario")


def required(
    exercise: Exercise, family: str, measure: str, scenarios: tuple[str, ...], rule: Literal["at most", "at least"],
    *points: float, unit: str = "", needs: tuple[str, ...] = (),
) -> Requirement:  # fmt: skip
    """A requirement whose limits are those of its name in `exercise.toml`; `points` by step where it has several."""
    steps = tuple(zip(exercise.steps(family), points or [exercise.families[family].points], strict=True))
    return Requirement(family, measure, scenarios, rule, steps, unit, 100 if unit == "%" else 1, needs=needs)


def _of_yaml(text: str) -> Any:
    from mlsd_lib.simulation.strict_yaml import StrictYamlError, read_yaml

    try:
        return read_yaml(text)
    except StrictYamlError as error:
        raise RefusedDesign(f"The text is no YAML: {error}. Give a mapping, or the design itself.") from None


def _fits(
    asked: Requirement, exercise: Exercise, scenarios: Mapping[str, ScenarioFamily], former: Sequence[str]
) -> None:
    known = exercise.families.get(asked.family)
    together = sum(points for _, points in asked.steps)
    if known is None or abs(known.points - together) > 1e-9:
        has = f"{known.points:g} points" if known else "no such family"
        raise GraderError(
            f"The requirement {asked.family} gives {together:g} points, but exercise.toml has {has}. "
            "Make them the same."
        )
    unknown = [name for name in asked.scenarios if name not in scenarios]
    if unknown or not asked.scenarios:
        names = f"names {', '.join(unknown)}, which is no scenario" if unknown else "names no scenario"
        raise GraderError(f"The requirement {asked.family} {names}. Name some of: {', '.join(scenarios)}.")
    if later := [name for name in asked.needs if name not in former]:
        raise GraderError(
            f"The requirement {asked.family} needs {', '.join(later)}; it may need what stands before it, that is "
            f"{', '.join(former) or 'nothing'}. Name one of those, or change the order."
        )
