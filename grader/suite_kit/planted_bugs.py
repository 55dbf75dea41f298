"""A student's own tests, tried on objects that keep the rules and on objects with one planted bug each.

A bug is written once, as a wrapper that distorts an object: on the student's side their own, on the suite's one
of the grader's. Tests get a class that looks the same whatever is behind it; between them go numbers and plain data.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from grader.suite_kit.answer import Answer, Exposed, StudentError
from grader.suite_kit.score_sheet import Sheet

MOST_OBJECTS = 5_000
RIGHT, BUGGED = "right {}s", "planted bugs"  # the families of an exercise that asks for tests


@dataclass(frozen=True)
class Bug:
    """A planted bug: its family, what the object does in words, the wrapper, and the published sizes, hardest first.

    A wrapper is called with what makes the object that it distorts, and with a size.
    """

    family: str
    does: str
    wrapper: Callable[[Callable[[], Any], int], Any]
    sizes: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Trial:
    """One object for the student's tests: right if `family` is empty, else with the planted `bug` of that size.

    `lent` makes the object where the suite runs; without it the object is the student's own, distorted.
    """

    family: str = ""
    bug: str = ""
    size: int = 0
    lent: Callable[[], Any] | None = None


@dataclass
class PlantedBugs:
    """The bugs that an exercise plants in objects of one `kind` ("store").

    `plain` wraps one as it is; `hold` puts one into the hands of tests: `call(method, arguments)` does an operation.
    `left_open` is the question that no rule answers; `either_way` wraps a right object that answers it one way, by what
    that is called, with what it does in words.
    """

    kind: str
    plain: Callable[[Callable[[], Any], int], Any]
    hold: Callable[[Any], Any]
    left_open: str
    either_way: Mapping[str, tuple[str, Callable[[Callable[[], Any], int], Any]]]
    bugs: dict[str, Bug] = field(default_factory=dict)

    def plant(self, name: str, family: str, does: str, sizes: tuple[int, int] = (0, 0)) -> Callable[[Any], Any]:
        """Enters the wrapper that it decorates as a bug."""

        def enter(wrapper: Any) -> Any:
            self.bugs[name] = Bug(family, does, wrapper, sizes)
            return wrapper

        return enter

    def shop(self, make: Callable[[], Any]) -> "Shop":
        """Objects made by `make`, in the hands of tests."""
        return Shop(lambda: self.hold(make()), self.kind)

    def distorted(self, own: Callable[[], Any], bug: str = "", size: int = 0) -> "Shop":
        """The student's `own` objects, with a bug if one is named, by default of its hardest size.

        Raises ValueError for a bug of another name.
        """
        if bug and bug not in self.bugs and bug not in self.either_way:
            raise ValueError(f"no bug is called {bug!r}. Known: {', '.join([*self.bugs, *self.either_way])}")
        if bug in self.bugs:
            return self.shop(partial(self.bugs[bug].wrapper, own, size or self.bugs[bug].sizes[0]))
        wrapper = self.either_way[bug][1] if bug else self.plain
        return self.shop(partial(wrapper, own, size))

    def public_trials(self) -> list[Trial]:
        """The student's own object as it is, with what is left open decided either way, and with every bug."""
        planted = [Trial(bug.family, name, bug.sizes[0]) for name, bug in self.bugs.items()]
        return [Trial(), *(Trial(bug=name) for name in self.either_way), *planted]

    def hidden_trials(self, rng: np.random.Generator, right: Sequence[Callable[[], Any]]) -> list[Trial]:
        """`right` objects of the grader's among some with bugs, which distort the first; nobody can know the order.

        The student's own object is among the right ones, as it is where they try their tests: so one that its own tests
        reject gets there what it gets here. Sizes lie within the published ranges.
        """
        made = [trial for trial in self.public_trials() if not trial.family]
        made += [Trial(lent=lent) for lent in right]
        for name, bug in self.bugs.items():
            least, most = sorted(bug.sizes)
            size = int(rng.integers(least, most + 1))
            made.append(Trial(bug.family, name, size, partial(bug.wrapper, right[0], size)))
        return [made[i] for i in rng.permutation(len(made))]


