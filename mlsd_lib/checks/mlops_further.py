"""The cases of *your turn* in the lesson on Feast and Evidently."""

from mlsd_lib.lesson import Exercise, case, checks

corrected = [(1, 1), (1, 5), (2, 3)]
future = "That row became known only after the request. Both times must be at or before `at`."
newest_known = (
    "That is the row known last. First comes the time at which it happened, then the time at which it was known."
)
EXERCISES = {
    "what-was-known": Exercise(
        [
            case((corrected, 4), (2, 3)),
            case((corrected, 2), (1, 1), mistakes={future: (2, 3)}),
            case(([(1, 1), (1, 5)], 3), (1, 1), mistakes={future: (1, 5)}),
            case(([(1, 1), (1, 5)], 5), (1, 5)),
            case((corrected, 6), (2, 3), mistakes={newest_known: (1, 5)}),
            case(([(4, 1)], 3), None, mistakes={future: (4, 1)}),
            case(([], 3), None),
        ],
        hint="Keep the rows whose later time is at most `at`; max over pairs compares the first number first.",
    ),
    "some-alarm": Exercise(
        [
            case((0.05, 1), 0.05),
            case(
                (0.05, 5),
                1 - 0.95**5,
                mistakes={
                    "Two tests can ring on one day; the sum counts that day twice.": 0.25,
                    "That is the probability that all of them ring.": 0.05**5,
                    "That is the probability that none of them rings.": 0.95**5,
                },
            ),
            case((0.5, 20), 1 - 0.5**20),
        ],
        hint="The probability that none rings is the product of the probabilities that each does not.",
    ),
}
check = checks(EXERCISES)
