"""The cases of *your turn* in the lesson on fit and leakage."""

from mlsd_lib.lesson import Exercise, case, checks

STOPPED = "This is where training stopped. The weights of the best epoch are kept."
PEEKED = "Training had stopped before this epoch was reached."
TIES = "An equal loss is no improvement: it does not renew the patience."
LATER = "A label that arrives on the day itself is not known at its start."
UNKNOWN = "Some of these rows had no label yet: look at label_day as well."
FUTURE = "Some of these rows had not happened yet: look at day as well."
EXERCISES = {
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
