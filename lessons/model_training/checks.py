"""*Your turn* in the lessons on training in four libraries and on exported models."""

import numpy as np

from mlsd_lib.lesson import Turns

check = Turns()

right = {"C": 0.5, "lambda": 0.01, "weight_decay": 0.01, "L2": 0.005}

multiplied = "Scaling divided by sd, so a weight for raw signs is the weight over sd, not times sd."

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

lowest = "Those are the lists of the lowest scores."

first = np.array([0.9, 0.1, 0.8, 0.7, 0.2, 0.3])

second = np.array([0.6, 0.1, 0.9, 0.2, 0.8, 0.3])


@check.turn("training-settings", (0.01, 200), (1e-3, 50_000))
class Settings:
    """Divide scikit-learn's objective by C times rows and compare it with the one above, term by term."""

    def right(penalty, rows):
        return {"C": 1 / (penalty * rows), "lambda": penalty, "weight_decay": penalty, "L2": penalty / 2}

    def c_without_the_rows(penalty, rows):
        """C stands before the sum over the rows and the penalty before their mean: C also depends on the rows."""
        return {"C": 1 / penalty, "lambda": penalty, "weight_decay": penalty, "L2": penalty / 2}

    def c_as_the_penalty(penalty, rows):
        """C is the weight of the losses, not of the penalty: a larger penalty means a smaller C."""
        return {"C": penalty * rows, "lambda": penalty, "weight_decay": penalty, "L2": penalty / 2}

    def l2_without_the_half(penalty, rows):
        """Keras's L2(factor) adds factor times the squares, without the half of the objective."""
        return {"C": 1 / (penalty * rows), "lambda": penalty, "weight_decay": penalty, "L2": penalty}

    def lambda_times_rows(penalty, rows):
        """gblinear multiplies lambda by the rows itself. Give it the penalty of the mean loss."""
        return {"C": 1 / (penalty * rows), "lambda": penalty * rows, "weight_decay": penalty, "L2": penalty / 2}


@check.turn(
    "training-reported",
    (0.05, "mean", 400, [9.0, 1.0, 2.0], 0.01),
    (20.0, "sum", 400, [9.0, 1.0, 2.0], 0.01),
    (0.075, "mean and penalty", 400, [9.0, 1.0, 2.0], 0.01),
)
class MeanLoss:
    """The penalty is penalty / 2 times the sum of the squares of weights[1:]."""

    def right(reported, what, rows, weights, penalty):
        if what == "sum":
            return reported / rows
        if what == "mean and penalty":
            return reported - penalty / 2 * (np.asarray(weights)[1:] ** 2).sum()
        return reported

    def penalty_without_the_half(reported, what, rows, weights, penalty):
        """The objective holds half of the penalty times the squares."""
        return MeanLoss.right(reported, what, rows, weights, 2 * penalty)

    def penalises_the_intercept(reported, what, rows, weights, penalty):
        """The intercept is not penalised: leave out the first of the weights."""
        return MeanLoss.right(reported, what, rows, [0, *weights], penalty)

    def forgets_the_sum(reported, what, rows, weights, penalty):
        """A sum over the rows is that many times the mean: divide it."""
        return reported - (what == "mean and penalty") * penalty / 2 * (np.asarray(weights)[1:] ** 2).sum()


@check.turn("training-folded", (weights, 1.0, mean, sd), (weights, 1.0, np.zeros(2), np.ones(2)))
class Folded:
    """Write out weight * (raw - mean) / sd and collect what is multiplied by raw."""

    def right(weights, intercept, mean, sd):
        own = np.asarray(weights) / sd
        return own, intercept - own @ np.asarray(mean)

    def times_sd(weights, intercept, mean, sd):
        """Scaling divided by sd, so a weight for raw signs is the weight over sd, not times sd."""
        return weights * sd, intercept - (weights * sd) @ mean

    def forgets_the_mean(weights, intercept, mean, sd):
        """Scaling also subtracts the mean: that shifts the logit by a constant, which the intercept has to take."""
        return weights / sd, intercept

    def mean_without_sd(weights, intercept, mean, sd):
        """The constant is the sum of weight times mean over sd: the mean was divided by sd, too."""
        return weights / sd, intercept - weights @ mean


@check.turn("training-combined", (gradients, [30, 10]), (gradients, [10, 10]))
class Combined:
    """np.average has the argument weights."""

    def right(gradients, rows):
        return np.average(gradients, axis=0, weights=rows)

    def mean_of_the_gradients(gradients, rows):
        """Each process counts equally in that, however few its rows. Weight each gradient by its rows."""
        return np.mean(gradients, axis=0)

    def gradient_of_the_sum(gradients, rows):
        """That is the gradient of the summed loss: divide by all rows."""
        return np.asarray(rows) @ gradients


@check.turn(
    "training-choose",
    (paired, {"best": 9.0, "behind": 1.0, "tied": 2.0, "far": 0.5}),
    (paired, {"best": 1.0, "behind": 0.5, "tied": 2.0, "far": 0.5}),
)
class Choose:
    """np.percentile(draws[best][1:] - draws[name][1:], 2.5) <= 0 says that a model is tied."""

    def right(draws, cost):
        draws = {name: np.asarray(one) for name, one in draws.items()}
        best = max(draws, key=lambda name: draws[name][0])
        tied = [name for name in draws if np.percentile((draws[best] - draws[name])[1:], 2.5) <= 0]
        return min(tied, key=cost.get)

    def cheapest_of_all(draws, cost):
        """That is the cheapest of all. Is it tied with the best?"""
        return min(cost, key=cost.get)

    def best_of_all(draws, cost):
        """That is the best one. A cheaper one may be tied with it."""
        return max(draws, key=lambda name: draws[name][0])

    def overlapping_intervals(draws, cost):
        """Its own interval overlaps that of the best, but on the same customers it is surely behind: take
        differences."""
        best = max(draws, key=lambda name: draws[name][0])
        low = np.percentile(draws[best][1:], 2.5)
        return min([name for name in draws if np.percentile(draws[name][1:], 97.5) >= low], key=cost.get)


@check.turn("training-replaced", (first, first, 3), (first, second, 4), (first, second, 5))
class Replaced:
    """set(np.argsort(-first)[:reviews]) is the first list."""

    def right(first, second, reviews):
        listed = set(np.argsort(-first)[:reviews]) & set(np.argsort(-second)[:reviews])
        return 100 * (1 - len(listed) / reviews)

    def counts_both_lists(first, second, reviews):
        """Half of that: the payments that the first list has more are counted, not those of both lists."""
        return 100 * len(set(np.argsort(-first)[:reviews]) ^ set(np.argsort(-second)[:reviews])) / reviews

    def place_by_place(first, second, reviews):
        """A payment that is on both lists at another place is still looked at: compare the lists as sets."""
        return 100 * np.mean(np.argsort(-first)[:reviews] != np.argsort(-second)[:reviews])

    def upside_down(first, second, reviews):
        """Those are the lists of the lowest scores."""
        return 100 * (1 - len(set(np.argsort(first)[:reviews]) & set(np.argsort(second)[:reviews])) / reviews)
