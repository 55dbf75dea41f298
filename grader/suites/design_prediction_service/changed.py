"""What is asked about changed designs: where they break, by the simulator, and how predictions are judged.

The changes are drawn: a number that a test has shown is the answer to none of the grader's questions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from grader.suite_kit.answer import Answer, kind_of
from grader.suite_kit.designs import Draws
from grader.suite_kit.questions import judge_foretold, off
from grader.suite_kit.score_sheet import Sheet
from grader.suites.design_prediction_service import world
from grader.suites.design_prediction_service.document import EXERCISE, ServiceDesign
from grader.suites.design_prediction_service.requirements import TASK

BREAKABLE = ("growth", "pulse", "crash")
LOAD, HALVINGS = (0.1, 8.0), 6
"""The traffic between which a design breaks, in times of the usual."""
NEAR, WITHIN = 1 + EXERCISE.limit("near"), EXERCISE.limit("rate_within")
"""What breaks at so many times the lowest rate breaks at the same; by so much of it a prediction may be off."""
Change = Mapping[str, Any]


def draw_changes(seed: int) -> list[Change]:
    """Entries that replace those of a design: three replicas and another number, in random order."""
    rng = np.random.default_rng([seed, *b"changes"])
    counts = [3, int(rng.integers(5, 9))]
    return [
        {"replicas": {"count": count}, "batching": {"most_rows": int(rng.integers(3, 7)), "wait_s": 0.01}}
        for count in rng.permutation(counts).tolist()
    ]


def changed(design: ServiceDesign, change: Change) -> ServiceDesign:
    """A design with entries replaced."""
    return ServiceDesign.of(design.model_dump() | dict(change))


def breaking_traffic(design: ServiceDesign, family: str, draws: Draws, most: float = np.inf) -> float:
    """The traffic, in times of the usual, from which on a scenario misses its requirement; by bisection.

    0 where it does so at any. Where it is more than `most`, it is no longer looked for: what is given is more, too.
    """
    requirement = TASK.requirements[family]
    low, high = LOAD
    for _ in range(HALVINGS):
        if low > most:
            break
        middle = (low * high) ** 0.5
        worst = min(world.run(design, draw, middle).measures[requirement.measure] for draw in draws[family])
        low, high = (middle, high) if requirement.met(worst, requirement.steps[0][0]) else (low, middle)
    return (low * high) ** 0.5 if low > LOAD[0] else 0.0


def breaks(design: ServiceDesign, draws: Draws) -> dict[str, float]:
    """By scenario the ordinary rate, requests a second, at which a design breaks; exact for those that break first."""
    found = dict[str, float]()
    for family in BREAKABLE:
        found[family] = breaking_traffic(design, family, draws, NEAR * min(found.values(), default=np.inf))
    return {family: world.RATE * traffic for family, traffic in found.items()}


def wrong(given: Mapping[str, Any], rates: Mapping[str, float]) -> tuple[str, str]:
    """What is wrong with an answer's scenario and with its rate, in words that hold no truth; nothing if right."""
    lowest, first = min(rates.values()), given.get("breaks_first")
    right = isinstance(first, str) and rates.get(first, np.inf) <= NEAR * lowest
    return "" if right else "another breaks earlier", off(given.get("at_rate_per_s"), lowest, WITHIN)


def judge(
    sheet: Sheet, answer: Answer, name: str, design: ServiceDesign, draws: Draws, changes: Sequence[Change], unmet: str
) -> None:
    """A row a question: what the answer's function `name` predicts of the changed designs; all must be right.

    `unmet` says why nothing counts, if so.
    """
    documents = [] if unmet else [changed(design, change) for change in changes]
    given = [answer.call(name, document.model_dump()) for document in documents]
    if strange := [kind_of(prediction) for prediction in given if not isinstance(prediction, Mapping)]:
        keys = 'the keys "breaks_first" and "at_rate_per_s"'
        sheet.end("fail", f"{name}(document) must give a dict with {keys}; it gave {strange[0]}.")
        return
    found = [wrong(prediction, breaks(document, draws)) for document, prediction in zip(documents, given, strict=True)]
    for place, (family, key) in enumerate((("breaks first", "breaks_first"), ("at what rate", "at_rate_per_s"))):
        pairs = enumerate(zip(given, found, strict=True), 1)
        answers = [(number, prediction.get(key), said[place]) for number, (prediction, said) in pairs]
        judge_foretold(sheet, family, key, answers, unmet)
