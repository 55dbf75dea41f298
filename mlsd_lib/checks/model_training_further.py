"""The cases of *your turn* in the lesson on each library at its best."""

import numpy as np

from mlsd_lib.lesson import Exercise, case, checks

RESAMPLED = np.random.default_rng(6).normal(0.0, 2.0, 400)
SMALL = np.random.default_rng(7).normal(0.0, 0.2, 400)


def draws(middle: float, noise: np.ndarray) -> np.ndarray:
    """An average precision on the whole test, then on the resampled customers."""
    return np.concatenate([[middle], middle + noise])


paired = {
    "best": draws(50.0, RESAMPLED),
    "behind": draws(49.0, RESAMPLED + SMALL),  # each interval holds the other's middle, and yet it is surely behind
    "tied": draws(49.9, RESAMPLED + SMALL),
    "far": draws(30.0, RESAMPLED + SMALL),
}
only_cheap = "That is the cheapest of all. Is it tied with the best?"
only_best = "That is the best one. A cheaper one may be tied with it."
separate = (
    "Its own interval overlaps that of the best, but on the same customers it is surely behind: take differences."
)
one_half = "Half of that: the payments that the first list has more are counted, not those of both lists."
by_place = "A payment that is on both lists at another place is still looked at: compare the lists as sets."
lowest = "Those are the lists of the lowest scores."
first = np.array([0.9, 0.1, 0.8, 0.7, 0.2, 0.3])
second = np.array([0.6, 0.1, 0.9, 0.2, 0.8, 0.3])
EXERCISES = {
    "training-choose": Exercise(
        [
            case(
                (paired, {"best": 9.0, "behind": 1.0, "tied": 2.0, "far": 0.5}),
                "tied",
                mistakes={separate: "behind", only_best: "best", only_cheap: "far"},
            ),
            case((paired, {"best": 1.0, "behind": 0.5, "tied": 2.0, "far": 0.5}), "best"),
        ],
        hint="np.percentile(draws[best][1:] - draws[name][1:], 2.5) <= 0 says that a model is tied.",
    ),
    "training-replaced": Exercise(
        [
            case((first, first, 3), 0.0),
            case((first, second, 4), 25.0, mistakes={one_half: 50.0, by_place: 75.0}),
            case((first, second, 5), 0.0, mistakes={lowest: 20.0}),
        ],
        hint="set(np.argsort(-first)[:reviews]) is the first list.",
    ),
}
check = checks(EXERCISES)
