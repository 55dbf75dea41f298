"""*Your turn* in the lesson on judging."""

import numpy as np

from mlsd_lib.lesson import Turns

check = Turns()

NAN = float("nan")

FIRST = (
    np.array([1.0, NAN, 1.0, NAN]),
    np.array([True, False, True, False]),
    np.array([0.6, 0.5, 0.4, 0.9]),
    np.array([0.5, 0.25, 0.2, 0.25]),
)

SECOND = (np.array([0.0, NAN]), np.array([True, False]), np.array([0.8, 0.6]), np.array([0.5, 0.5]))


@check.turn("pairs-worth", (100, 8, 0.72), (100, 1, 0.72), (200, 4, 0.5), (50, 10, 1.0))
class PairsWorth:
    """Independent votes, divided by 1 + (votes - 1) r."""

    def right(prompts, votes, agreement):
        correlation = 2 * agreement - 1
        return prompts * votes / (1 + (votes - 1) * correlation)

    def votes_are_independent(prompts, votes, agreement):
        """Votes on one pair are alike: they count as fewer than that many pairs."""
        return 1.0 * prompts * votes

    def only_the_first_vote(prompts, votes, agreement):
        """A second vote on a pair says something that the first did not."""
        return 1.0 * prompts

    def agreement_as_correlation(prompts, votes, agreement):
        """People who toss coins agree on half of the pairs: the correlation is 2 x agreement - 1."""
        return PairsWorth.right(prompts, votes, (1 + agreement) / 2)

    def correlated_with_itself(prompts, votes, agreement):
        """A vote is correlated with the other votes on its pair, one fewer than there are."""
        r = 2 * agreement - 1
        return prompts * votes / (1 + votes * r)

    def multiplies_by_the_factor(prompts, votes, agreement):
        """Of the variance's factor, divide by it: votes that are alike are worth less."""
        r = 2 * agreement - 1
        return prompts * votes * (1 + (votes - 1) * r)


@check.turn("prompts-of-a-gate", (0.27, 0.05, 1.645, 0.842), (0.1, 0.02, 1.645, 0.842), (0.27, 0.05, 2.326, 0.842))
class PromptsNeeded:
    """Set drop = (z + z_power) * sqrt(variance / prompts) and solve for prompts."""

    def right(changed, drop, z=1.645, z_power=0.842):
        variance = changed - drop**2
        return (z + z_power) ** 2 * variance / drop**2

    def without_power(changed, drop, z=1.645, z_power=0.842):
        """Add z_power: with z alone half of the bad releases pass."""
        return PromptsNeeded.right(changed, drop, z, 0)

    def mean_of_the_square(changed, drop, z=1.645, z_power=0.842):
        """The variance is the mean of the square less the square of the mean."""
        return (z + z_power) ** 2 * changed / drop**2

    def without_the_squares(changed, drop, z=1.645, z_power=0.842):
        """The standard error falls with the root of the count: square both."""
        return np.sqrt(PromptsNeeded.right(changed, drop, z, z_power))

    def drop_without_the_square(changed, drop, z=1.645, z_power=0.842):
        """Divide by the square of the drop."""
        return PromptsNeeded.right(changed, drop, z, z_power) * drop

    def constants_for_z(changed, drop, z=1.645, z_power=0.842):
        """z and z_power are arguments."""
        return PromptsNeeded.right(changed, drop)


@check.turn("labels-by-known-chances", FIRST, SECOND)
class MeanLabel:
    """judged.mean() plus the sum of (labels - judged) / chance over those asked, divided by all pairs."""

    def right(labels, asked, judged, chance):
        errors = (labels[asked] - judged[asked]) / chance[asked]
        return judged.mean() + errors.sum() / len(judged)

    def unweighted_errors(labels, asked, judged, chance):
        """Each error counts by one over the chance of its pair."""
        errors = labels[asked] - judged[asked]
        return judged.mean() + errors.mean()

    def labels_alone(labels, asked, judged, chance):
        """Correct the judge's mean by its errors; the labels alone leave the judge out."""
        errors = labels[asked] / chance[asked]
        return errors.sum() / len(judged)

    def divides_by_the_weights(labels, asked, judged, chance):
        """Divide by all pairs: the weights say already how many an error speaks for."""
        errors = (labels[asked] - judged[asked]) / chance[asked]
        return judged.mean() + errors.mean()

    def keeps_nan(labels, asked, judged, chance):
        """nan is no label: leave those pairs out of the errors."""
        errors = (labels - judged) * asked / chance
        return judged.mean() + errors.sum() / len(judged)

    def error_with_wrong_sign(labels, asked, judged, chance):
        """An error is the label less the judgement."""
        return 2 * judged.mean() - MeanLabel.right(labels, asked, judged, chance)
