"""The cases of *your turn* in the lesson on waiting, staleness and data in shards."""

import numpy as np

from mlsd_lib.lesson import Exercise, case, checks

two_steps = np.array([[1.0, 2.0, 9.0], [5.0, 1.0, 1.0]])
waits_for_all = "That waits for every worker. The step is over once `needed` gradients have come."
first_ones = "Which workers are quick differs from step to step: sort each step, do not take the first columns."
off_by_one = "The step is over when the last of the `needed` has come, which is entry needed - 1 counted from 0."
fresh = "That is the gradient at the newest weight. It was computed at the weight of `staleness` updates ago."
one_older = "Staleness 1 is the weight before the newest, and 0 the newest itself; yours is one older."
EXERCISES = {
    "step-with-backups": Exercise(
        [
            case(
                (two_steps, 2),
                np.array([2.0, 1.0]),
                mistakes={
                    waits_for_all: np.array([9.0, 5.0]),
                    first_ones: np.array([2.0, 5.0]),
                    off_by_one: np.array([1.0, 1.0]),
                },
            ),
            case((two_steps, 3), np.array([9.0, 5.0])),
            case((np.array([[3.0, 1.0, 2.0, 8.0]]), 3), np.array([3.0])),
        ],
        hint="np.sort along the workers, then one column.",
    ),
    "stale-descent": Exercise(
        [
            case((0.5, 0, 3), [1.0, 0.5, 0.25, 0.125]),
            case(
                (0.5, 1, 4),
                [1.0, 0.5, 0.0, -0.25, -0.25],
                mistakes={fresh: [1.0, 0.5, 0.25, 0.125, 0.0625], one_older: [1.0, 0.5, 0.0, -0.5, -0.75]},
            ),
            case((0.5, 3, 4), [1.0, 0.5, 0.0, -0.5, -1.0]),
        ],
        hint="Before the start the weight was 1, too: max(0, step - staleness) is the place to read.",
    ),
}
check = checks(EXERCISES)
