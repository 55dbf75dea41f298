"""The cases of *your turn* in the second lesson on compute requirements."""

from mlsd_lib.lesson import Exercise, case, checks

MODELS = {"large": (98.0, 1_000, 50.0), "hungry": (97.0, 400, 30.0), "small": (95.0, 20, 1.0)}
"""Accuracy (%), size (KB), energy of an answer (uJ)."""
EXERCISES = {
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
