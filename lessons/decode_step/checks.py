"""*Your turn* in the lessons on the decode step."""

import math

from mlsd_lib.lesson import Turns

check = Turns()

comment = "A line that begins with a colon is a comment, sent to keep the connection open: no event, no data."


@check.turn("cache-bytes", (6, 8, 32, 1, 4), (32, 32, 128, 4_096, 2), (32, 8, 128, 4_096, 2))
class CacheBytes:
    """Count the numbers that one layer keeps of one token, then multiply."""

    def right(layers, heads, head_width, tokens, number_bytes):
        return 2 * layers * heads * head_width * tokens * number_bytes

    def keys_alone(layers, heads, head_width, tokens, number_bytes):
        """Keys and values are both kept: two numbers where yours has one."""
        return layers * heads * head_width * tokens * number_bytes

    def one_layer(layers, heads, head_width, tokens, number_bytes):
        """Every layer keeps keys and values of its own."""
        return 2 * heads * head_width * tokens * number_bytes


@check.turn(
    "batch-that-pays", (4.0, 0.25, 1 / 128, 32), (4.0, 0.25, 0.0, 512), (1.0, 0.3, 0.0, 0), (4.0, 0.25, 1 / 128, 1_024)
)
class BatchThatPays:
    """The part that grows is batch * (row_ms + token_ms * context). Set it equal to fixed_ms."""

    def right(fixed_ms, row_ms, token_ms, context):
        import math

        return max(1, math.ceil(fixed_ms / (row_ms + token_ms * context)))

    def no_context(fixed_ms, row_ms, token_ms, context):
        """That batch is right for an empty context. Each row also reads its own context at every step."""
        return math.ceil(fixed_ms / row_ms)

    def rounded_down(fixed_ms, row_ms, token_ms, context):
        """Rounded down, less than half of the step grows with the batch. Round up."""
        return max(1, math.floor(fixed_ms / (row_ms + token_ms * context)))

    def no_row(fixed_ms, row_ms, token_ms, context):
        """A batch has at least one row."""
        exact = fixed_ms / (row_ms + token_ms * context)
        return math.ceil(exact) if exact > 1 else 0


@check.turn(
    "reusable-tokens",
    ([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 7, 7, 9], 4),
    ([9, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 7, 8, 9], 4),
    ([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, 8], 4),
    ([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6], 4),
    ([1, 2], [1, 2, 3, 4, 5], 4),
    ([], [1], 4),
)
class Reusable:
    """Walk along both until they differ; prompt[:-1] leaves one token to read."""

    def right(cached, prompt, block):
        same = 0
        for kept, asked in zip(cached, prompt[:-1]):
            if kept != asked:
                break
            same += 1
        return same // block * block

    def part_of_a_block(cached, prompt, block):
        """That is the common beginning. Only whole blocks of it are kept under a name."""
        same = next((i for i, (a, b) in enumerate(zip(cached, prompt)) if a != b), min(len(cached), len(prompt)))
        return min(same, len(prompt) - 1)

    def behind_a_difference(cached, prompt, block):
        """A token after the first difference has seen another text: its key and value are others, although the token is
        the same. Stop at the first difference."""
        last = len(prompt) - 1
        blocks = [cached[i : i + block] == prompt[i : i + block] for i in range(0, last - block + 1, block)]
        return block * sum(blocks)

    def nothing_left_to_read(cached, prompt, block):
        """No token is left to read, and the cache holds no logits. Leave at least the last token of the prompt."""
        same = next((i for i, (a, b) in enumerate(zip(cached, prompt)) if a != b), min(len(cached), len(prompt)))
        return same // block * block


@check.turn(
    "events-of-a-text",
    ("data: a\n\ndata: b\n\n",),
    ("data: a\n\ndata: b\n",),
    (": beat\n\ndata: a\n\n",),
    ("data: a\ndata: b\n\n",),
    ("data:  a\n\n",),
    ("event: token\nid: 7\ndata:a\n\n",),
    ("",),
)
class EventsIn:
    r"""Split at "\n\n", drop the last part; of each other one take the lines that begin with "data:"."""

    def right(text):
        *complete, _ = text.split("\n\n")
        found = []
        for event in complete:
            lines = [line[5:].removeprefix(" ") for line in event.split("\n") if line.startswith("data:")]
            if lines:
                found.append("\n".join(lines))
        return found

    def unfinished_event(text):
        """No empty line has ended the last event yet. Its rest may still come."""
        return EventsIn.right(text + "\n\n")

    def comment_as_event(text):
        """A line that begins with a colon is a comment, sent to keep the connection open: no event, no data."""
        parts = [
            [line[5:].removeprefix(" ") for line in part.split("\n") if line.startswith("data:")]
            for part in text.split("\n\n")[:-1]
        ]
        return ["\n".join(lines) for lines in parts]

    def an_event_a_line(text):
        """Lines of data between two empty lines are one event. Join them by a line break."""
        return [line for event in EventsIn.right(text) for line in event.split("\n")]

    def strips_all_spaces(text):
        """Only one space after the colon belongs to the form. A token may begin with spaces of its own."""
        return [event.strip() for event in EventsIn.right(text)]


