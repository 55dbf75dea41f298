"""*Your turn* in the case study on personalization."""

import numpy as np

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn(
    "personalization-effective-rows",
    (np.array([1.0, 1.0, 4.0]),),
    (np.array([0.0, 0.0, 7.0]),),
    (np.array([0.0, 0.0]),),
)
class EffectiveRows:
    """The square of the sum over the sum of the squares."""

    def right(weight):
        squares = (weight**2).sum()
        return weight.sum() ** 2 / squares if squares else 0.0

    def forgets_the_square(weight):
        """Square the sum before you divide."""
        total = (weight**2).sum()
        return weight.sum() / total if total else 0.0

    def counts_rows(weight):
        """That counts rows; a heavy one must cost some."""
        return float(len(weight))

    def ones_for_an_empty_log(weight):
        """No weight at all is no row."""
        total = (weight**2).sum()
        return weight.sum() ** 2 / total if total else float(len(weight))


@check.turn(
    "personalization-doubly-robust",
    (np.array([1.0, 0.0]), np.array([2.0, 0.0]), np.array([0.4, 0.3]), np.array([0.5, 0.2])),
    (np.array([1.0]), np.array([3.0]), np.array([1.0]), np.array([0.6])),
)
class DoublyRobustValue:
    """The model's value of the target policy, plus the weighed error on what was shown; then the mean."""

    def right(reward, weight, shown, expected):
        return (expected + weight * (reward - shown)).mean()

    def without_the_model(reward, weight, shown, expected):
        """That is IPS; the model is not used."""
        return (weight * reward).mean()

    def the_model_alone(reward, weight, shown, expected):
        """That is the model alone; nothing corrects it."""
        return expected.mean()

    def adds_both_estimates(reward, weight, shown, expected):
        """Correct the reward by the model's, before it is weighed."""
        return (expected + weight * reward).mean()


@check.turn("personalization-mean-weight", (np.array([0.0, 2.0, 0.0, 2.0]),), (np.array([0.0, 1.0, 0.0, 1.0]),))
class DistanceFromTrue:
    """The distance of the mean from 1, over the standard deviation (ddof=1) divided by the root of n."""

    def right(weight):
        return (weight.mean() - 1) / (weight.std(ddof=1) / np.sqrt(len(weight)))

    def from_0(weight):
        """A true log has the mean weight 1, not 0."""
        return weight.mean() / (weight.std(ddof=1) / np.sqrt(len(weight)))

    def in_deviations_of_a_row(weight):
        """The mean of n rows varies less than one row: divide by the root of n."""
        return (weight.mean() - 1) / weight.std(ddof=1)

    def without_its_sign(weight):
        """Keep the sign: too small is another fault than too large."""
        return abs(weight.mean() - 1) / (weight.std(ddof=1) / np.sqrt(len(weight)))
