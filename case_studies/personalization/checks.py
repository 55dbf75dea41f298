"""The cases of *your turn* in the case study on personalization."""

import numpy as np

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "personalization-effective-rows": Exercise(
        [
            case(
                (np.array([1.0, 1.0, 4.0]),),
                2.0,
                mistakes={
                    "Square the sum before you divide.": 1 / 3,
                    "That counts rows; a heavy one must cost some.": 3.0,
                },
            ),
            case((np.array([0.0, 0.0, 7.0]),), 1.0),
            case((np.array([0.0, 0.0]),), 0.0, mistakes={"No weight at all is no row.": 2.0}),
        ],
        hint="The square of the sum over the sum of the squares.",
    ),
    "personalization-doubly-robust": Exercise(
        [
            case(
                (np.array([1.0, 0.0]), np.array([2.0, 0.0]), np.array([0.4, 0.3]), np.array([0.5, 0.2])),
                0.95,
                mistakes={
                    "That is IPS; the model is not used.": 1.0,
                    "That is the model alone; nothing corrects it.": 0.35,
                    "Correct the reward by the model's, before it is weighed.": 1.35,
                },
            ),
            case((np.array([1.0]), np.array([3.0]), np.array([1.0]), np.array([0.6])), 0.6),
        ],
        hint="The model's value of the target policy, plus the weighed error on what was shown; then the mean.",
    ),
    "personalization-mean-weight": Exercise(
        [
            case(
                (np.array([0.0, 2.0, 0.0, 2.0]),),
                0.0,
                mistakes={"A true log has the mean weight 1, not 0.": 1.0 / (np.std([0, 2, 0, 2], ddof=1) / 2)},
            ),
            case(
                (np.array([0.0, 1.0, 0.0, 1.0]),),
                -0.5 / (np.std([0, 1, 0, 1], ddof=1) / 2),
                mistakes={
                    "The mean of n rows varies less than one row: divide by the root of n.": -0.5
                    / np.std([0, 1, 0, 1], ddof=1),
                    "Keep the sign: too small is another fault than too large.": 0.5
                    / (np.std([0, 1, 0, 1], ddof=1) / 2),
                },
            ),
        ],
        hint="The distance of the mean from 1, over the standard deviation (ddof=1) divided by the root of n.",
    ),
}
check = checks(EXERCISES)
