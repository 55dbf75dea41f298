"""The diagram of the payments of *Project set-up*: what a threshold sends to the analysts, and what it lets pass."""

import numpy as np

from mlsd_lib.lesson import diagram
from mlsd_lib.lesson.diagram_picture import Diagram


def threshold_flow(reviewed: np.ndarray, kind: np.ndarray, days: int) -> Diagram:
    """The diagram of the payments of so many `days`.

    `reviewed` says which are reviewed and `kind` names the fraud, "" where there is none, both (n,).
    """
    fraud = kind != ""
    passed = fraud & ~reviewed
    return diagram(
        "payments -> model -> threshold -> analysts",
        "threshold -> paid out",
        "payments: {fraud:.0f} frauds a day",
        "analysts: {reviews:.0f} reviews a day, {hits:.0f} % of them frauds",
        "paid out: {missed:.0f} frauds a day, {at_terminals:.0f} % of them at compromised terminals",
        fraud=fraud.sum() / days,
        reviews=reviewed.sum() / days,
        hits=100 * fraud[reviewed].mean(),
        missed=passed.sum() / days,
        at_terminals=100 * (kind[passed] == "terminal").mean(),
    )