@check.turn(
    "gives-up-at",
    (0.0, [1.0, 1.25, 1.5], True, 5.0, 0.5),
    (0.0, [1.0, 1.25, 3.0], True, 5.0, 0.5),
    (0.0, [1.0, 1.25], False, 5.0, 0.5),
    (10.0, [], False, 5.0, 0.5),
    (10.0, [16.0, 16.25], True, 5.0, 0.5),
    (0.0, [0.5, 0.75, 1.0, 1.25, 1.5], True, 1.0, 0.5),
)
class GivesUpAt:
    """Keep when the next token is due: asked + first_s at first, then each token's time + gap_s."""

    def right(asked, times, ended, first_s, gap_s):
        due = asked + first_s
        for time in times:
            if time > due:
                return due
            due = time + gap_s
        return None if ended else due

    def first_token_by_the_gap(asked, times, ended, first_s, gap_s):
        """The first token may have to wait for a slot. It has a limit of its own."""
        return GivesUpAt.right(asked, times, ended, gap_s, gap_s)

    def at_the_next_token(asked, times, ended, first_s, gap_s):
        """The timer goes off when the token is due. The next token came later, or would have."""
        due = asked + first_s
        for time in times:
            if time > due:
                return time
            due = time + gap_s
        return None if ended else due

    def at_the_last_token(asked, times, ended, first_s, gap_s):
        """The reader does not know that nothing more comes. It waits until the timer goes off."""
        due = asked + first_s
        for time in times:
            if time > due:
                return due
            due = time + gap_s
        return None if ended else time

    def counts_from_0(asked, times, ended, first_s, gap_s):
        """`first_s` counts from when it was asked, not from 0."""
        return GivesUpAt.right(0.0, times, ended, first_s, gap_s)

    def limits_the_whole_answer(asked, times, ended, first_s, gap_s):
        """That limits the whole answer. `first_s` is for the first token only; a long answer is no dead one."""
        due = asked + first_s
        for time in times:
            if time > due:
                return due
            due = min(time + gap_s, asked + first_s)
        return None if ended else due


@check.turn(
    "rounding-or-fault",
    ([1, 2, 3], [1, 2, 3], [0.5, 0.5, 0.5], 0.002),
    ([1, 2, 3], [1, 7, 3], [0.5, 0.003, 0.5], 0.002),
    ([1, 2, 3], [1, 7, 9], [0.5, 0.001, 0.5], 0.002),
    ([1, 2, 3], [1, 7, 9], [0.5, 0.5, 0.001], 0.002),
    ([1, 2, 3], [4, 5, 6], [0.001, 0.5, 0.5], 0.002),
)
class Verdict:
    """Find the first place where they differ, and compare the margin there with 2 * off."""

    def right(ours, theirs, margins, off):
        for mine, other, margin in zip(ours, theirs, margins):
            if mine != other:
                return "rounding" if margin <= 2 * off else "fault"
        return "same"

    def one_logit_is_off(ours, theirs, margins, off):
        """Both logits may be off, in opposite directions. A margin of up to twice the difference may close."""
        return Verdict.right(ours, theirs, margins, off / 2)

    def every_difference(ours, theirs, margins, off):
        """After the first difference the two have read other texts. What differs behind it says nothing."""
        differ = [margin for mine, other, margin in zip(ours, theirs, margins) if mine != other]
        return "same" if not differ else "rounding" if max(differ) <= 2 * off else "fault"

    def smallest_margin(ours, theirs, margins, off):
        """That looks at another margin than the one at the first difference."""
        differ = [margin for mine, other, margin in zip(ours, theirs, margins) if mine != other]
        return "same" if not differ else "rounding" if min(differ) <= 2 * off else "fault"


@check.turn("gain-of-a-runtime", (1.75, 0.5, 0.125, 8), (1.75, 0.5, 0.125, 0), (4.0, 1.0, 0.125, 13_400))
class Gain:
    """A step takes floor + ms_a_mb * mb, by either way."""

    def right(floor_ms, other_floor_ms, ms_a_mb, mb):
        return (floor_ms + ms_a_mb * mb) / (other_floor_ms + ms_a_mb * mb)

    def floors_alone(floor_ms, other_floor_ms, ms_a_mb, mb):
        """Those are the floors alone. Both ways read the same bytes too."""
        return floor_ms / other_floor_ms

    def bytes_of_one_way(floor_ms, other_floor_ms, ms_a_mb, mb):
        """The bytes are read by the other way as well: add them on both sides."""
        return (floor_ms + ms_a_mb * mb) / other_floor_ms


@check.turn("place-of-a-token", ([1, 1, 1, 1], 4), ([1, 1, 1, 0, 0], 1), ([1, 1, 0, 0], 4), ([1, 1, 1, 1, 1, 1], 2))
class FirstPlace:
    """How many tokens does the mask show, and how many of them are new?"""

    def right(mask, new):
        return max(0, sum(mask) - new)

    def column(mask, new):
        """That is the column. Padding takes columns and no places: count what the mask shows."""
        return len(mask) - new

    def below_zero(mask, new):
        """A padded prompt has fewer tokens than columns. Its first place is still 0."""
        return sum(mask) - new

    def behind_the_new(mask, new):
        """The mask shows the new tokens too. Take them off."""
        return sum(mask)


@check.turn("longest-queue", (4, 100, 0.01, 1.0), (4, 100, 0.01, 0.9), (8, 200, 0.02, 1.0), (4, 100, 0.01, 0.1))
class LongestQueue:
    """How long does the last of n wait, if a slot comes free every answer_tokens * step_s / slots seconds?"""

    def right(slots, answer_tokens, step_s, promise_s):
        return int(promise_s * slots / (answer_tokens * step_s))

    def one_slot(slots, answer_tokens, step_s, promise_s):
        """A slot comes free every answer / slots steps, not every answer: there are several slots."""
        return int(promise_s / (answer_tokens * step_s))

    def rounded_up(slots, answer_tokens, step_s, promise_s):
        """Rounded up, the last one waits longer than was promised."""
        return math.ceil(promise_s * slots / (answer_tokens * step_s))

    def one_may_always_wait(slots, answer_tokens, step_s, promise_s):
        """Where even the first in the queue would wait too long, nobody may wait."""
        return max(1, int(promise_s * slots / (answer_tokens * step_s)))
