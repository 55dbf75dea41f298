"""The guard of what was made faster or cheaper: its answers must be no worse than those that they replace."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.suite_kit.comparison import differing
from grader.suite_kit.score_sheet import Sheet

LOSS_GUARD = 0.01


def judge_accuracy(
    sheet: Sheet, given: Sequence[Any], replaced: Sequence[float], outcomes: Sequence[int], cases: str
) -> None:
    """The mean log loss of the probabilities `given` against that of those `replaced`, with its 95 % interval.

    `outcomes` are 0 or 1 for each of the `cases` ("orders whose end is known"). The row is of the family `accuracy`.
    """
    if differing(given, replaced, 1.0):
        low, high, shown = math.nan, math.nan, "no probabilities"
    else:
        extra = _losses(given, outcomes) - _losses(replaced, outcomes)
        half = 1.96 * float(extra.std(ddof=1)) / math.sqrt(len(extra))
        low, high = float(extra.mean()) - half, float(extra.mean()) + half
        shown = f"{round(extra.mean(), 3) + 0.0:+.3f} +-{half:.3f}"
    sheet.judge(
        "accuracy", shown, f"at most {LOSS_GUARD}", high <= LOSS_GUARD,
        f"On {len(outcomes)} {cases}, your answers may be worse by up to {high:.3f} (95 % interval), and only up to "
        f"{LOSS_GUARD} is allowed." if low == low else "",
    )  # fmt: skip


def _losses(probabilities: Sequence[Any], outcomes: Sequence[int]) -> np.ndarray:
    p = np.clip(np.asarray(probabilities, dtype=float), 1e-6, 1 - 1e-6)
    return -np.where(np.asarray(outcomes) == 1, np.log(p), np.log(1 - p))
