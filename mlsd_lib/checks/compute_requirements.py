"""The cases of *your turn* in the lesson on compute requirements."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "ridge-rows": Exercise(
        [
            case(
                (256, 256, 8),
                19,
                mistakes={
                    "Inputs and outputs move too, and grow with the rows.": 16,
                    "Below the whole number the ridge is not reached: round up.": 18,
                },
            ),
            case((4096, 4096, 20), 41),
            case((1024, 256, 10), 23),
            case(
                (64, 64, 20),
                None,
                mistakes={
                    "With ever more rows the intensity only nears a limit; here that lies below the ridge.": -160
                },
            ),
        ],
        hint="Solve 2 B i o / (4 (i o + B i + B o)) >= ridge for B, and look at the sign of what you divide by.",
    ),
    "may-flip": Exercise(
        [
            case(([[2.0, 1.0], [0.9, 1.0]], 0.1), [False, True]),
            case(
                ([[1.0, 1.15]], 0.1),
                [True],
                mistakes={"Both logits may move, and towards each other: count the movement twice.": [False]},
            ),
            case(
                ([[0.0, 3.0, 2.95], [3.0, 2.95, -5.0]], 0.1),
                [True, True],
                mistakes={
                    "Compare the two largest logits of the row, wherever they stand.": [False, True],
                    "The smallest logit does not matter: compare the two largest.": [False, False],
                },
            ),
        ],
        hint="Sort each row; the gap between its last two entries is the margin.",
    ),
    "mixed-day": Exercise(
        [
            case(([10, 10], 1, 20, 0.04, 1e-6), 0.08, mistakes={"The server costs the same in every hour.": 0.04}),
            case(
                ([10, 50], 1, 20, 0.04, 1e-6),
                0.188,
                mistakes={
                    "A rate is a second's: an hour has 3,600 of them.": 0.08003,
                    "A quiet hour earns nothing back: what exceeds the servers is never negative.": 0.152,
                },
            ),
            case(([50], 2, 20, 0.04, 1e-6), 0.116, mistakes={"Two servers take twice the capacity.": 0.188}),
            case(([10, 50], 0, 20, 0.04, 1e-6), 0.216),
        ],
        hint="Each hour: servers * server_hour_usd, plus the calls beyond servers * capacity_per_s, if there are any.",
    ),
}
check = checks(EXERCISES)
