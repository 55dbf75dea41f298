"""The cases of *your turn* in the case study on maintenance."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "maintenance-exposure": Exercise(
        [
            case(
                ([10.0, 50.0, 30.0], [True, False, True]),
                45.0,
                mistakes={
                    "That averages the units that failed and drops the life that the others have shown.": 20.0,
                    "That counts each unit that still runs as if it had failed now.": 30.0,
                },
            ),
            case(([5.0, 40.0, 60.0, 95.0], [True, False, False, True]), 100.0),
            case(([5.0, 7.0], [True, True]), 6.0),
        ],
        hint="All days that were lived, over the number of failures.",
    ),
    "maintenance-age-rate": Exercise(
        [
            case(
                ([50.0, 100.0], 60, 1_000.0, 6_000.0),
                7_000 / 110,
                mistakes={
                    "A unit replaced at that age has lived only until then: divide by the days in place.": 7_000 / 150,
                    "A unit that fails before that age costs a failure, not a planned replacement.": 2_000 / 110,
                },
            ),
            case(
                ([40.0, 60.0], 60, 1_000.0, 6_000.0),
                12_000 / 100,
                mistakes={"A unit whose life ends on that very day has failed before the crew came.": 7_000 / 100},
            ),
            case(([10.0, 20.0], 30, 1_000.0, 6_000.0), 12_000 / 30),
        ],
        hint="Add up what each unit costs and how long it is in place; divide once, at the end.",
    ),
    "maintenance-conformal": Exercise(
        [
            case(
                ([3.0, 1.0, 4.0, 2.0, 5.0, 9.0, 7.0, 8.0, 6.0, 10.0], 0.61),
                7.0,
                mistakes={"Round the rank up; rounded down, it covers too few.": 6.0},
            ),
            case(
                ([1.0, 3.0, 2.0, 4.0], 0.75),
                4.0,
                mistakes={"A new unit is one more than those at hand: the rank is of n + 1.": 3.0},
            ),
            case(([2.0, 6.0], 0.95), float("inf"), mistakes={"Two units cannot show so high a coverage.": 6.0}),
        ],
        hint="Sort the errors; the rank is (n + 1) times the coverage, rounded up; beyond n there is no bound.",
    ),
}
check = checks(EXERCISES)
