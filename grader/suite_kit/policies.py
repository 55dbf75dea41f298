"""What an exercise is written with whose answer is a policy: an object that a simulator asks step by step.

The exercise gives the simulator and its limits; none of them may enter here.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from grader.suite_kit.answer import Answer, kind_of
from grader.suite_kit.score_sheet import Sheet
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd

Lived = TypeVar("Lived")


class Refused(CourseError):
    """What a policy gave cannot be done; the text says what to change, `rule` what is broken, without a figure."""

    def __init__(self, text: str, rule: str = "") -> None:
        super().__init__(text)
        self.rule = rule


class Policy:
    """The student's object, made by the class `name` of the answer, as a simulator calls it: `policy.decide(seen)`."""

    def __init__(self, answer: Answer, name: str, *given: Any) -> None:
        self._ask = partial(answer.call, answer.call(name, *given))

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return partial(self._ask, method=method)


def unless_refused(sheet: Sheet, live: Callable[[], Lived], hidden: str, where: str = "") -> Lived | None:
    """What `live` gives; None, and the sheet says why and `where`, after a decision that cannot be carried out.

    Where cases are private, only `hidden` is said, which has {rule} for the rule that was broken.
    """
    try:
        return live()
    except Refused as refused:
        sheet.end("fail", hidden.format(rule=refused.rule) if sheet.private else f"{where}{refused}")
        return None


def came(given: Any) -> str:
    """What a policy gave in place of what it must, in words."""
    return "None (is a return missing?)" if given is None else kind_of(given)


def table(rows: Mapping[str, Mapping[str, Any]]) -> "pd.DataFrame":
    """A row a scenario, of figures by name, as a notebook shows it."""
    import pandas as pd

    return pd.DataFrame.from_dict(rows, orient="index").round(2)
