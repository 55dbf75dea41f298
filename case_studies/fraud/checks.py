"""The cases of *your turn* in the case study on fraud."""

import numpy as np

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "fraud-shadow-price": Exercise(
        [
            case(
                (np.array([1.0, 40.0, 20.0, 30.0, 2.0]), 2, 12.0),
                30.0,
                mistakes={"That lets one payment more through than there is room for.": 20.0, "Sort downwards.": 2.0},
            ),
            case(
                (np.array([1.0, 40.0, 20.0, 3.0]), 3, 12.0),
                12.0,
                mistakes={"The day has room, but a review below its price loses money.": 3.0},
            ),
            case((np.array([40.0, 20.0]), 5, 12.0), 12.0),
        ],
        hint="The larger of two numbers: the price, and the reviews-th largest value.",
    ),
    "fraud-label-weight": Exercise(
        [
            case(
                ([1.0, 3.0, 10.0, 30.0], 5.0),
                2.0,
                mistakes={"Half are known, so one stands for two: invert the share.": 0.5},
            ),
            case(([1.0, 3.0, 10.0, 30.0], 100.0), 1.0),
            case(([2.0] + [50.0] * 9, 5.0), 0.0, mistakes={"A tenth is known: too few, leave it out.": 10.0}),
            case(([5.0, 5.0, 9.0], 5.0), 0.0, mistakes={"A delay of exactly the age is not below it.": 1.5}),
        ],
        hint="Count the delays below the age; divide the number of delays by that count.",
    ),
}
check = checks(EXERCISES)
