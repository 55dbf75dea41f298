"""Questions whose answers the simulator knows: what a student predicts, checked within a stated tolerance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from grader.suite_kit.answer import Answer
from grader.suite_kit.comparison import is_number
from grader.suite_kit.designs.scenarios import Draws
from grader.suite_kit.designs.task import DesignTask, Document, RefusedDesign
from grader.suite_kit.score_sheet import Sheet

Truth = float | frozenset[str]
SHOWN = 60


@dataclass(frozen=True)
class Question(Generic[Document]):
    """`truth` simulates: a number, right within the share `within` of it; or the names that are right.

    `family` is its criterion in `exercise.toml`; `key` that of its answer in what the student's function gives.
    """

    family: str
    key: str
    truth: Callable[[Document, Draws], Truth]
    within: float = 0.1
    unit: str = ""

    def right(self, given: Any, truth: Truth) -> bool:
        """Whether an answer is right."""
        if isinstance(truth, frozenset):
            return isinstance(given, str) and given in truth
        return is_number(given) and abs(float(given) - truth) <= self.within * abs(truth)

    def required(self, truth: Truth, private: bool) -> str:
        """What is right, in words; the truth itself only where nothing is hidden."""
        if isinstance(truth, frozenset):
            return "the simulator's" if private else " or ".join(sorted(truth)) or "none"
        if private:
            return f"within {self.within:.0%}"
        return f"{truth:.4g} {self.unit}".strip() + f" within {self.within:.0%}"


def judge_questions(
    sheet: Sheet, answer: Answer, name: str, design: str, task: DesignTask[Document], draws: Draws,
    questions: Sequence[Question[Document]], needs: Sequence[str] = (),
) -> None:  # fmt: skip
    """A row a question: what the answer's function `name` predicts of the design that its function `design` gives.

    `needs` names families of the task that the design must meet: of one that fails at once nothing is to be predicted.
    """
    given = answer.call(name)
    if not isinstance(given, Mapping):
        keys = ", ".join(f'"{one.key}"' for one in questions)
        sheet.end("fail", f"{name}() must give a dict with the keys {keys}; it gave {sheet.theirs(_short(given))}.")
        return
    try:
        document = task.asked(answer, design)
    except RefusedDesign as refused:
        sheet.end("fail", f"The design is refused, so nothing can be predicted. {sheet.theirs(str(refused))}")
        return
    unmet = [task.exercise.families[one].title for one in task.unmet(needs, document, draws)]
    for one in questions:
        truth = one.truth(document, draws)
        came = given.get(one.key)
        right = one.right(came, truth)
        did = f'"{one.key}" is {sheet.theirs(_short(came))}; the simulator says {one.required(truth, sheet.private)}.'
        if unmet:
            did = f'Predictions count for a design that meets "{unmet[0]}"; yours breaks without any change.'
        sheet.judge(
            one.family, sheet.theirs(_short(came)), one.required(truth, sheet.private), right and not unmet, did
        )


def _short(given: Any) -> str:
    said = f"{given:.4g}" if is_number(given) else repr(given)
    return said if len(said) <= SHOWN else said[: SHOWN - 3] + "..."
