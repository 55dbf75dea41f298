"""The cases of *your turn* in the lessons on the decode step."""

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

unfinished = "No empty line has ended the last event yet. Its rest may still come."

comment = "A line that begins with a colon is a comment, sent to keep the connection open: no event, no data."

lines_apart = "Lines of data between two empty lines are one event. Join them by a line break."

all_spaces = "Only one space after the colon belongs to the form. A token may begin with spaces of its own."

at_next_token = "The timer goes off when the token is due. The next token came later, or would have."

hangs = "The reader does not know that nothing more comes. It waits until the timer goes off."

own_limit = "The first token may have to wait for a slot. It has a limit of its own."

whole_limit = "That limits the whole answer. `first_s` is for the first token only; a long answer is no dead one."

from_asked = "`first_s` counts from when it was asked, not from 0."

one_slot = "A slot comes free every answer / slots steps, not every answer: there are several slots."

rounded_up = "Rounded up, the last one waits longer than was promised."

none_may = "Where even the first in the queue would wait too long, nobody may wait."

one_side = "Both logits may be off, in opposite directions. A margin of up to twice the difference may close."

later_ones = "After the first difference the two have read other texts. What differs behind it says nothing."

not_the_first = "That looks at another margin than the one at the first difference."

only_floors = "Those are the floors alone. Both ways read the same bytes too."

bytes_once = "The bytes are read by the other way as well: add them on both sides."

by_column = "That is the column. Padding takes columns and no places: count what the mask shows."

below_zero = "A padded prompt has fewer tokens than columns. Its first place is still 0."

behind_new = "The mask shows the new tokens too. Take them off."

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
    "events-of-a-text": Exercise(
        [
            case(("data: a\n\ndata: b\n\n",), ["a", "b"]),
            case(("data: a\n\ndata: b\n",), ["a"], mistakes={unfinished: ["a", "b"]}),
            case((": beat\n\ndata: a\n\n",), ["a"], mistakes={comment: ["", "a"]}),
            case(("data: a\ndata: b\n\n",), ["a\nb"], mistakes={lines_apart: ["a", "b"]}),
            case(("data:  a\n\n",), [" a"], mistakes={all_spaces: ["a"]}),
            case(("event: token\nid: 7\ndata:a\n\n",), ["a"]),
            case(("",), []),
        ],
        hint='Split at "\\n\\n", drop the last part; of each other one take the lines that begin with "data:".',
    ),
    "gives-up-at": Exercise(
        [
            case((0.0, [1.0, 1.25, 1.5], True, 5.0, 0.5), None, mistakes={own_limit: 0.5}),
            case((0.0, [1.0, 1.25, 3.0], True, 5.0, 0.5), 1.75, mistakes={at_next_token: 3.0}),
            case((0.0, [1.0, 1.25], False, 5.0, 0.5), 1.75, mistakes={hangs: 1.25}),
            case((10.0, [], False, 5.0, 0.5), 15.0, mistakes={from_asked: 5.0}),
            case((10.0, [16.0, 16.25], True, 5.0, 0.5), 15.0),
            case((0.0, [0.5, 0.75, 1.0, 1.25, 1.5], True, 1.0, 0.5), None, mistakes={whole_limit: 1.0}),
        ],
        hint="Keep when the next token is due: asked + first_s at first, then each token's time + gap_s.",
    ),
    "rounding-or-fault": Exercise(
        [
            case(([1, 2, 3], [1, 2, 3], [0.5, 0.5, 0.5], 0.002), "same"),
            case(([1, 2, 3], [1, 7, 3], [0.5, 0.003, 0.5], 0.002), "rounding", mistakes={one_side: "fault"}),
            case(([1, 2, 3], [1, 7, 9], [0.5, 0.001, 0.5], 0.002), "rounding", mistakes={later_ones: "fault"}),
            case(([1, 2, 3], [1, 7, 9], [0.5, 0.5, 0.001], 0.002), "fault", mistakes={not_the_first: "rounding"}),
            case(([1, 2, 3], [4, 5, 6], [0.001, 0.5, 0.5], 0.002), "rounding", mistakes={later_ones: "fault"}),
        ],
        hint="Find the first place where they differ, and compare the margin there with 2 * off.",
    ),
    "gain-of-a-runtime": Exercise(
        [
            case((1.75, 0.5, 0.125, 8), 2.75 / 1.5, mistakes={only_floors: 3.5, bytes_once: 5.5}),
            case((1.75, 0.5, 0.125, 0), 3.5),
            case((4.0, 1.0, 0.125, 13_400), 1_679 / 1_676),
        ],
        hint="A step takes floor + ms_a_mb * mb, by either way.",
    ),
    "place-of-a-token": Exercise(
        [
            case(([1, 1, 1, 1], 4), 0),
            case(([1, 1, 1, 0, 0], 1), 2, mistakes={by_column: 4}),
            case(([1, 1, 0, 0], 4), 0, mistakes={below_zero: -2}),
            case(([1, 1, 1, 1, 1, 1], 2), 4, mistakes={behind_new: 6}),
        ],
        hint="How many tokens does the mask show, and how many of them are new?",
    ),
    "longest-queue": Exercise(
        [
            case((4, 100, 0.01, 1.0), 4, mistakes={one_slot: 1}),
            case((4, 100, 0.01, 0.9), 3, mistakes={rounded_up: 4}),
            case((8, 200, 0.02, 1.0), 2),
            case((4, 100, 0.01, 0.1), 0, mistakes={none_may: 1}),
        ],
        hint="How long does the last of n wait, if a slot comes free every answer_tokens * step_s / slots seconds?",
    ),
}
check = checks(EXERCISES)
