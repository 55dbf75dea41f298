"""The cases of *your turn* in the lesson on daily jobs and rules."""

from mlsd_lib.lesson import Exercise, case, checks

early = {"Behind the watermark is not late yet: compare the window's end.": [False, True, True]}
goes_back = {"The watermark never goes back: keep the largest time.": [False, True, False]}
strict_end = {"A window that ends at the watermark is closed.": [False, False]}
eager = {"The watermark lags behind the largest time by the bound.": [False, False, False, True, False, True]}
hours = [1.0, 9.0, 11.0, 8.0, 22.0, 9.5]
week = [(5, 3_700), (6, 2_000), (6, 2_200)]
EXERCISES = {
    "late-events": Exercise(
        [
            case((hours, 10.0, 0.0), [False, False, False, True, False, True]),
            case(([9.0, 8.0, 7.0], 10.0, 0.0), [False, False, False], mistakes=early),
            case(([22.0, 9.0, 8.0], 10.0, 0.0), [False, True, True], mistakes=goes_back),
            case(([10.0, 3.0], 10.0, 0.0), [False, True], mistakes=strict_end),
            case((hours, 10.0, 5.0), [False, False, False, False, False, True], mistakes=eager),
        ],
        hint="Keep one number, the largest event time so far, and ask before you update it.",
    ),
    "rows-by-weekday": Exercise(
        [
            case((1_500, 0, [(0, 3_000)], 0.25), True),
            case(
                (2_100, 6, week, 0.1),
                False,
                mistakes={"A Sunday is like Sundays: compare with the same weekday.": True},
            ),
            case((6_000, 0, [(0, 3_000)], 0.25), True, mistakes={"Too many rows are unusual too: sent twice.": False}),
            case((3_750, 0, [(0, 3_000)], 0.25), False, mistakes={"Exactly the tolerance is still usual.": True}),
            case((10, 3, week, 0.25), False, mistakes={"No such weekday in the past: nothing can be said.": True}),
        ],
        hint="Take the past numbers of this weekday; if there are any, compare with a share of their mean.",
    ),
}
check = checks(EXERCISES)
