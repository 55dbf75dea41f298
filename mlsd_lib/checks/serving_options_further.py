"""The cases of *your turn* in the further lesson on serving options."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "quantised": Exercise(
        [
            case(([1.27, -0.5, 0.0],), ([127, -50, 0], 0.01)),
            case(
                ([-2.54, 1.0],),
                ([-127, 50], 0.02),
                mistakes={"The largest magnitude decides, also of a negative number.": ([-323, 127], 1 / 127)},
            ),
            case(
                ([1.27, 0.016, -0.016],),
                ([127, 2, -2], 0.01),
                mistakes={"Round to the nearest; cutting off shrinks every weight.": ([127, 1, -1], 0.01)},
            ),
            case(([0.0, 0.0],), ([0, 0], 1.0)),
        ],
        hint="scale = largest magnitude / 127, and each number becomes round(number / scale).",
    ),
    "pruned": Exercise(
        [
            case(
                ([3, -1, 2, -4], 0.5),
                [3, 0, 0, -4],
                mistakes={"Small is a matter of magnitude, not of sign.": [3, 0, 2, 0]},
            ),
            case(([3, -1, 2], 0.5), [3, 0, 2], mistakes={"A whole number of weights goes, rounded down.": [3, 0, 0]}),
            case(
                ([1, 1, 1, 1], 0.5),
                [0, 0, 1, 1],
                mistakes={"Of equal ones only as many go as were asked for.": [0, 0, 0, 0]},
            ),
            case(([5, -6], 0.0), [5, -6]),
        ],
        hint="Sort the positions by magnitude, and set the first int(share * n) of them to 0.",
    ),
}
check = checks(EXERCISES)
