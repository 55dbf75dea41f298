"""The cases of *your turn* in the lessons on compute requirements."""

from mlsd_lib.lesson import Exercise, case, checks

MODELS = {"large": (98.0, 1_000, 50.0), "hungry": (97.0, 400, 30.0), "small": (95.0, 20, 1.0)}

"""Accuracy (%), size (KB), energy of an answer (uJ)."""

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
    "largest-rounding": Exercise(
        [
            case(
                ([0.5, -1.27], 8),
                0.005,
                mistakes={
                    "Rounding to the nearest whole number moves by half a step at most.": 0.01,
                    "The largest weight may be negative: compare sizes without the sign.": 0.5 / 127 / 2,
                    "Both signs share the whole numbers: 8 bits reach from -127 to 127.": 1.27 / 255 / 2,
                },
            ),
            case(([3.0, 1.0], 2), 1.5),
            case(([0.7, 0.1, -0.2], 4), 0.05),
            case(([0.0, 0.0], 8), 0.0),
        ],
        hint="How far apart are two neighbouring values that the row can take? That distance is the scale.",
    ),
    "device-choice": Exercise(
        [
            case(
                (MODELS, 512, 2_400, 100_000_000),
                "small",
                mistakes={
                    "It fits the flash, but each answer may take only a share of the cell's energy.": "hungry",
                },
            ),
            case(
                (MODELS, 512, 2_400, 10_000_000),
                "hungry",
                mistakes={
                    "It does not fit the flash.": "large",
                    "Of the models that fit, take the most accurate.": "small",
                },
            ),
            case((MODELS, 400, 3_000, 100_000_000), "hungry", mistakes={"What needs exactly a budget fits.": "small"}),
            case((MODELS, 10, 2_400, 10_000_000), None),
        ],
        hint="First the energy that one answer may take, in uJ; then the models that fit; then the best of them.",
    ),
}
check = checks(EXERCISES)
