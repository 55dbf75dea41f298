"""The cases of *your turn* in the two notebooks of the case study on recommendation."""

import numpy as np

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "recommendation-shown": Exercise(
        [
            case(
                ({4: 0.9, 7: 0.6, 9: 0.4, 5: 0.1}, {4}, 2),
                [7, 9],
                mistakes={
                    "What was shown takes a place and cannot be right.": [4, 7],
                    "Leave out before you cut, or places stay empty.": [7],
                },
            ),
            case(
                ({4: 0.2, 7: -0.3, 9: -0.6}, {4}, 2),
                [7, 9],
                mistakes={"A score of 0 is no mask: other items may have less.": [4, 7]},
            ),
            case(({4: 0.2, 7: 0.3}, {4, 7}, 2), []),
        ],
        hint="Drop the shown items first, sort what is left by score, and take the first k.",
    ),
    "recommendation-ndcg": Exercise(
        [
            case(([4, 7, 9], {7}, 3), 1 / np.log2(3), mistakes={"The place counts: divide by log2(place + 1).": 1.0}),
            case(
                ([4, 7, 9], {4, 7, 9, 11}, 3),
                1.0,
                mistakes={
                    "A list of three cannot hold four: the best possible list has k places.": (
                        (1 + 1 / np.log2(3) + 0.5) / (1 + 1 / np.log2(3) + 0.5 + 1 / np.log2(5))
                    )
                },
            ),
            case(([4, 7, 9], {9}, 2), 0.0, mistakes={"Only the first k places count.": 0.5}),
            case(([4, 7, 9], {1, 2}, 3), 0.0),
        ],
        hint="Sum 1 / log2(place + 1) over the hits among the first k, and divide by the same sum for a perfect list.",
    ),
    "recommendation-variety": Exercise(
        [
            case(
                ([1, 2, 3, 4, 5], {1: 0, 2: 0, 3: 0, 4: 1, 5: 1}, 2, 4),
                [1, 2, 4, 5],
                mistakes={
                    "That shows more of a category than are allowed.": [1, 2, 3, 4],
                    "That is one of a category too few.": [1, 4],
                },
            ),
            case(([9, 8], {9: 3, 8: 3}, 5, 1), [9], mistakes={"The slate has fewer places than that.": [9, 8]}),
            case(
                ([9, 8, 7], {9: 3, 8: 3, 7: 3}, 1, 3),
                [9],
                mistakes={"A rule is not waived to fill the slate.": [9, 8, 7]},
            ),
        ],
        hint="Go down the ranking, count what was taken of each category, and stop when the slate is full.",
    ),
    "recommendation-credit": Exercise(
        [
            case(
                ([10, 11, 12, 13], [0, 1, 1, 0], {11, 12, 13}),
                1,
                mistakes={
                    "Count by team, the second's less the first's.": 3,
                    "The sign is of the second team, less the first.": -1,
                },
            ),
            case(([10, 11], [0, 1], {99}), 0, mistakes={"What was bought but not on the slate is nobody's.": 1}),
            case(([10, 11], [0, 0], {10, 11}), -2),
        ],
        hint="Add 1 for a bought item of team 1, take 1 away for one of team 0; leave out what was not on the slate.",
    ),
}
check = checks(EXERCISES)