class Shop:
    """Objects by number; `make` makes one."""

    def __init__(self, make: Callable[[], Any], kind: str) -> None:
        self.make, self.kind = make, kind
        self.objects: list[Any] = []

    def new(self) -> int:
        """The number of a new object."""
        if len(self.objects) >= MOST_OBJECTS:
            raise RuntimeError(f"one check may make {MOST_OBJECTS:,} {self.kind}s. Make fewer.")
        self.objects.append(self.make())
        return len(self.objects) - 1

    def call(self, number: int, method: str, arguments: Sequence[Any]) -> Any:
        """One operation on an object."""
        if not isinstance(number, int) or not 0 <= number < len(self.objects):
            raise ValueError(f"there is no {self.kind} {number!r:.40}")
        return self.objects[number].call(method, arguments)

    def exposed(self) -> Exposed:
        """What of it may be used from outside."""
        return Exposed(self, ["new", "call"])


def judge_own_tests(sheet: Sheet, answer: Answer, trial: str, planted: PlantedBugs, trials: Sequence[Trial]) -> None:
    """A row for the right objects, and one worth a point for each family of bugs; no bug counts if a right one is
    rejected. `trial` is the student's function that runs their tests on one object, on their side."""
    refused: list[tuple[Trial, str]] = []
    missed, returned = dict[str, list[str]](), False
    for case in trials:
        error, gave = _rejects(answer, trial, planted, case)
        returned = returned or gave
        if case.family and error is None:
            missed.setdefault(case.family, []).append(case.bug)
        elif not case.family and error is not None:
            refused.append((case, sheet.raised(error)))
    right = sum(not case.family for case in trials)
    did = _how_it_is_refused(sheet, planted, refused) if refused else ""
    sheet.judge(RIGHT.format(planted.kind), f"{right - len(refused)} of {right}", f"{right}", not refused, did)
    if returned and missed:
        by_raising = f"check_{planted.kind} rejects a {planted.kind} by raising, with assert say."
        sheet.notes.append(f"What it returned is not looked at: {by_raising}")
    number = Counter(case.family for case in trials)
    for family in dict.fromkeys(bug.family for bug in planted.bugs.values()):
        unseen = sorted(missed.get(family, []))
        sheet.judge(
            BUGGED, f"{number[family] - len(unseen)} of {number[family]} rejected", f"{number[family]}",
            not unseen and not refused, _what_is_accepted(planted, unseen) if unseen else "",
            title=f"planted bugs: {family}", points=1, explained=bool(unseen),
        )  # fmt: skip


def _what_is_accepted(planted: PlantedBugs, unseen: Sequence[str]) -> str:
    named = "; ".join(f'"{bug}" ({planted.bugs[bug].does})' for bug in unseen)
    return f"Your tests accept {planted.kind}s with these bugs: {named}. try_{planted.kind}({unseen[0]!r}) must raise."


def _rejects(answer: Answer, trial: str, planted: PlantedBugs, tried: Trial) -> tuple[StudentError | None, bool]:
    """What the student's tests raise for one object, None if they accept it; and whether they returned something."""
    try:
        if tried.lent is not None:
            given = answer.call(trial, "", 0, planted.shop(tried.lent).exposed())
        else:
            given = answer.call(trial, tried.bug, tried.size)
    except StudentError as error:
        if error.unfinished:
            raise
        return error, False
    return None, given is not None


def _how_it_is_refused(sheet: Sheet, planted: PlantedBugs, refused: Sequence[tuple[Trial, str]]) -> str:
    """Which right object the tests reject, the student's own first, and what to do."""
    trial, raised = min(refused, key=lambda pair: (pair[0].lent is not None, pair[0].bug))
    kind = planted.kind
    if trial.lent is None and not trial.bug:
        advice = f"See it: try_{kind}(). Fix the {kind} if it breaks the rule, the test if the rule does not say so."
        return f"No bug counts, for your tests reject your own {kind}: {raised}. {advice}"
    own = f"your own {kind}, with {planted.either_way[trial.bug][0]}" if trial.bug else ""
    see = "" if sheet.private else f"See it: try_{kind}({trial.bug!r}). "
    which = own or f"a {kind} of the grader's that keeps every rule"
    advice = f"A test must not ask what the task leaves open, such as {planted.left_open}."
    return f"No bug counts, for your tests reject {which}: {raised}. {see}{advice}"
