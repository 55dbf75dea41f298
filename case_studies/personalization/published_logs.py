"""Policies compared on published logs: one policy from the log of another."""

from typing import Any

import numpy as np
import pandas as pd

from case_studies.personalization.off_policy import estimate, importance_weights, snips
from mlsd_lib.datasets.personalization import LoggedFeedback


def shown_as_logged(own: LoggedFeedback, other: LoggedFeedback) -> np.ndarray:
    """The chance of what `other` showed in each row, (n,), by how often it stood at its position in the log `own`."""
    shown = own.table.groupby(["position", "arm"]).size() / own.table.groupby("position").size()
    keys = pd.MultiIndex.from_frame(other.table[["position", "arm"]])
    return shown.reindex(keys, fill_value=0.0).to_numpy()


def transferred(target: np.ndarray, own: LoggedFeedback, other: LoggedFeedback) -> dict[str, Any]:
    """SNIPS of a policy from another's log, beside the rate that its own log shows; rates in %.

    `target`: the probability with which it shows what `other` showed, (n,). `agrees`: the interval of the difference
    holds 0; an estimate that too few clicks carry is refused, and `why` says so. `clicks`: how many do.
    """
    table, rate = other.table, own.table["reward"].to_numpy(float)
    weight = importance_weights(target, table["propensity"].to_numpy())
    reward = table["reward"].to_numpy(float)
    found, direct = estimate(snips(reward, weight), weight, reward), estimate(rate, np.ones(len(rate)), rate)
    error = np.hypot(found.high - found.low, direct.high - direct.low) / 2
    verdict = "refused" if found.refused else "yes" if abs(found.value - direct.value) <= error else "no"
    percent = {"estimate (%)": found.value, "low (%)": found.low, "high (%)": found.high, "own log (%)": direct.value}
    return {
        **{what: round(100 * value, 3) for what, value in percent.items()},
        "mean weight": round(float(weight.mean()), 2),
        "effective rows": round(found.effective_rows),
        "clicks": round(found.rewards, 1),
        "agrees": verdict,
        "why": found.refused,
    }
