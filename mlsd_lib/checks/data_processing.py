"""The cases of *your turn* in the lesson on data processing."""

from mlsd_lib.lesson import Exercise, case, checks

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
}
check = checks(EXERCISES)
