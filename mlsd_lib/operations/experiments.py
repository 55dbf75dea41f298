"""A/B tests: how many visitors one needs, what it says when it is read once, and what may be read at any time.

An outcome is a number a visitor: bought or not, revenue, seconds. Arrays may hold many experiments at once: the last
axis is then the one of looks, so that a thousand experiments with thirty looks cost one call.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from mlsd_lib.operations.errors import OperationsError

Numbers = float | np.ndarray


@dataclass(frozen=True)
class Effect:
    """A difference (treated less control), what it may be at the stated level, and its two-sided p-value."""

    difference: Numbers
    low: Numbers
    high: Numbers
    p_value: Numbers

    @property
    def significant(self) -> Numbers:
        """Whether zero lies outside the interval."""
        return (np.asarray(self.low) > 0) | (np.asarray(self.high) < 0)


def visitors_per_arm(base: float, effect: float, *, power: float = 0.8, level: float = 0.05) -> int:
    """How many visitors each of two arms needs to find a difference of `effect` in a share `base`.

    Raises `OperationsError` where a share leaves (0, 1) or the effect is 0. Source: Fleiss, Levin and Paik, Statistical
    Methods for Rates and Proportions (2003), formula 4.14 without continuity correction, unpooled.
    """
    treated = base + effect
    for name, share in {"base": base, "base + effect": treated, "power": power, "level": level}.items():
        if not 0 < share < 1:
            raise OperationsError(f"{name} is {share:g}; it must lie between 0 and 1. Give shares, not per cent.")
    if effect == 0:
        raise OperationsError("effect is 0; no number of visitors finds none. Give the smallest that counts.")
    needed = stats.norm.ppf(1 - level / 2) + stats.norm.ppf(power)
    return math.ceil(needed**2 * (base * (1 - base) + treated * (1 - treated)) / effect**2)


def power_of(visitors: Numbers, base: float, effect: float, *, level: float = 0.05) -> Numbers:
    """The chance to find `effect` with `visitors` in each arm, read once at the end. Shares from 0 to 1."""
    treated = base + effect
    error = np.sqrt((base * (1 - base) + treated * (1 - treated)) / np.asarray(visitors, dtype=float))
    limit = stats.norm.ppf(1 - level / 2)
    return stats.norm.sf(limit - effect / error) + stats.norm.cdf(-limit - effect / error)


def compare_shares(control: np.ndarray, treated: np.ndarray, visitors: np.ndarray, *, level: float = 0.05) -> Effect:
    """The difference of two shares as a test that is read once: `control` and `treated` of `visitors` each said yes.

    Right for one look, decided before. Read it daily and stop at the first good day, and it finds what is not there.
    """
    difference, variance = _difference(control, treated, visitors)
    error = np.sqrt(variance)
    reach = stats.norm.ppf(1 - level / 2) * error
    z = np.divide(difference, error, out=np.zeros_like(difference), where=error > 0)
    return Effect(difference, difference - reach, difference + reach, 2 * stats.norm.sf(np.abs(z)))


def compare_shares_at_any_time(
    control: np.ndarray, treated: np.ndarray, visitors: np.ndarray, *, expected: float, level: float = 0.05
) -> Effect:
    """The same difference with intervals that hold at every look at once: stop when you like.

    The mixture sequential probability ratio test: the likelihood of the data under effects spread around 0 as a normal
    with standard deviation `expected` (an effect one hopes for; any value is valid, a good one is short), against no
    effect. The p-value is the smallest seen so far, since what was once rejected stays so.

    Source: R. Johari, P. Koomen, L. Pekelis and D. Walsh, Always Valid Inference, Operations Research 70 (2022).
    """
    if expected <= 0:
        raise OperationsError(f"expected is {expected:g}; it is the size of an effect, above 0. Give a positive one.")
    difference, variance = _difference(control, treated, visitors)
    variance = np.maximum(variance, 1e-300)
    prior = expected**2
    reach = np.sqrt(variance * (variance + prior) / prior * (2 * math.log(1 / level) + np.log1p(prior / variance)))
    log_ratio = prior * difference**2 / (2 * variance * (variance + prior)) - np.log1p(prior / variance) / 2
    p_value = np.minimum.accumulate(np.exp(-np.maximum(log_ratio, 0)), axis=-1)
    return Effect(difference, difference - reach, difference + reach, p_value)


def cuped(outcome: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The outcomes, (n,), less what the same visitors' numbers `before` the test, (n,), already said.

    The mean stays; the variance falls by the squared correlation. `before` must be measured before the test began, or
    it takes a part of the effect away. Both arms together give one slope: pass them in one array.

    Source: A. Deng, Y. Xu, R. Kohavi and T. Walker, WSDM 2013.
    """
    outcome, before = np.asarray(outcome, dtype=float), np.asarray(before, dtype=float)
    if outcome.shape != before.shape:
        raise OperationsError(f"outcome has shape {outcome.shape}, before {before.shape}; each visitor needs both.")
    spread = before - before.mean()
    variance = (spread**2).sum()
    if variance == 0:
        raise OperationsError("before is the same for every visitor; it says nothing of the outcome. Leave CUPED out.")
    return outcome - (spread * outcome).sum() / variance * spread


def first_look(significant: np.ndarray) -> np.ndarray:
    """The first look, from 0, at which each experiment was significant; the number of looks where none was.

    `significant`: (experiments, looks).
    """
    return np.where(significant.any(axis=1), significant.argmax(axis=1), significant.shape[1])


def _difference(control: np.ndarray, treated: np.ndarray, visitors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of two shares, and its variance: both arms' variances count, since both shares are estimates."""
    visitors = np.asarray(visitors, dtype=float)
    if np.any(visitors < 1):
        raise OperationsError("visitors must be 1 or more at each look; wait for the first visitor before you look.")
    shares = [np.asarray(counts, dtype=float) / visitors for counts in (control, treated)]
    for name, share in zip(("control", "treated"), shares, strict=True):
        if np.any((share < 0) | (share > 1)):
            raise OperationsError(f"{name} counts more than its visitors, or fewer than 0. Give counts, not shares.")
    # One yes and one no more in each arm: at the first looks an arm without a yes would have no variance at all.
    smooth = [(share * visitors + 1) / (visitors + 2) for share in shares]
    return shares[1] - shares[0], sum(share * (1 - share) for share in smooth) / (visitors + 2)
