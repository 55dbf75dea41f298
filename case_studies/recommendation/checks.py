"""*Your turn* in the two notebooks of the case study on recommendation."""

import numpy as np

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn(
    "recommendation-shown",
    ({4: 0.9, 7: 0.6, 9: 0.4, 5: 0.1}, {4}, 2),
    ({4: 0.2, 7: -0.3, 9: -0.6}, {4}, 2),
    ({4: 0.2, 7: 0.3}, {4, 7}, 2),
)
class Ranked:
    """Drop the shown items first, sort what is left by score, and take the first k."""

    def right(scores, shown, k):
        left = [item for item in scores if item not in shown]
        return sorted(left, key=scores.get, reverse=True)[:k]

    def ranks_what_was_shown(scores, shown, k):
        """What was shown takes a place and cannot be right."""
        return sorted(scores, key=scores.get, reverse=True)[:k]

    def cuts_first(scores, shown, k):
        """Leave out before you cut, or places stay empty."""
        best = sorted(scores, key=scores.get, reverse=True)[:k]
        return [item for item in best if item not in shown]

    def gives_0_to_what_was_shown(scores, shown, k):
        """A score of 0 is no mask: other items may have less."""
        masked = {item: 0 if item in shown else score for item, score in scores.items()}
        return sorted(masked, key=masked.get, reverse=True)[:k]


@check.turn(
    "recommendation-ndcg",
    ([4, 7, 9], {7}, 3),
    ([4, 7, 9], {4, 7, 9, 11}, 3),
    ([4, 7, 9], {9}, 2),
    ([4, 7, 9], {1, 2}, 3),
)
class NdcgAt:
    """Sum 1 / log2(place + 1) over the hits among the first k, and divide by the same sum for a perfect list."""

    def right(slate, wanted, k):
        found = sum(1 / np.log2(place + 2) for place, item in enumerate(slate[:k]) if item in wanted)
        return found / sum(1 / np.log2(place + 2) for place in range(min(len(wanted), k)))

    def counts_hits_whatever_their_place(slate, wanted, k):
        """The place counts: divide by log2(place + 1)."""
        return sum(item in wanted for item in slate[:k]) / min(len(wanted), k)

    def the_perfect_list_is_longer(slate, wanted, k):
        """A list of three cannot hold four: the best possible list has k places."""
        found = sum(1 / np.log2(place + 2) for place, item in enumerate(slate[:k]) if item in wanted)
        return found / sum(1 / np.log2(place + 2) for place in range(len(wanted)))

    def looks_beyond_the_first_k(slate, wanted, k):
        """Only the first k places count."""
        found = sum(1 / np.log2(place + 2) for place, item in enumerate(slate) if item in wanted)
        return found / sum(1 / np.log2(place + 2) for place in range(min(len(wanted), k)))


@check.turn(
    "recommendation-variety",
    ([1, 2, 3, 4, 5], {1: 0, 2: 0, 3: 0, 4: 1, 5: 1}, 2, 4),
    ([9, 8], {9: 3, 8: 3}, 5, 1),
    ([9, 8, 7], {9: 3, 8: 3, 7: 3}, 1, 3),
)
class Varied:
    """Go down the ranking, count what was taken of each category, and stop when the slate is full."""

    def right(ranked, category, most, places):
        chosen = []
        for item in ranked:
            if len(chosen) < places and sum(category[one] == category[item] for one in chosen) < most:
                chosen.append(item)
        return chosen

    def no_rule(ranked, category, most, places):
        """That shows more of a category than are allowed."""
        return ranked[:places]

    def one_too_few(ranked, category, most, places):
        """That is one of a category too few."""
        return Varied.right(ranked, category, most - 1, places)

    def fills_up_against_the_rule(ranked, category, most, places):
        """A rule is not waived to fill the slate."""
        chosen = Varied.right(ranked, category, most, places)
        return chosen + [item for item in ranked if item not in chosen][: places - len(chosen)]

    def never_looks_at_the_length(ranked, category, most, places):
        """The slate has fewer places than that."""
        return Varied.right(ranked, category, most, len(ranked))


@check.turn(
    "recommendation-credit",
    ([10, 11, 12, 13], [0, 1, 1, 0], {11, 12, 13}),
    ([10, 11], [0, 1], {99}),
    ([10, 11], [0, 0], {10, 11}),
)
class Credit:
    """Add 1 for a bought item of team 1, take 1 away for one of team 0; leave out what was not on the slate."""

    def right(slate, team, bought):
        return sum(2 * side - 1 for item, side in zip(slate, team) if item in bought)

    def counts_all_purchases(slate, team, bought):
        """Count by team, the second's less the first's."""
        return sum(item in bought for item in slate)

    def the_wrong_way_round(slate, team, bought):
        """The sign is of the second team, less the first."""
        return sum(1 - 2 * side for item, side in zip(slate, team) if item in bought)

    def gives_what_was_not_shown(slate, team, bought):
        """What was bought but not on the slate is nobody's."""
        found = dict(zip(slate, team))
        return sum(2 * found.get(item, 1) - 1 for item in bought)
