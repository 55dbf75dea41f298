"""The cases of *your turn* in the lessons on debugging."""

import numpy as np

from mlsd_lib.lesson import Exercise, case, checks


def doubled(rows: list[float]) -> list[float]:
    """A prediction that looks at its own row."""
    return [2 * row for row in rows]


def centred(rows: list[float]) -> list[float]:
    """One that takes the batch's mean away."""
    return [row - sum(rows) / len(rows) for row in rows]


def so_far(rows: list[float]) -> list[float]:
    """One that adds up the rows above."""
    return [sum(rows[: at + 1]) for at in range(len(rows))]


def beside(rows: list[float]) -> list[float]:
    """One in which the last row sees the first."""
    return [*rows[:-1], rows[-1] + (rows[0] if len(rows) > 1 else 0)]


def nearly(rows: list[float]) -> list[float]:
    """One that rounds otherwise in a batch."""
    return [row * (1 + 1e-12 * len(rows)) for row in rows]


each = {
    "Each array was cut by its own norm: the step points elsewhere. Take one norm of all numbers.": [[0.6, 0.8], [1.0]]
}

longer = {"A gradient that is short enough comes back as it is; it was made longer.": [[0.6, 0.8]]}

values = {"Single numbers were cut: the direction changes. Scale all by one factor.": [[1.0, 1.0]]}

squared = {"The norm is the root of the sum of squares; the root is missing.": [[0.12, 0.16]]}

MEAN = "The mean of a batch does not change when its rows change places. Ask each row alone, or change the others."

FIRST = "The first row was compared, and it is a later one that sees the others. Compare every row."

EXACT = "Rounding is no dependence: allow a millionth."

OWN = "A row that changes may change its own prediction. Keep the row and change the others."

STOPPED = "This is where training stopped. The weights of the best epoch are kept."

PEEKED = "Training had stopped before this epoch was reached."

TIES = "An equal loss is no improvement: it does not renew the patience."

LATER = "A label that arrives on the day itself is not known at its start."

UNKNOWN = "Some of these rows had no label yet: look at label_day as well."

FUTURE = "Some of these rows had not happened yet: look at day as well."

EXERCISES = {
    "clipped": Exercise(
        [
            case(([np.array([3.0, 4.0])], 1.0), [[0.6, 0.8]], mistakes=squared | values),
            case(
                ([np.array([3.0, 4.0]), np.array([12.0])], 1.0),
                [np.array([3, 4]) / 13, np.array([12]) / 13],
                mistakes=each,
            ),
            case(([np.array([0.3, 0.4])], 1.0), [[0.3, 0.4]], mistakes=longer),
            case(([np.zeros(2)], 1.0), [[0.0, 0.0]]),
        ],
        hint="Add up the squares of all numbers of all arrays, take the root, and scale by min(1, longest / norm).",
    ),
    "mixes-rows": Exercise(
        [
            case((doubled, [1.0, 2.0, 5.0]), False, mistakes={OWN: True}),
            case((centred, [1.0, 2.0, 5.0]), True, mistakes={MEAN: False}),
            case((so_far, [1.0, 2.0, 5.0]), True, mistakes={FIRST: False}),
            case((beside, [1.0, 2.0, 5.0]), True),
            case((nearly, [1.0, 2.0, 5.0]), False, mistakes={EXACT: True}),
        ],
        hint="Predict all rows together, then each one alone, and compare row by row.",
    ),
    "kept-epoch": Exercise(
        [
            case(([0.9, 0.5, 0.6, 0.7, 0.8], 2), 1, mistakes={STOPPED: 3}),
            case(([0.9, 0.5, 0.6, 0.7, 0.1], 2), 1, mistakes={PEEKED: 4}),
            case(([0.5, 0.5, 0.5, 0.4], 2), 0, mistakes={TIES: 3}),
            case(([0.9, 0.8, 0.7], 2), 2),
        ],
        hint="Keep the best epoch so far; stop when this epoch is patience after it.",
    ),
    "learnable": Exercise(
        [
            case(([1, 2, 3], [5, 20, 6], 10), [0, 2], mistakes={UNKNOWN: [0, 1, 2]}),
            case(([1, 8], [9, 10], 10), [0], mistakes={LATER: [0, 1]}),
            case(([1, 12], [2, 3], 10), [0], mistakes={FUTURE: [0, 1]}),
        ],
        hint="Two conditions for each row, both strict.",
    ),
}
check = checks(EXERCISES)
