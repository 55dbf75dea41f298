"""The cases of *your turn* in the lesson on training one model in four libraries."""

from mlsd_lib.lesson import Exercise, case, checks

c_without_rows = "C stands before the sum over the rows and the penalty before their mean: C also depends on the rows."
c_inverted = "C is the weight of the losses, not of the penalty: a larger penalty means a smaller C."
whole_l2 = "Keras's L2(factor) adds factor times the squares, without the half of the objective."
lambda_by_rows = "gblinear multiplies lambda by the rows itself. Give it the penalty of the mean loss."
not_divided = "A sum over the rows is that many times the mean: divide it."
no_half = "The objective holds half of the penalty times the squares."
with_intercept = "The intercept is not penalised: leave out the first of the weights."
right = {"C": 0.5, "lambda": 0.01, "weight_decay": 0.01, "L2": 0.005}
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
}
check = checks(EXERCISES)
