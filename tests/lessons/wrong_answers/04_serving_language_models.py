"""Wrong answers to *your turn* in the lesson on serving language models."""

GAPS = (
    "def felt(arrived, times):\n"
    "    gaps = [b - a for a, b in zip(times, times[1:])]\n    first = times[0] - arrived\n    "
)
PLAN = (
    "def prompt_tokens(chunk, streams, missing):\n"
    "    left, plan = chunk - streams, []\n    for one in missing:\n        "
)
LIFT = "def lifted(own, waiting):\n    "
WRONG = {
    "felt": [
        (GAPS + "return first, sum(gaps) / len(times), max(gaps)", "lie four gaps"),
        (GAPS + "return first, (times[-1] - arrived) / len(times), max(gaps)", "not part of the time per token"),
        (GAPS + "return times[0], sum(gaps) / len(gaps), max(gaps)", "from the arrival on"),
        (GAPS + "return first, sum(gaps) / len(gaps), gaps[-1]", "the longest, not the last"),
        (GAPS + "return first, sum(gaps) / len(gaps), max([first, *gaps])", "is no gap"),
    ],
    "plan": [
        (
            "def prompt_tokens(chunk, streams, missing):\n    return [chunk - streams for one in missing]",
            "than it misses",
        ),
        (
            PLAN.replace("chunk - streams", "chunk")
            + "plan.append(min(left, one))\n        left -= plan[-1]\n    return plan",
            "one token of the step",
        ),
        (
            "def prompt_tokens(chunk, streams, missing):\n    left, n = chunk - streams, len(missing)\n"
            "    return [min(one, left // n + (k >= n - left % n)) for k, one in enumerate(missing)]",
            "The oldest prompt first",
        ),
        (
            PLAN + "plan.append(one if one <= left else 0)\n        left -= plan[-1]\n    return plan",
            "the part that fits",
        ),
    ],
    "lift": [
        (LIFT + "return own", "until it has caught up"),
        (LIFT + "return max([own, *waiting])", "the one that was served least"),
        (LIFT + "return max(own, sum(waiting) / len(waiting)) if waiting else own", "The mean of the others"),
        (LIFT + "return min(waiting, default=own)", "never falls"),
    ],
}
