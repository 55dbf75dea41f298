"""Points for what was measured: agreement, accuracy, speed. No measuring here, so tests can feed figures in."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.suite_kit.benchmark import BUSY_S, Speed
from grader.suite_kit.score_sheet import Sheet
from grader.suites.reduce_latency.cases import Cases

USABLE = 0.02
MOST_WRONG = 0.05
LOSS_GUARD = 0.01
MOST_HELP_S = 0.05
STEP_POINTS = 3


def wrong(given: Sequence[Any], expected: Sequence[float], within: float) -> list[int]:
    """Where `given` is no finite plain number or differs from `expected` by more than `within`."""
    return [i for i, (one, right) in enumerate(zip(given, expected, strict=True)) if not agrees(one, right, within)]


def agrees(given: Any, expected: Any, within: float) -> bool:
    """Whether both are finite plain numbers (a bool is none) that differ by no more than `within`."""
    if not all(isinstance(one, int | float | np.integer | np.floating) for one in (given, expected)):
        return False
    try:
        value = float(given)
    except OverflowError:  # an int of 400 digits
        return False
    return type(given) is not bool and math.isfinite(value) and abs(value - float(expected)) <= within


def judge_accuracy(sheet: Sheet, given: Sequence[Any], cases: Cases) -> None:
    """The mean log loss of `given` against that of the slow service, same requests, with its 95 % interval."""
    if len(wrong(given, cases.expected, 1.0)):
        low, high, shown = math.nan, math.nan, "no probabilities"
    else:
        extra = _losses(given, cases.late) - _losses(cases.expected, cases.late)
        half = 1.96 * float(extra.std(ddof=1)) / math.sqrt(len(extra))
        low, high = float(extra.mean()) - half, float(extra.mean()) + half
        shown = f"{round(extra.mean(), 3) + 0.0:+.3f} +-{half:.3f}"
    sheet.criterion(
        "log loss above the slow service's", shown, f"at most {LOSS_GUARD}", high <= LOSS_GUARD, 1,
        did=f"On {len(cases.late)} orders whose end is known, your answers may be worse by up to {high:.3f} "
        "(95 % interval), and only up to 0.01 is allowed." if low == low else "",
        production="speed was bought with quality, and the money is lost where nobody looks at latency.",
        read="Performance requirements, \"Seven models, four numbers\"",
    )  # fmt: skip


def _losses(probabilities: Sequence[Any], late: Sequence[int]) -> np.ndarray:
    p = np.clip(np.asarray(probabilities, dtype=float), 1e-6, 1 - 1e-6)
    return -np.where(np.asarray(late) == 1, np.log(p), np.log(1 - p))


def judge_speed(sheet: Sheet, found: Speed, sure: bool, thresholds: Sequence[float]) -> None:
    """Points in steps at `thresholds`; nothing for answers that are wrong, unfinished or made elsewhere."""
    slow, fast = [one[1] for one in found.outputs], [one[2] for one in found.outputs]
    missed = len(wrong(fast, slow, USABLE))
    right = missed <= MOST_WRONG * len(slow)
    sheet.criterion(
        "answers of 20 requests and the timed ones", f"{missed} of {len(slow)} off by > {USABLE}",
        f"at most {MOST_WRONG:.0%}", right, 0,
        did=f"Of the requests in this test, {missed} of {len(slow)} were answered otherwise than the "
        "slow service does, so the speed does not count.",
        production="a fast wrong answer is still a wrong answer.",
    )  # fmt: skip
    own = not found.helpers and found.delegated_s <= MOST_HELP_S
    finished = found.after_s <= BUSY_S
    sheet.criterion(
        "done in this process, and done when it answers", _elsewhere(found), "nothing elsewhere", own and finished, 0,
        did="Work went on outside the call: in another process, or after the answer.",
        production="the core that does the work is paid for all the same.",
    )  # fmt: skip
    counts = right and own and finished
    ratio = found.ratio if sure else found.low
    steps = found.steps(thresholds, ratio) if counts else 0
    for i, threshold in enumerate(thresholds):
        sheet.criterion(
            f"at least {threshold} times faster", _times(found), f"{threshold}x", i < steps, STEP_POINTS,
            did=_why_slow(found, ratio, threshold) if counts else "",
            production="the service needs as many more cores as the factor that is missing." if counts else "",
            read="Performance requirements, \"Seven models, four numbers\"" if counts else "",
        )  # fmt: skip
    if not sure and counts and steps < len(thresholds):
        sheet.end(
            "unstable", "The machine was too busy for a steady measurement: three rounds did not agree. The points are "
            "those that are certain. Run this cell again; the grader measures again too.",
        )  # fmt: skip


def _elsewhere(found: Speed) -> str:
    if found.helpers or found.delegated_s > MOST_HELP_S:
        return f"{found.helpers} new processes, {found.delegated_s:.2f} s in others"
    if found.after_s > BUSY_S:
        return f"{found.after_s * 1e3:.0f} ms afterwards"
    return "nothing elsewhere"


def _times(found: Speed) -> str:
    if found.ratio >= 200:
        return "over 200x"
    return f"{found.ratio:.3g}x ({found.low:.3g}-{found.high:.3g})"


def _why_slow(found: Speed, ratio: float, threshold: float) -> str:
    if ratio >= threshold:
        return (
            f"The CPU worked less, but the caller waited: in elapsed time its best call is only "
            f"{found.wall_ratio:.2g} times faster than the CPU time of the slow service."
        )
    return f"One request takes 1/{ratio:.2g} of the slow service's CPU time; profile what is left."
