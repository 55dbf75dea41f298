"""Points for what was measured: agreement, accuracy, speed. No measuring here, so tests can feed figures in."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.suite_kit.benchmark import BUSY_S, Speed
from grader.suite_kit.plain import differing
from grader.suite_kit.score_sheet import Sheet
from grader.suites.reduce_latency.cases import Cases

USABLE = 0.02
MOST_WRONG = 0.05
LOSS_GUARD = 0.01
MOST_HELP_S = 0.05
STEP_POINTS = 3


def judge_accuracy(sheet: Sheet, given: Sequence[Any], cases: Cases) -> None:
    """The mean log loss of `given` against that of the slow service, same requests, with its 95 % interval."""
    if differing(given, cases.expected, 1.0):
        low, high, shown = math.nan, math.nan, "no probabilities"
    else:
        extra = _losses(given, cases.late) - _losses(cases.expected, cases.late)
        half = 1.96 * float(extra.std(ddof=1)) / math.sqrt(len(extra))
        low, high = float(extra.mean()) - half, float(extra.mean()) + half
        shown = f"{round(extra.mean(), 3) + 0.0:+.3f} +-{half:.3f}"
    sheet.judge(
        "accuracy", shown, f"at most {LOSS_GUARD}", high <= LOSS_GUARD,
        f"On {len(cases.late)} orders whose end is known, your answers may be worse by up to {high:.3f} "
        "(95 % interval), and only up to 0.01 is allowed." if low == low else "",
    )  # fmt: skip


def _losses(probabilities: Sequence[Any], late: Sequence[int]) -> np.ndarray:
    p = np.clip(np.asarray(probabilities, dtype=float), 1e-6, 1 - 1e-6)
    return -np.where(np.asarray(late) == 1, np.log(p), np.log(1 - p))


def judge_speed(sheet: Sheet, found: Speed, sure: bool, thresholds: Sequence[float]) -> None:
    """Points in steps at `thresholds`; nothing for answers that are wrong, unfinished or made elsewhere."""
    slow, fast = [one[1] for one in found.outputs], [one[2] for one in found.outputs]
    missed = len(differing(fast, slow, USABLE))
    right = missed <= MOST_WRONG * len(slow)
    sheet.judge(
        "right", f"{missed} of {len(slow)} off by > {USABLE}", f"at most {100 * MOST_WRONG:.0f} %", right,
        f"Of the requests in this test, {missed} of {len(slow)} were answered otherwise than the slow service does, so "
        "the speed does not count.",
    )  # fmt: skip
    own = not found.helpers and found.delegated_s <= MOST_HELP_S
    finished = found.after_s <= BUSY_S
    sheet.judge(
        "own", _elsewhere(found), "nothing elsewhere", own and finished,
        "Work went on outside the call: in another process, or after the answer.",
    )  # fmt: skip
    counts = right and own and finished
    ratio = found.ratio if sure else found.low
    steps = found.steps(thresholds, ratio) if counts else 0
    for i, threshold in enumerate(thresholds):
        sheet.judge(
            "faster", _times(found), f"{threshold}x", i < steps, _why_slow(found, ratio, threshold),
            title=f"at least {threshold} times faster", points=STEP_POINTS, explained=counts,
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
