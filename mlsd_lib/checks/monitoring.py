"""The cases of *your turn* in the lesson on monitoring."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "expected-index": Exercise(
        [
            case(
                (10, 50, 10_000),
                9 * (1 / 50 + 1 / 10_000),
                mistakes={
                    "The last bin's share follows from the others: bins - 1 are free.": 10 * (1 / 50 + 1 / 10_000),
                    "The reference is a sample too.": 9 / 50,
                    "Add the reciprocals of both sizes.": 9 / 10_050,
                },
            ),
            case((2, 100, 100), 0.02),
        ],
        hint="(b - 1) (1/n + 1/m).",
    ),
    "true-share": Exercise(
        [
            case((0.5, 0.1, 0.9), 0.9),
            case(
                (0.01, 0.05, 0.9),
                0.009 / (0.009 + 0.0495),
                mistakes={
                    "Asked is how many alarms are true, not how many bad days ring.": 0.9,
                    "A false alarm needs a good day: weigh false by 1 - bad.": 0.009 / (0.009 + 0.05),
                    "A true alarm needs a bad day: weigh caught by bad.": 0.9 / (0.9 + 0.0495),
                    "This is the share of days with a true alarm; divide by the share of days with any.": 0.009,
                },
            ),
            case((0.01, 0.0, 0.0), 0.0),
        ],
        hint="Days with a true alarm, divided by days with any alarm; look out for no alarm at all.",
    ),
}
check = checks(EXERCISES)
