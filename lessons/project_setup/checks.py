"""*Your turn* in the lessons on project setup."""

import math

from mlsd_lib.lesson import Turns

check = Turns()

OLD, NEW = ["a", "b", "c"], ["z", "a", "b", "c"]

KNOWN = {"a", "b", "c"}


@check.turn("setup-test-days", (4.0, 2.0), (4.0, 4.0), (3.0, 1.0))
class TestLengthDays:
    """sd / sqrt(days) <= gain / 2.8, solved for days."""

    def right(sd_a_day, smallest_gain):
        return math.ceil(((1.96 + 0.84) * sd_a_day / smallest_gain) ** 2)

    def ratio_without_the_square(sd_a_day, smallest_gain):
        """The error shrinks with the root of the days: square the ratio."""
        return math.ceil((1.96 + 0.84) * sd_a_day / smallest_gain)

    def rounds_down(sd_a_day, smallest_gain):
        """A part of a day is no day: round up."""
        return int((2.8 * sd_a_day / smallest_gain) ** 2)

    def rounds_to_the_nearest(sd_a_day, smallest_gain):
        """A part of a day is no day: round up."""
        return round((2.8 * sd_a_day / smallest_gain) ** 2)

    def interval_without_power(sd_a_day, smallest_gain):
        """With 1.96 alone a true lead is found only every second time: add 0.84."""
        return math.ceil((1.96 * sd_a_day / smallest_gain) ** 2)


@check.turn("setup-acting-threshold", (0, 12, 120, 12), (0, 12, 120, 40), (-1, 4, 95, 0), (0, 12, 10, 12))
class ActingThreshold:
    """Equate (1 - p) honest_act + p fraud_act with (1 - p) honest_pass + p fraud_pass."""

    def right(honest_pass, honest_act, fraud_pass, fraud_act):
        wasted = honest_act - honest_pass
        saved = fraud_pass - fraud_act
        return None if saved <= 0 else wasted / (wasted + saved)

    def acting_on_a_fraud_is_free(honest_pass, honest_act, fraud_pass, fraud_act):
        """A fraud acted on still costs something: what is saved is the difference."""
        return honest_act / fraud_pass if fraud_pass > honest_act else None

    def an_honest_payment_earns_nothing(honest_pass, honest_act, fraud_pass, fraud_act):
        """An honest payment let pass earns here: acting loses that too."""
        return ActingThreshold.right(0, honest_act, fraud_pass, fraud_act)


@check.turn(
    "framing-hit-shares",
    ([OLD, OLD, NEW, OLD], ["a", "b", "z", "z"], 2, KNOWN),
    ([OLD, OLD, OLD, NEW], ["a", "b", "c", "z"], 2, KNOWN),
)
class HitShares:
    """Go through pairs of ranking and purchase, once for each kind of item."""

    def right(ranked, bought, shown, known):
        hit = {True: [], False: []}
        for ranking, item in zip(ranked, bought, strict=True):
            hit[item in known].append(item in ranking[:shown])
        return tuple(sum(hit[kind]) / len(hit[kind]) for kind in (True, False))

    def loses_the_purchases(ranked, bought, shown, known):
        """An item without a score is a miss, not a row to leave out."""
        scored = [(ranking, item) for ranking, item in zip(ranked, bought, strict=True) if item in ranking]
        return HitShares.right(*zip(*scored, strict=True), shown, known)

    def divides_both_by_all_purchases(ranked, bought, shown, known):
        """Each kind of purchase has its own denominator."""
        hit = {True: 0, False: 0}
        for ranking, item in zip(ranked, bought, strict=True):
            hit[item in known] += item in ranking[:shown]
        return hit[True] / len(bought), hit[False] / len(bought)

    def counts_items_not_shown(ranked, bought, shown, known):
        """A score is no hit: the item must be among those shown."""
        return HitShares.right(ranked, bought, max(map(len, ranked)), known)


