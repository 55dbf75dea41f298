"""The cases of *your turn* in the lessons on data processing."""

from mlsd_lib.lesson import Exercise, case, checks

early = {"Behind the watermark is not late yet: compare the window's end.": [False, True, True]}

goes_back = {"The watermark never goes back: keep the largest time.": [False, True, False]}

strict_end = {"A window that ends at the watermark is closed.": [False, False]}

eager = {"The watermark lags behind the largest time by the bound.": [False, False, False, True, False, True]}

hours = [1.0, 9.0, 11.0, 8.0, 22.0, 9.5]

week = [(5, 3_700), (6, 2_000), (6, 2_200)]

own = {"A row must not count its own answer.": [0.75, 0.5, 0.625]}

same_day = {"The other rows of the day are not known yet: count earlier days only.": [0.25, 0.5, 0.625]}

all_names = {"Count only rows with the same name.": [0.5, 0.5, 0.5]}

by_rows = {"Rows were dealt, not machines: each machine lies on both sides.": [0, 1, 0, 1, 0, 1]}

by_name = {"Deal in the order of first appearance, not of the names.": [1, 0, 1, 2]}

comes_back = {"A machine that comes back later stays in its fold.": [0, 1, 0, 1, 1, 0]}

in_blocks = {"Deal one machine to each fold in turn, not several to the first.": [0, 0, 1, 1]}

EXERCISES = {
    "latest-row": Exercise(
        [
            case((["a"], [5], ["a", "a"], [3, 7]), [0], mistakes={"The row at 7 lies in the future of 5.": [1]}),
            case((["a"], [7], ["a", "a"], [3, 7]), [1], mistakes={"A row of the very moment counts: not after.": [0]}),
            case(
                (["a"], [9], ["a", "a"], [8, 3]),
                [0],
                mistakes={"The history is not sorted: the last row need not be the latest.": [1]},
            ),
            case(
                (["a"], [9], ["a", "a", "a"], [7, 3, 7]),
                [2],
                mistakes={"Of two rows with the same time take the one written last.": [0]},
            ),
            case((["b"], [9], ["a"], [1]), [-1], mistakes={"That row belongs to another key.": [0]}),
            case((["b", "a", "a"], [4, 2, 9], ["a", "b", "a"], [5, 1, 2]), [1, 2, 0]),
        ],
        hint="Put each key's rows in the order of time without disturbing equal times, then search.",
    ),
    "relation": Exercise(
        [
            case((2_000.0, 4, 40.0), True),
            case(
                (90.0, 4, 40.0),
                False,
                mistakes={"Above the mean is unusual, not impossible: the other payments may have been small.": True},
            ),
            case((55.0, 1, 55.0), False, mistakes={"A first payment is its own mean.": True}),
            case((5_500.0, 1, 55.0), True, mistakes={"The total of one payment is that payment.": False}),
            case((160.0, 4, 40.0), False, mistakes={"The others may have been next to nothing.": True}),
            case((170.0, 4, 40.0), True, mistakes={"How much is possible follows from the number of payments.": False}),
            case(
                (500.0, 20, 40.0), False, mistakes={"How much is possible follows from the number of payments.": True}
            ),
            case((160.005, 4, 40.0), False, mistakes={"Leave a hundredth of a euro of room for rounding.": True}),
            case((30.0, 1, 55.0), True, mistakes={"An only payment is the mean, and can be no smaller either.": False}),
        ],
        hint="What is the customer's total over the 30 days, and which part of it is this payment?",
    ),
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
    "share-before": Exercise(
        [
            case((["a", "a", "a"], [1, 2, 3], [1, 0, 1], 1, 0.5), [0.5, 0.75, 0.5], mistakes=own),
            case((["a", "a", "a"], [1, 1, 2], [1, 1, 0], 2, 0.25), [0.25, 0.25, 0.625], mistakes=same_day),
            case((["a", "b", "a"], [1, 1, 2], [1, 0, 0], 1, 0.5), [0.5, 0.5, 0.75], mistakes=all_names),
        ],
        hint="Take for each name how many rows and ones earlier days had; add a day's rows only when it is over.",
    ),
    "fold-of": Exercise(
        [
            case((["a", "a", "b", "b", "c", "c"], 2), [0, 0, 1, 1, 0, 0], mistakes=by_rows),
            case((["b", "a", "b", "c"], 3), [0, 1, 0, 2], mistakes=by_name),
            case((["a", "b", "a", "c", "c", "b"], 2), [0, 1, 0, 0, 0, 1], mistakes=comes_back),
            case((["a", "b", "c", "d"], 2), [0, 1, 0, 1], mistakes=in_blocks),
        ],
        hint="Remember the fold of each machine that has appeared; a new one gets the next fold in turn.",
    ),
}
check = checks(EXERCISES)
