"""People and judges that compare two answers, A and B: simulated, so that the truth is known.

No language model judges here. A judge is a person with up to three biases and a misreading of its own; how large they
are is set by whoever makes one.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

LENGTH_SPREAD = 0.4
"""Standard deviation of log(length of A / length of B): half as long again is one of these."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of answers to one question each: arrays of one shape.

    `better`: A's lead in quality; 1 is the standard deviation from question to question. `longer`: log(length of A /
    length of B). `misread`: what a judge that misreads adds to `better`, a standard normal number, the same at every
    look. `own`: whether A, and not B, is written in the judge's own style.
    """

    better: np.ndarray
    longer: np.ndarray
    misread: np.ndarray
    own: bool = False


def draw_pairs(
    shape: int | tuple[int, ...],
    rng: np.random.Generator,
    *,
    lead: float = 0.0,
    longer: float = 0.0,
    own: bool = False,
    worth: float = 0.0,
) -> Pairs:
    """Pairs of answers of two systems: A leads by `lead` in quality and by `longer` in log length, in the mean.

    `worth` is what a unit of log length adds to the quality of an answer: 0 where length says nothing of it.
    """
    length = rng.normal(longer, LENGTH_SPREAD, shape)
    better = rng.normal(lead, 1.0, shape) + worth * length
    return Pairs(better, length, rng.normal(size=shape), own)


@dataclass(frozen=True)
class Judge:
    """What moves the log-odds that A is preferred; the defaults are a person.

    `sharpness`: a unit of quality, in log-odds. `position`: being shown first. `length`: a unit of log length.
    `own_style`: being written in the judge's own style. `misreading`: the standard deviation of its error in quality.
    """

    sharpness: float = 2.25
    position: float = 0.0
    length: float = 0.0
    own_style: float = 0.0
    misreading: float = 0.0

    def chance(self, pairs: Pairs, first: float | np.ndarray = 1.0) -> np.ndarray:
        """The chance that A is preferred in each of `pairs`; `first` is 1 where A is shown first, -1 where B is."""
        seen = self.sharpness * (pairs.better + self.misreading * pairs.misread)
        return expit(seen + self.position * first + self.length * pairs.longer + self.own_style * pairs.own)

    def votes(self, pairs: Pairs, rng: np.random.Generator, first: float | np.ndarray = 1.0) -> np.ndarray:
        """Whether A is preferred, once for each of `pairs`, with a new toss at every call."""
        chance = self.chance(pairs, first)
        return rng.random(chance.shape) < chance

    def both_orders(self, pairs: Pairs) -> np.ndarray:
        """The chance that A is preferred, the mean of the two orders."""
        return (self.chance(pairs, 1.0) + self.chance(pairs, -1.0)) / 2


PERSON = Judge()


def preferred_share(lead: float, judge: Judge = PERSON) -> float:
    """The share of pairs in which a judge of quality alone prefers A, by quadrature instead of by drawing."""
    at, weight = np.polynomial.hermite_e.hermegauss(80)
    return float(weight @ expit(judge.sharpness * (at + lead)) / weight.sum())


def lead_for(share: float) -> float:
    """The lead in quality with which people prefer A in the share `share` of the pairs (between .02 and .98)."""
    return float(brentq(lambda lead: preferred_share(lead) - share, -3.0, 3.0))
