"""Wrong answers to *your turn* in the lesson on the decode step in a real runtime."""

VERDICT = "def verdict(ours, theirs, margins, off):\n    "
GAIN = "def gain(floor_ms, other_floor_ms, ms_a_mb, mb):\n    "
PLACE = "def first_place(mask, new):\n    "
AT_FIRST = (
    "for mine, other, margin in zip(ours, theirs, margins):\n        if mine != other:\n"
    "            return 'rounding' if margin <= {most} else 'fault'\n    return 'same'"
)
OVER_ALL = (
    "differ = [margin for mine, other, margin in zip(ours, theirs, margins) if mine != other]\n    "
    "return 'same' if not differ else 'rounding' if {which}(differ) <= 2 * off else 'fault'"
)
WRONG = {
    "same": [
        (VERDICT + AT_FIRST.format(most="off"), "in opposite directions"),
        (VERDICT + OVER_ALL.format(which="max"), "have read other texts"),
        (VERDICT + OVER_ALL.format(which="min"), "another margin"),
    ],
    "gain": [
        (GAIN + "return floor_ms / other_floor_ms", "the floors alone"),
        (GAIN + "return (floor_ms + ms_a_mb * mb) / other_floor_ms", "on both sides"),
    ],
    "place": [
        (PLACE + "return len(mask) - new", "That is the column"),
        (PLACE + "return sum(mask) - new", "still 0"),
        (PLACE + "return sum(mask)", "Take them off"),
    ],
}
