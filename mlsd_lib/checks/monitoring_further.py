"""The cases of *your turn* in the second lesson on monitoring."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
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
