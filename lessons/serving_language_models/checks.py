"""*Your turn* in the lesson on serving language models."""

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn("felt-stream", (10.0, [10.5, 10.6, 10.7, 11.5, 11.6]), (0.0, [2.0, 2.1]), (1.0, [1.0, 1.5, 2.5]))
class Felt:
    """gaps = [later - earlier for earlier, later in zip(times, times[1:])]; their mean and their maximum."""

    def right(arrived, times):
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        return times[0] - arrived, sum(gaps) / len(gaps), max(gaps)

    def one_gap_too_many(arrived, times):
        """Between five tokens lie four gaps."""
        first, mean, worst = Felt.right(arrived, times)
        return first, mean * (len(times) - 1) / len(times), worst

    def mean_with_the_first_wait(arrived, times):
        """The first token's wait is not part of the time per token."""
        return times[0] - arrived, (times[-1] - arrived) / len(times), Felt.right(arrived, times)[2]

    def waits_from_0(arrived, times):
        """The first token is waited for from the arrival on, not from time 0."""
        return times[0], *Felt.right(arrived, times)[1:]

    def last_gap(arrived, times):
        """The worst gap is the longest, not the last."""
        return *Felt.right(arrived, times)[:2], times[-1] - times[-2]

    def first_wait_as_gap(arrived, times):
        """The wait for the first token is no gap."""
        first, mean, worst = Felt.right(arrived, times)
        return first, mean, max(first, worst)


@check.turn("step-plan", (512, 12, [300]), (512, 12, [300, 700, 50]), (64, 60, [9, 9]), (64, 10, []))
class PromptTokens:
    """left = chunk - streams; each prompt in turn takes min(left, what it misses), and left falls by it."""

    def right(chunk, streams, missing):
        left, plan = chunk - streams, []
        for one in missing:
            plan.append(min(left, one))
            left -= plan[-1]
        return plan

    def more_than_is_missing(chunk, streams, missing):
        """A prompt gets no more than it misses."""
        return [chunk - streams for one in missing]

    def streams_take_nothing(chunk, streams, missing):
        """Each stream takes one token of the step; prompts share the rest."""
        return PromptTokens.right(chunk, 0, missing)

    def equal_parts(chunk, streams, missing):
        """The oldest prompt first: two at half speed are both late."""
        left, n = chunk - streams, len(missing)
        return [min(one, left // n + (k >= n - left % n)) for k, one in enumerate(missing)]

    def whole_prompts_alone(chunk, streams, missing):
        """A prompt that does not fit whole gets the part that fits."""
        left, plan = chunk - streams, []
        for one in missing:
            plan.append(one if one <= left else 0)
            left -= plan[-1]
        return plan


@check.turn("lifted-counter", (100.0, [900.0, 400.0]), (700.0, [900.0, 400.0]), (100.0, []))
class Lifted:
    """The lowest counter among those that wait, or its own if that is higher."""

    def right(own, waiting):
        return max(own, min(waiting, default=own))

    def no_lift(own, waiting):
        """Without a lift it is served alone until it has caught up with the others."""
        return own

    def highest_of_the_others(own, waiting):
        """At the highest of the others it would wait for the one that was served least."""
        return max([own, *waiting])

    def mean_of_the_others(own, waiting):
        """The mean of the others is above the one that waits with the least."""
        return max(own, sum(waiting) / len(waiting)) if waiting else own

    def counter_falls(own, waiting):
        """A counter never falls: what was used stays used."""
        return min(waiting, default=own)
