"""Wrong answers to *your turn* in the lesson on development."""

HOURS = "def hours_to_try(begins, ends):\n    return sorted({hours})\n"
HALVING = """def first_bad(bad):
    low, high, asked = 0, len(bad) - 1, 0
    while high - low > 1:
        middle = (low + high) // 2
        asked += 1
        low, high = (low, middle) if bad[middle] else (middle, high)
    return {answer}
"""
WRONG = {
    "boundary": [
        (HOURS.format(hours="[begins - 1, ends - 1]"), "at the boundary is not"),
        (HOURS.format(hours="[begins, ends]"), "the other way"),
        (HOURS.format(hours="[begins, begins + 1, ends, ends + 1]"), "last hour before"),
        (HOURS.format(hours="[begins - 1, begins, ends - 1, ends]"), "comes hour 23"),
    ],
    "halving": [
        (HALVING.format(answer="low, asked"), "last good"),
        ("def first_bad(bad):\n    return bad.index(True), bad.index(True)\n", "one after the other"),
        (HALVING.format(answer="high, asked + 1"), "do not ask it"),
    ],
}
