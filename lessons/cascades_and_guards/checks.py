"""*Your turn* in the lesson on cascades and guards."""

from mlsd_lib.lesson import Turns

check = Turns()

CONFIDENCE = [0.9, 0.2, 0.6, 0.4, 0.8]

SMALL = [True, False, True, False, False]

LARGE = [True, True, False, True, True]


@check.turn(
    "share-escalated",
    (CONFIDENCE, SMALL, LARGE, 0.8),
    ([0.1, 0.2, 0.9, 0.8], [False] * 2 + [True] * 2, [False, True, True, True], 0.75),
    ([0.5, 0.6], [False, False], [False, True], 1.0),
    ([0.5, 0.6], [True, True], [False, False], 1.0),
)
class ShareEscalated:
    """Sort by confidence. For each count, the first `count` questions get the large model's answer."""

    def right(confidence, small_right, large_right, least):
        order = sorted(range(len(confidence)), key=lambda i: confidence[i])
        for count in range(len(order) + 1):
            right = sum(large_right[i] for i in order[:count]) + sum(small_right[i] for i in order[count:])
            if right >= least * len(order):
                return count / len(order)
        return None

    def escalates_the_confident(confidence, small_right, large_right, least):
        """That escalates the most confident questions. They are the ones to keep."""
        return ShareEscalated.right([-one for one in confidence], small_right, large_right, least)

    def large_model_never_errs(confidence, small_right, large_right, least):
        """That takes every escalated answer for right. The large model errs, too."""
        return ShareEscalated.right(confidence, small_right, [1] * len(confidence), least)

    def ignores_the_escalated(confidence, small_right, large_right, least):
        """That looks only at the answers that are kept. The escalated ones are answers as well."""
        order = sorted(range(len(confidence)), key=lambda i: confidence[i])
        for count in range(len(order) + 1):
            kept = [small_right[i] for i in order[count:]]
            if sum(kept) >= least * len(kept):
                return count / len(order)
        return None


@check.turn("alarms-that-are-attacks", (0.001, 0.9, 0.01), (0.5, 0.8, 0.2), (0.01, 1.0, 0.0))
class AlarmsThatAreAttacks:
    """Of 1,000,000 pages, count the attacks that are stopped and the honest pages that are stopped."""

    def right(attack_share, caught, false_alarms):
        stopped_attacks = attack_share * caught
        stopped_honest = (1 - attack_share) * false_alarms
        return stopped_attacks / (stopped_attacks + stopped_honest)

    def equally_many_of_both(attack_share, caught, false_alarms):
        """That would be the share if pages with and without an attack were equally many. Weigh each by its number."""
        return caught / (caught + false_alarms)

    def share_of_attacks_stopped(attack_share, caught, false_alarms):
        """That is the share of attacks that are stopped. Asked is the share of attacks among what is stopped."""
        return caught

    def share_of_all_pages(attack_share, caught, false_alarms):
        """That is the share of stopped attacks among all pages. Divide by what is stopped."""
        return attack_share * caught