@check.turn(
    "framing-to-review",
    ([0.9, 0.1, 0.5], [10, 900, 40], 15, 12, 2),
    ([0.9, 0.01], [10, 100], 15, 12, 5),
    ([0.5], [10], 15, 12, 3),
    ([0.01, 0.02], [10, 20], 15, 12, 3),
)
class ToReview:
    """probability x (amount + fee) - price for each, sort downwards, stop at 0 or when the team is full."""

    def right(probability, amount, fee, price, team_can):
        worth = [p * (one + fee) - price for p, one in zip(probability, amount, strict=True)]
        best_first = sorted(range(len(worth)), key=lambda i: -worth[i])
        return [i for i in best_first if worth[i] > 0][:team_can]

    def ranks_by_the_probability(probability, amount, fee, price, team_can):
        """The likeliest fraud is not the most expensive: rank by what a review is worth."""
        worth = [p * (one + fee) - price for p, one in zip(probability, amount, strict=True)]
        best_first = sorted(range(len(worth)), key=lambda i: -probability[i])
        return [i for i in best_first if worth[i] > 0][:team_can]

    def reviews_at_a_loss(probability, amount, fee, price, team_can):
        """A free place in the team is no reason to review at a loss."""
        return ToReview.right(probability, amount, fee, 0, team_can)

    def leaves_the_fee_out(probability, amount, fee, price, team_can):
        """The fee is lost together with the amount."""
        return ToReview.right(probability, amount, 0, price, team_can)


@check.turn(
    "setup-launch",
    (0.4, 0.6, -11.0, -8.0, 1.0),
    (0.4, 0.6, -2.5, 0.5, 1.0),
    (0.4, 0.6, -0.6, 0.5, 1.0),
    (-0.1, 0.6, -0.6, 0.5, 1.0),
    (-0.6, -0.2, 0.1, 0.5, 1.0),
)
class LaunchVerdict:
    """For each interval ask which end must lie where for the statement to be sure."""

    def right(gain_low, gain_high, kept_low, kept_high, margin):
        if gain_high < 0 or kept_high < -margin:
            return "stop"
        if gain_low > 0 and kept_low > -margin:
            return "launch"
        return "run on"

    def launches_unless_the_loss(gain_low, gain_high, kept_low, kept_high, margin):
        """No significant loss proves nothing: the interval holds one beyond the margin."""
        if gain_high < 0 or kept_high < 0:
            return "stop"
        return "launch" if gain_low > 0 else "run on"

    def looks_at_the_gain_alone(gain_low, gain_high, kept_low, kept_high, margin):
        """No gain buys off a broken guardrail."""
        return "launch" if gain_low > 0 else "stop" if gain_high < 0 else "run on"

    def wants_the_guardrail_to_improve(gain_low, gain_high, kept_low, kept_high, margin):
        """A guardrail need not improve: the whole interval lies within the margin."""
        if gain_high < 0 or kept_high < -margin:
            return "stop"
        return "launch" if gain_low > 0 and kept_low > 0 else "run on"


@check.turn(
    "setup-cheapest-action",
    (0.5, 100.0, 15.0, 12.0, 30.0),
    (0.9, 100.0, 15.0, 12.0, 30.0),
    (0.1, 110.0, 15.0, 12.0, 200.0),
    (0.01, 100.0, 15.0, 12.0, 30.0),
)
class CheapestAction:
    """Three expected costs: probability x (amount + fee), review, (1 - probability) x refused."""

    def right(probability, amount, fee, review, refused):
        expected = {
            "pass": probability * (amount + fee),
            "review": review,
            "decline": (1 - probability) * refused,
        }
        return min(expected, key=expected.get)

    def forgets_the_honest_customer(probability, amount, fee, review, refused):
        """A decline is free only if the payment is fraud: count the refused honest one."""
        return CheapestAction.right(probability, amount, fee, review, 0)

    def charges_a_refusal_to_frauds(probability, amount, fee, review, refused):
        """A refusal costs only if the payment was honest: weigh it by 1 - probability."""
        expected = {"pass": probability * (amount + fee), "review": review, "decline": refused}
        return min(expected, key=expected.get)

    def leaves_the_fee_out(probability, amount, fee, review, refused):
        """A missed fraud costs the fee as well as the amount."""
        return CheapestAction.right(probability, amount, 0, review, refused)
