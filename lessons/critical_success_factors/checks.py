"""The cases of *your turn* in the lesson on critical success factors."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "worth-of-a-check": Exercise(
        [
            case(
                (1, 31, 4, 1_000, 12, 200),
                117_600,
                mistakes={
                    "False alarms are paid, too: subtract them.": 120_000,
                    "Count the days that are saved, not those that are left.": 4_000 - 2_400,
                    "There are several incidents a year.": 30_000 - 2_400,
                },
            ),
            case(
                (30, 10, 2, 500, 5, 100),
                -500,
                mistakes={"A check that is later than what notices anyway saves nothing; it does no harm.": -20_500},
            ),
        ],
        hint="Incidents times harm times the days that are saved, but never below zero days; then the false alarms.",
    ),
    "expected-effect": Exercise(
        [
            case(
                (1.0, 1.0, 0.0, 1.0),
                0.5,
                mistakes={"A measurement that errs is not the effect: what was known before counts as well.": 1.0},
            ),
            case(
                (2.0, 0.5, -0.2, 1.0),
                1.56,
                mistakes={
                    "The weights are the wrong way round: a small error makes the measurement count for more.": 0.24,
                    "Weigh by variances, that is squares.": 2.0 * 1.0 / 1.5 - 0.2 * 0.5 / 1.5,
                    "The rest of the weight belongs to what was known before.": 1.6,
                },
            ),
        ],
        hint="Weigh the measurement by 1 / error**2 and what was known before by 1 / spread**2.",
    ),
}
check = checks(EXERCISES)
