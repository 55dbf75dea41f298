"""Where a day's payments go once a model has put them in order."""

import numpy as np

from mlsd_lib.lesson import diagram
from mlsd_lib.lesson.diagram_picture import Diagram


def review_flow(model: str, reviewed: np.ndarray, fraud: np.ndarray, days: int) -> Diagram:
    """The way of the payments of `days` days by a `model`; `reviewed` and `fraud` say of each whether it is, (n,)."""
    stopped, honest, missed = (mask.sum() / days for mask in (reviewed & fraud, reviewed & ~fraud, ~reviewed & fraud))
    return diagram(
        "payments -> {model} -> reviewed, let pass",
        "payments: {daily:,.0f} a day",
        "reviewed -> frauds stopped: {stopped:.0f} a day",
        "reviewed -> honest customers: {honest:.0f} a day",
        "let pass -> frauds missed: {missed:.0f} a day",
        model=model,
        daily=len(fraud) / days,
        stopped=stopped,
        honest=honest,
        missed=missed,
    )
