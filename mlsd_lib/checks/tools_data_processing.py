"""The cases of *your turn* in the lesson on one job in six tools."""

import math

from mlsd_lib.lesson import Exercise, case, checks

monday, friday = (2, 500, {31, 32}, 400), (3, 900, {32, 40}, 300)
alone = (1, 120, {31}, 120)
added = "The number of stores cannot be added, and sets are joined: a store that is in both counts once."
shared = "Stores that are only in one of the parts are missing: join the sets, do not intersect them."
summed = "The largest line of both is the larger of the two, not their sum."
backwards = "From there on A is quicker: B has the larger slope, and is quicker only before. That is never."
negative = "The lines cross left of zero: with smaller start and smaller slope B is quicker from the first line on, 0."
flipped = "Lines are never negative. Take B's start minus A's, over A's slope minus B's."
never, always = math.inf, 0.0
EXERCISES = {
    "merged-parts": Exercise(
        [
            case(
                (monday, friday),
                (5, 1400, {31, 32, 40}, 400),
                mistakes={
                    added: (5, 1400, 4, 400),
                    shared: (5, 1400, {32}, 400),
                    summed: (5, 1400, {31, 32, 40}, 700),
                },
            ),
            case((alone, monday), (3, 620, {31, 32}, 400)),
            case((friday, alone), (4, 1020, {31, 32, 40}, 300)),
        ],
        hint="One entry after the other: +, +, | and max.",
    ),
    "crossing-point": Exercise(
        [
            case((1.0, 0.002, 9.0, 0.001), 8000.0, mistakes={flipped: -8000.0}),
            case((1.0, 0.001, 9.0, 0.002), never, mistakes={backwards: -8000.0}),
            case((9.0, 0.001, 1.0, 0.002), never, mistakes={backwards: 8000.0}),
            case((9.0, 0.002, 1.0, 0.001), always, mistakes={negative: -8000.0}),
            case((1.0, 0.001, 9.0, 0.001), never),
            case((9.0, 0.001, 1.0, 0.001), always),
        ],
        hint="Two lines are equal where the difference of the starts is made up by that of the slopes. Mind the signs.",
    ),
}
check = checks(EXERCISES)
