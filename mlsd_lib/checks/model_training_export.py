"""The cases of *your turn* in the lesson on exported models and two processes."""

import numpy as np

from mlsd_lib.lesson import Exercise, case, checks

multiplied = "Scaling divided by sd, so a weight for raw signs is the weight over sd, not times sd."
not_shifted = "Scaling also subtracts the mean: that shifts the logit by a constant, which the intercept has to take."
scaled_shift = "The constant is the sum of weight times mean over sd: the mean was divided by sd, too."
mean_of_means = "Each process counts equally in that, however few its rows. Weight each gradient by its rows."
not_over_all = "That is the gradient of the summed loss: divide by all rows."
weights, mean, sd = np.array([2.0, -1.0]), np.array([3.0, 4.0]), np.array([0.5, 2.0])
gradients = np.array([[1.0, 0.0], [5.0, 2.0]])
EXERCISES = {
    "training-folded": Exercise(
        [
            case(
                (weights, 1.0, mean, sd),
                (np.array([4.0, -0.5]), -9.0),
                mistakes={
                    multiplied: (np.array([1.0, -2.0]), 6.0),
                    not_shifted: (np.array([4.0, -0.5]), 1.0),
                    scaled_shift: (np.array([4.0, -0.5]), -1.0),
                },
            ),
            case((weights, 1.0, np.zeros(2), np.ones(2)), (weights, 1.0)),
        ],
        hint="Write out weight * (raw - mean) / sd and collect what is multiplied by raw.",
    ),
    "training-combined": Exercise(
        [
            case(
                (gradients, [30, 10]),
                np.array([2.0, 0.5]),
                mistakes={mean_of_means: np.array([3.0, 1.0]), not_over_all: np.array([80.0, 20.0])},
            ),
            case((gradients, [10, 10]), np.array([3.0, 1.0])),
        ],
        hint="np.average has the argument weights.",
    ),
}
check = checks(EXERCISES)
