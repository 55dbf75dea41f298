"""The cases of *your turn* in the lesson on batching and its schedulers."""

from mlsd_lib.lesson import Exercise, case, checks

waits_for_group = "That is the static batch: a request waits until all of its group have ended."

only_work = "That is the work divided by the slots. One long request cannot be divided among them."

sorted_first = "That begins with the longest. A server does not know the lengths; requests begin in their order."

mean_of_shares = "That is the mean of each sequence's share. Add up the tokens of all, then divide."

one_too_many = "A sequence that fills its last block needs no further one."

used_share = "That is the share that is used. Asked is the share that holds nothing."

EXERCISES = {
    "steps-of-a-schedule": Exercise(
        [
            case(([4, 1, 1, 1], 2), 4, mistakes={waits_for_group: 5}),
            case(([1, 1, 5], 2), 6, mistakes={only_work: 4, sorted_first: 5}),
            case(([2, 2, 2, 6], 2), 8),
            case(([3, 2, 1], 8), 3),
            case(([3, 2, 1], 1), 6),
        ],
        hint="Keep for each slot the step at which it becomes free; the next request takes the one that is free first.",
    ),
    "empty-share": Exercise(
        [
            case(([16, 17], 16), 0.3125, mistakes={mean_of_shares: 0.234375, one_too_many: 0.484375}),
            case(([1, 1], 16), 0.9375, mistakes={used_share: 0.0625}),
            case(([200, 300], 2_000), 0.875),
            case(([32], 16), 0.0),
        ],
        hint="-(-tokens // block) is tokens / block, rounded up.",
    ),
}
check = checks(EXERCISES)
