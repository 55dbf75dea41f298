"""*Your turn* in the case study on fraud."""

import numpy as np

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn(
    "fraud-shadow-price",
    (np.array([1.0, 40.0, 20.0, 30.0, 2.0]), 2, 12.0),
    (np.array([1.0, 40.0, 20.0, 3.0]), 3, 12.0),
    (np.array([40.0, 20.0]), 5, 12.0),
)
class ReviewThreshold:
    """The larger of two numbers: the price, and the reviews-th largest value."""

    def right(value, reviews, price_eur):
        if reviews >= len(value):
            return price_eur
        return max(price_eur, float(np.sort(value)[-reviews]))

    def counts_from_0(value, reviews, price_eur):
        """That lets one payment more through than there is room for."""
        return max(price_eur, np.sort(value)[-min(reviews + 1, len(value))])

    def sorts_upwards(value, reviews, price_eur):
        """Sort downwards."""
        return np.sort(value)[min(reviews, len(value)) - 1]

    def reviews_at_a_loss(value, reviews, price_eur):
        """The day has room, but a review below its price loses money."""
        return np.sort(value)[-min(reviews, len(value))]


@check.turn(
    "fraud-label-weight",
    ([1.0, 3.0, 10.0, 30.0], 5.0),
    ([1.0, 3.0, 10.0, 30.0], 100.0),
    ([2.0] + [50.0] * 9, 5.0),
    ([5.0, 5.0, 9.0], 5.0),
)
class WeightOfKnownFraud:
    """Count the delays below the age; divide the number of delays by that count."""

    def right(delays_days, age_days):
        known = sum(delay < age_days for delay in delays_days)
        if known < 0.2 * len(delays_days):
            return 0.0
        return len(delays_days) / known

    def weighs_by_the_share(delays_days, age_days):
        """Half are known, so one stands for two: invert the share."""
        return sum(delay < age_days for delay in delays_days) / len(delays_days)

    def leaves_nothing_out(delays_days, age_days):
        """A tenth is known: too few, leave it out."""
        return len(delays_days) / max(1, sum(delay < age_days for delay in delays_days))

    def counts_a_delay_of_that_age(delays_days, age_days):
        """A delay of exactly the age is not below it."""
        known = sum(delay <= age_days for delay in delays_days)
        return len(delays_days) / known if known >= 0.2 * len(delays_days) else 0.0
