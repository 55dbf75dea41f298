"""Wrong answers to *your turn* in the further lesson on the decode step."""

EVENTS = "def events_in(text):\n    "
DATA = "[line[5:].removeprefix(' ') for line in part.split('\\n') if line.startswith('data:')]"
GIVES_UP = "def gives_up_at(asked, times, ended, first_s, gap_s):\n    "
LOOP = "for time in times:\n        if time > due:\n            return {late}\n        due = {next}\n    return {end}"
RIGHT = {"late": "due", "next": "time + gap_s", "end": "None if ended else due"}
QUEUE = "import math\ndef longest_queue(slots, answer_tokens, step_s, promise_s):\n    "
WRONG = {
    "events": [
        (
            EVENTS + f"parts = [{DATA} for part in text.split('\\n\\n')]\n    "
            "return ['\\n'.join(lines) for lines in parts if lines]",
            "has ended the last event yet",
        ),
        (
            EVENTS + f"parts = [{DATA} for part in text.split('\\n\\n')[:-1]]\n    "
            "return ['\\n'.join(lines) for lines in parts]",
            "is a comment",
        ),
        (
            EVENTS + f"return [line for part in text.split('\\n\\n')[:-1] for line in {DATA}]",
            "one event",
        ),
        (
            EVENTS + f"parts = [{DATA} for part in text.split('\\n\\n')[:-1]]\n    "
            "return ['\\n'.join(lines).strip() for lines in parts if lines]",
            "Only one space",
        ),
    ],
    "limit": [
        (GIVES_UP + "due = asked + gap_s\n    " + LOOP.format_map(RIGHT), "limit of its own"),
        (GIVES_UP + "due = asked + first_s\n    " + LOOP.format_map(RIGHT | {"late": "time"}), "when the token is due"),
        (
            GIVES_UP + "due = asked + first_s\n    " + LOOP.format_map(RIGHT | {"end": "None if ended else time"}),
            "does not know",
        ),
        (GIVES_UP + "due = first_s\n    " + LOOP.format_map(RIGHT), "counts from when it was asked"),
        (
            GIVES_UP
            + "due = asked + first_s\n    "
            + LOOP.format_map(RIGHT | {"next": "min(time + gap_s, asked + first_s)"}),
            "limits the whole answer",
        ),
    ],
    "limit-queue": [
        (QUEUE + "return int(promise_s / (answer_tokens * step_s))", "there are several slots"),
        (QUEUE + "return math.ceil(promise_s * slots / (answer_tokens * step_s))", "longer than was promised"),
        (QUEUE + "return max(1, int(promise_s * slots / (answer_tokens * step_s)))", "nobody may wait"),
    ],
}
