"""The cases of *your turn* in the lessons on training in four libraries and on exported models."""

import numpy as np

from mlsd_lib.lesson import Exercise, case, checks

c_without_rows = "C stands before the sum over the rows and the penalty before their mean: C also depends on the rows."

c_inverted = "C is the weight of the losses, not of the penalty: a larger penalty means a smaller C."

whole_l2 = "Keras's L2(factor) adds factor times the squares, without the half of the objective."

lambda_by_rows = "gblinear multiplies lambda by the rows itself. Give it the penalty of the mean loss."

not_divided = "A sum over the rows is that many times the mean: divide it."

no_half = "The objective holds half of the penalty times the squares."

with_intercept = "The intercept is not penalised: leave out the first of the weights."

right = {"C": 0.5, "lambda": 0.01, "weight_decay": 0.01, "L2": 0.005}

multiplied = "Scaling divided by sd, so a weight for raw signs is the weight over sd, not times sd."

not_shifted = "Scaling also subtracts the mean: that shifts the logit by a constant, which the intercept has to take."

scaled_shift = "The constant is the sum of weight times mean over sd: the mean was divided by sd, too."

mean_of_means = "Each process counts equally in that, however few its rows. Weight each gradient by its rows."

not_over_all = "That is the gradient of the summed loss: divide by all rows."

weights, mean, sd = np.array([2.0, -1.0]), np.array([3.0, 4.0]), np.array([0.5, 2.0])

gradients = np.array([[1.0, 0.0], [5.0, 2.0]])

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
    "training-settings": Exercise(
        [
            case(
                (0.01, 200),
                right,
                mistakes={
                    c_without_rows: right | {"C": 100.0},
                    c_inverted: right | {"C": 2.0},
                    whole_l2: right | {"L2": 0.01},
                    lambda_by_rows: right | {"lambda": 2.0},
                },
            ),
            case((1e-3, 50_000), {"C": 0.02, "lambda": 1e-3, "weight_decay": 1e-3, "L2": 5e-4}),
        ],
        hint="Divide scikit-learn's objective by C times rows and compare it with the one above, term by term.",
    ),
    "training-reported": Exercise(
        [
            case((0.05, "mean", 400, [9.0, 1.0, 2.0], 0.01), 0.05),
            case((20.0, "sum", 400, [9.0, 1.0, 2.0], 0.01), 0.05, mistakes={not_divided: 20.0}),
            case(
                (0.075, "mean and penalty", 400, [9.0, 1.0, 2.0], 0.01),
                0.05,
                mistakes={no_half: 0.025, with_intercept: 0.075 - 0.005 * 86},
            ),
        ],
        hint="The penalty is penalty / 2 times the sum of the squares of weights[1:].",
    ),
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
