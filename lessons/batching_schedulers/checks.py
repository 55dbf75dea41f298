"""*Your turn* in the lesson on batching and its schedulers."""

import math

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn("steps-of-a-schedule", ([4, 1, 1, 1], 2), ([1, 1, 5], 2), ([2, 2, 2, 6], 2), ([3, 2, 1], 8), ([3, 2, 1], 1))
class StepsTaken:
    """Keep for each slot the step at which it becomes free; the next request takes the one that is free first."""

    def right(steps, slots):
        free_at = [0] * slots
        for needed in steps:
            first = free_at.index(min(free_at))
            free_at[first] += needed
        return max(free_at)

    def static_batch(steps, slots):
        """That is the static batch: a request waits until all of its group have ended."""
        return sum(max(steps[i : i + slots]) for i in range(0, len(steps), slots))

    def work_over_slots(steps, slots):
        """That is the work divided by the slots. One long request cannot be divided among them."""
        return max(math.ceil(sum(steps) / slots), 4)

    def longest_first(steps, slots):
        """That begins with the longest. A server does not know the lengths; requests begin in their order."""
        return StepsTaken.right(sorted(steps, reverse=True), slots)


@check.turn("empty-share", ([16, 17], 16), ([1, 1], 16), ([200, 300], 2_000), ([32], 16))
class EmptyShare:
    """-(-tokens // block) is tokens / block, rounded up."""

    def right(tokens, block):
        return 1 - sum(tokens) / sum(-(-held // block) * block for held in tokens)

    def mean_of_the_shares(tokens, block):
        """That is the mean of each sequence's share. Add up the tokens of all, then divide."""
        return sum(1 - n / (-(-n // block) * block) for n in tokens) / len(tokens)

    def one_block_too_many(tokens, block):
        """A sequence that fills its last block needs no further one."""
        return 1 - sum(tokens) / sum((n // block + 1) * block for n in tokens)

    def used_share(tokens, block):
        """That is the share that is used. Asked is the share that holds nothing."""
        return sum(tokens) / sum(-(-n // block) * block for n in tokens)
