"""The cases of *your turn* in the lesson on performance requirements."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "dominated": Exercise(
        [
            case(([1.0, 2.0], [0.9, 0.8]), [False, True]),
            case(([1.0, 2.0, 3.0], [0.7, 0.8, 0.9]), [False, False, False]),
            case(
                ([1.0, 1.0], [0.8, 0.8]),
                [False, False],
                mistakes={"Two equal models dominate each other here: one comparison must be strict.": [True, True]},
            ),
            case(
                ([1.0, 1.0, 2.0], [0.8, 0.9, 0.9]),
                [True, False, True],
                mistakes={"A model as fast but less accurate is dominated too.": [False, False, False]},
            ),
        ],
        hint="For each model, ask of every other one: no slower, no less accurate, and strictly better in one?",
    ),
    "holdout-rows": Exercise(
        [
            case((1.0, 0.8), 12_100, mistakes={"Points are hundredths: compare like with like.": 2}),
            case(
                (2.0, 0.8), 3_025, mistakes={"Twice the tolerated lead needs a quarter of the rows, not half.": 6_050}
            ),
            case((1.0, 0.95), 3_593, mistakes={"A part of a row cannot be collected: round up.": 3_592}),
        ],
        hint="The standard error of an accuracy a on n rows is sqrt(a (1 - a) / n); solve k times it for n.",
    ),
    "hedged": Exercise(
        [
            case((4.0, 5.0, 10.0), 4.0),
            case((90.0, 5.0, 10.0), 15.0, mistakes={"The replica starts only after the wait: add it.": 5.0}),
            case((12.0, 5.0, 10.0), 12.0, mistakes={"The first answer may still come first: take the earlier.": 15.0}),
            case((9.0, 1.0, 10.0), 9.0, mistakes={"Within the wait no replica is asked.": 1.0}),
        ],
        hint="Nothing is sent twice before wait_ms; after it, two answers race.",
    ),
}
check = checks(EXERCISES)
