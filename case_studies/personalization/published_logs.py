"""Policies compared on published logs: one policy from the log of another, one choice for all against one for each."""

from typing import Any

import numpy as np
import pandas as pd

from case_studies.personalization.off_policy import estimate, importance_weights, ips, snips
from mlsd_lib.datasets.personalization import LoggedFeedback
from mlsd_lib.operations.errors import OperationsError


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


def one_for_all_or_each(log: LoggedFeedback, context: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The importance weights, (n,), of the best single arm and of a personal choice: `single`, `personal`.

    Both are fitted on one half of the log and judged on the other, both ways. Personal: the arm with the largest chance
    of a reward by a logistic model an arm on `context`, (n, columns), columns on one scale.
    """
    arm, reward = log.table["arm"].to_numpy(), log.table["reward"].to_numpy(float)
    half, arms = rng.integers(2, size=len(arm)), range(log.arms)
    single, personal = np.empty(len(arm), int), np.empty(len(arm), int)
    for side in (0, 1):
        learn, judge = half != side, half == side
        won, shown = np.bincount(arm[learn], reward[learn], log.arms), np.bincount(arm[learn], minlength=log.arms)
        single[judge] = np.argmax(won / shown)
        chances = [_chance(context, reward, learn & (arm == candidate), judge, candidate) for candidate in arms]
        personal[judge] = np.argmax(chances, axis=0)
    propensity = log.table["propensity"].to_numpy()
    return {"single": (single == arm) / propensity, "personal": (personal == arm) / propensity}


def _chance(context: np.ndarray, reward: np.ndarray, learn: np.ndarray, judge: np.ndarray, arm: int) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(reward[learn])) < 2:
        raise OperationsError(f"Arm {arm} has rewards only or none among {learn.sum()} rows. Take the whole log.")
    return LogisticRegression(max_iter=500).fit(context[learn], reward[learn]).predict_proba(context[judge])[:, 1]


def leads(weights: dict[str, np.ndarray], reward: np.ndarray, over: str) -> pd.DataFrame:
    """The reward rate of each policy by its weights, %, and its lead over the policy `over`, a 95 % interval."""
    records = {}
    for name, weight in weights.items():
        ahead = estimate((weight - weights[over]) * reward, weight, reward)
        records[name] = {"visits (%)": 100 * ips(reward, weight).mean(), "effective rows": ahead.effective_rows}
        records[name] |= {"lead (points)": 100 * ahead.value}
        records[name] |= {"lead_low": 100 * ahead.low, "lead_high": 100 * ahead.high}
    return pd.DataFrame(records).T.rename_axis("policy")
