"""The cases of *your turn* in the lessons on monitoring."""

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
    "share-of-all": Exercise(
        [
            case(
                ([0, 0, 1, 0, 1], [1.0, 1.0, 1.0, 0.05, 0.05]),
                21 / 43,
                mistakes={
                    "This counts each outcome once; one that had a small chance stands for many.": 0.4,
                    "Weigh by one over the chance, not by the chance.": 1.05 / 3.1,
                    "Divide by the sum of the weights, not by the number of outcomes.": 21 / 5,
                },
            ),
            case(([1, 0], [0.5, 0.5]), 0.5),
        ],
        hint="Two sums: of weights times outcomes, and of weights.",
    ),
    "left-and-complaining": Exercise(
        [
            case(
                (60, 0.25, 0.04, 0.01),
                (0.99**60, 2.5 * 0.99**59),
                mistakes={
                    "On the last day those have left who left before it, one day fewer.": (0.99**60, 2.5 * 0.99**60),
                    "Only those who are still there can complain.": (0.99**60, 2.5),
                    "Some of them leave each day, of those who are left: multiply, do not add.": (0.4, 2.5 * 0.41),
                },
            ),
            case((1, 0.5, 0.1, 0.2), (0.95, 100.0)),
        ],
        hint="A user stays a day with chance 1 - bad * leave; days multiply.",
    ),
}
check = checks(EXERCISES)
