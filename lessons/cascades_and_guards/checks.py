"""The cases of *your turn* in the lesson on cascades and guards."""

from mlsd_lib.lesson import Exercise, case, checks

most_confident = "That escalates the most confident questions. They are the ones to keep."

large_never_errs = "That takes every escalated answer for right. The large model errs, too."

only_kept = "That looks only at the answers that are kept. The escalated ones are answers as well."

base_rate_forgotten = (
    "That would be the share if pages with and without an attack were equally many. Weigh each by its number."
)

share_caught = "That is the share of attacks that are stopped. Asked is the share of attacks among what is stopped."

of_all_pages = "That is the share of stopped attacks among all pages. Divide by what is stopped."

CONFIDENCE = [0.9, 0.2, 0.6, 0.4, 0.8]
SMALL = [True, False, True, False, False]
LARGE = [True, True, False, True, True]
EXERCISES = {
    "share-escalated": Exercise(
        [
            case((CONFIDENCE, SMALL, LARGE, 0.8), 0.4, mistakes={most_confident: 1.0, only_kept: 0.8}),
            case(
                ([0.1, 0.2, 0.9, 0.8], [False] * 2 + [True] * 2, [False, True, True, True], 0.75),
                0.5,
                mistakes={large_never_errs: 0.25},
            ),
            case(([0.5, 0.6], [False, False], [False, True], 1.0), None),
            case(([0.5, 0.6], [True, True], [False, False], 1.0), 0.0),
        ],
        hint="Sort by confidence. For each count, the first `count` questions get the large model's answer.",
    ),
    "alarms-that-are-attacks": Exercise(
        [
            case(
                (0.001, 0.9, 0.01),
                0.0009 / (0.0009 + 0.00999),
                mistakes={base_rate_forgotten: 0.9 / 0.91, share_caught: 0.9, of_all_pages: 0.0009},
            ),
            case((0.5, 0.8, 0.2), 0.8),
            case((0.01, 1.0, 0.0), 1.0),
        ],
        hint="Of 1,000,000 pages, count the attacks that are stopped and the honest pages that are stopped.",
    ),
}
check = checks(EXERCISES)
