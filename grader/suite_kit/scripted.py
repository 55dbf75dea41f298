"""Cases that are scripts: operations on a new object of the student's, what is right at each, and which were wrong.

A wrong answer is explained in the words of the case. No points are given here.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from grader.suite_kit import comparison
from grader.suite_kit.answer import Answer, Handle, StudentError, kind_of
from grader.suite_kit.score_sheet import Sheet

SHOWN = 170
NAMED = 3
PLAIN = (type(None), bool, int, float, str, list, tuple, dict, Handle)
CHANGED = "arguments that were changed"


@dataclass(frozen=True)
class Case:
    """`steps`: [method, arguments, what the step is about]; `expected` holds one entry a step.

    That is the answer to a question, {"any": answers} where several are right, "refused" where an exception must come,
    None where nothing is compared.
    """

    steps: list[list[Any]]
    expected: list[Any]

    def show(self) -> None:
        """Prints the steps with what is expected at each, to be followed by hand or in a debugger."""
        for step, ((method, arguments, about), right) in enumerate(zip(self.steps, self.expected, strict=True)):
            said = ", ".join(map(repr, arguments))
            print(f"{step:3} {method}({said})" + (f"\n      -> {right}    # {about}" if about or right else ""))


@dataclass(frozen=True)
class Miss:
    """A wrong answer: where in the family, what it was about; in words what was called, what came, what is right."""

    case: int
    step: int
    about: str
    words: str


@dataclass
class Found:
    """What one family of cases showed: how many answers were compared, about what, and which were wrong."""

    compared: Counter[str] = field(default_factory=Counter)
    misses: list[Miss] = field(default_factory=list)

    @property
    def measured(self) -> str:
        return f"{len(self.misses)} of {self.compared.total()} wrong"

    def explanation(self, sheet: Sheet, family: str) -> str:
        """The wrong answers in words; an example only where nothing is hidden."""
        missed = Counter(miss.about for miss in self.misses)
        named = [f"{about} ({count} of {self.compared[about]})" for about, count in missed.most_common(NAMED)]
        rest = len(missed) - len(named)
        text = f'Wrong in "{family}": {"; ".join(named)}' + (f"; and {rest} more." if rest else ".")
        if sheet.private or not self.misses:
            return text
        first = self.misses[0]
        return f'{text} First in step {first.step} of suite.show("{family}", {first.case}): {first.words}.'


def run_family(sheet: Sheet, answer: Answer, name: str, cases: list[Case], watch: bool = False) -> Found:
    """What the class `name` does on each case, each with a new object. `watch`: arguments must not be changed."""
    found = Found()
    for number, case in enumerate(cases):
        target = answer.call(name)
        for step, ((method, arguments, about), right) in enumerate(zip(case.steps, case.expected, strict=True)):
            asked = right is not None
            about = about or f"{method} raised an exception"
            came: Any = None
            raised = ""
            try:
                reply = answer.call(target, *arguments, method=method, watch=watch)
                came = reply.value if watch else reply
                if watch and reply.changed:
                    found.compared[CHANGED] += 1
                    words = f"{_called(method, arguments)} changed what it was given"
                    found.misses.append(Miss(number, step, CHANGED, words))
            except StudentError as error:
                if error.unfinished:
                    raise
                raised = f"{sheet.raised(error)}"
            found.compared[about] += asked
            wrong = right != "refused" if raised else asked and not agrees(came, right)
            if wrong:
                found.compared[about] += not asked
                did = f"raised {raised}" if raised else "was taken" if right == "refused" else f"gave {_shown(came)}"
                words = f"{_called(method, arguments)} {did}; right is {_wanted(right)}"
                found.misses.append(Miss(number, step, about, words))
            if raised and not asked:
                break
    return found


def agrees(came: Any, right: Any) -> bool:
    """Whether an answer is right, by `comparison.agrees`, or one of several. Never if it is to be refused."""
    if isinstance(right, dict) and set(right) == {"any"}:
        return any(agrees(came, choice) for choice in right["any"])
    return right != "refused" and comparison.agrees(came, right)


def _wanted(right: Any) -> str:
    if right == "refused":
        return "an exception"
    if right is None:
        return "no exception"
    if type(right) is dict and set(right) == {"any"}:
        return " or ".join(_short(repr(choice)) for choice in right["any"])
    return _short(repr(right))


def _called(method: str, arguments: list[Any]) -> str:
    return _short(f"{method}({', '.join(map(repr, arguments))})")


def _shown(came: Any) -> str:
    if isinstance(came, Handle):
        return f"{came!r}, which is no plain data"
    if came is None:
        return "None (is a return missing?)"
    strange = next((part for part in _parts(came) if not isinstance(part, PLAIN)), None)
    return _short(repr(came) if strange is None else f"{kind_of(strange)} in place of a list or a dict: {came!r}")


def _parts(came: Any) -> list[Any]:
    """A value and, of a list, what is in it."""
    return [came, *came] if isinstance(came, list | tuple) else [came]


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
