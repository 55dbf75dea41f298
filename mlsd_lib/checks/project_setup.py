"""The cases of *your turn* in the lesson on project setup."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "setup-test-days": Exercise(
        [
            case(
                (4.0, 2.0),
                32,
                mistakes={
                    "The error shrinks with the root of the days: square the ratio.": 6,
                    "A part of a day is no day: round up.": 31,
                },
            ),
            case((4.0, 4.0), 8),
            case(
                (3.0, 1.0),
                71,
                mistakes={"With 1.96 alone a true lead is found only every second time: add 0.84.": 35},
            ),
        ],
        hint="sd / sqrt(days) <= gain / 2.8, solved for days.",
    ),
    "setup-acting-threshold": Exercise(
        [
            case((0, 12, 120, 12), 0.1),
            case(
                (0, 12, 120, 40),
                12 / 92,
                mistakes={"A fraud acted on still costs something: what is saved is the difference.": 0.1},
            ),
            case(
                (-1, 4, 95, 0), 0.05, mistakes={"An honest payment let pass earns here: acting loses that too.": 4 / 99}
            ),
            case((0, 12, 10, 12), None),
        ],
        hint="Equate (1 - p) honest_act + p fraud_act with (1 - p) honest_pass + p fraud_pass.",
    ),
}
check = checks(EXERCISES)
