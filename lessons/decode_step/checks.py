"""The cases of *your turn* in the lesson on the decode step."""

from mlsd_lib.lesson import Exercise, case, checks

one_kept = "Keys and values are both kept: two numbers where yours has one."

one_layer = "Every layer keeps keys and values of its own."

no_context = "That batch is right for an empty context. Each row also reads its own context at every step."

rounded_down = "Rounded down, less than half of the step grows with the batch. Round up."

no_row = "A batch has at least one row."

not_whole = "That is the common beginning. Only whole blocks of it are kept under a name."

seen_other = (
    "A token after the first difference has seen another text: its key and value are others, although the token is the "
    "same. Stop at the first difference."
)

nothing_left = "No token is left to read, and the cache holds no logits. Leave at least the last token of the prompt."

EXERCISES = {
    "cache-bytes": Exercise(
        [
            case((6, 8, 32, 1, 4), 12_288, mistakes={one_kept: 6_144, one_layer: 2_048}),
            case((32, 32, 128, 4_096, 2), 2_147_483_648),
            case((32, 8, 128, 4_096, 2), 536_870_912),
        ],
        hint="Count the numbers that one layer keeps of one token, then multiply.",
    ),
    "batch-that-pays": Exercise(
        [
            case((4.0, 0.25, 1 / 128, 32), 8, mistakes={no_context: 16}),
            case((4.0, 0.25, 0.0, 512), 16),
            case((1.0, 0.3, 0.0, 0), 4, mistakes={rounded_down: 3}),
            case((4.0, 0.25, 1 / 128, 1_024), 1, mistakes={no_row: 0}),
        ],
        hint="The part that grows is batch * (row_ms + token_ms * context). Set it equal to fixed_ms.",
    ),
    "reusable-tokens": Exercise(
        [
            case(([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 7, 7, 9], 4), 4, mistakes={not_whole: 7}),
            case(([9, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 7, 8, 9], 4), 0, mistakes={seen_other: 4}),
            case(([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, 8], 4), 4, mistakes={nothing_left: 8}),
            case(([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6], 4), 4),
            case(([1, 2], [1, 2, 3, 4, 5], 4), 0),
            case(([], [1], 4), 0),
        ],
        hint="Walk along both until they differ; prompt[:-1] leaves one token to read.",
    ),
}
check = checks(EXERCISES)
