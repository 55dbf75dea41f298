"""*Your turn* in the lesson on performance requirements."""

import numpy as np

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn(
    "dominated",
    ([1.0, 2.0], [0.9, 0.8]),
    ([1.0, 2.0, 3.0], [0.7, 0.8, 0.9]),
    ([1.0, 1.0], [0.8, 0.8]),
    ([1.0, 1.0, 2.0], [0.8, 0.9, 0.9]),
)
class Dominated:
    """For each model, ask of every other one: no slower, no less accurate, and strictly better in one?"""

    def right(latency_ms, accuracy):
        models = list(zip(latency_ms, accuracy))
        return [
            any(
                fast <= own_ms and right >= own_accuracy and (fast, right) != (own_ms, own_accuracy)
                for fast, right in models
            )
            for own_ms, own_accuracy in models
        ]

    def equal_models_too(latency_ms, accuracy):
        """Two equal models dominate each other here: one comparison must be strict."""
        models = list(zip(latency_ms, accuracy))
        return [
            any(j != i and fast <= own_ms and right >= own for j, (fast, right) in enumerate(models))
            for i, (own_ms, own) in enumerate(models)
        ]

    def better_in_both(latency_ms, accuracy):
        """A model as fast but less accurate is dominated too."""
        models = list(zip(latency_ms, accuracy))
        return [any(fast < own_ms and right > own for fast, right in models) for own_ms, own in models]


@check.turn("holdout-rows", (1.0, 0.8), (2.0, 0.8), (1.0, 0.95))
class HoldoutRows:
    """The standard error of an accuracy a on n rows is sqrt(a (1 - a) / n); solve k times it for n."""

    def right(lead_points, accuracy, k=2.75):
        lead = lead_points / 100
        return int(np.ceil(round(k**2 * accuracy * (1 - accuracy) / lead**2, 6)))

    def points_as_share(lead_points, accuracy, k=2.75):
        """Points are hundredths: compare like with like."""
        return int(np.ceil(k**2 * accuracy * (1 - accuracy) / lead_points**2))

    def divides_by_the_lead(lead_points, accuracy, k=2.75):
        """Twice the tolerated lead needs a quarter of the rows, not half."""
        return int(np.ceil(round(100 * k**2 * accuracy * (1 - accuracy) / (lead_points / 100), 6)))

    def rounds_down(lead_points, accuracy, k=2.75):
        """A part of a row cannot be collected: round up."""
        return int(k**2 * accuracy * (1 - accuracy) / (lead_points / 100) ** 2)


@check.turn("hedged", (4.0, 5.0, 10.0), (90.0, 5.0, 10.0), (12.0, 5.0, 10.0), (9.0, 1.0, 10.0))
class HedgedMs:
    """Nothing is sent twice before wait_ms; after it, two answers race."""

    def right(first_ms, replica_ms, wait_ms):
        if first_ms <= wait_ms:
            return first_ms
        return min(first_ms, wait_ms + replica_ms)

    def sends_both_at_once(first_ms, replica_ms, wait_ms):
        """The replica starts only after the wait: add it."""
        return min(first_ms, replica_ms)

    def drops_the_first_request(first_ms, replica_ms, wait_ms):
        """The first answer may still come first: take the earlier."""
        return first_ms if first_ms <= wait_ms else wait_ms + replica_ms

    def replica_within_the_wait(first_ms, replica_ms, wait_ms):
        """Within the wait no replica is asked."""
        return min(first_ms, replica_ms if first_ms <= wait_ms else wait_ms + replica_ms)
