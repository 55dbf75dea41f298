"""Wrong answers to *your turn* in the lesson on batching and its schedulers."""

STEPS = "import math\ndef steps_taken(steps, slots):\n    "
SHARE = "def empty_share(tokens, block):\n    "
WRONG = {
    "steps": [
        (STEPS + "return sum(max(steps[i : i + slots]) for i in range(0, len(steps), slots))", "static batch"),
        (STEPS + "return max(math.ceil(sum(steps) / slots), 4)", "divided by the slots"),
        (
            STEPS + "free = [0] * slots\n    "
            "for one in sorted(steps, reverse=True):\n        "
            "free[free.index(min(free))] += one\n    "
            "return max(free)",
            "begins with the longest",
        ),
    ],
    "share": [
        (
            SHARE + "return sum(1 - n / (-(-n // block) * block) for n in tokens) / len(tokens)",
            "mean of each sequence's share",
        ),
        (SHARE + "return 1 - sum(tokens) / sum((n // block + 1) * block for n in tokens)", "no further one"),
        (SHARE + "return sum(tokens) / sum(-(-n // block) * block for n in tokens)", "share that is used"),
    ],
}
