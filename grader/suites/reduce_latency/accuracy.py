"""Points for the accuracy that was measured. No measuring here, so tests can feed figures in."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.suite_kit.plain import differing
from grader.suite_kit.score_sheet import Sheet
from grader.suites.reduce_latency.cases import Cases

LOSS_GUARD = 0.01


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
