"""Named wrong answers for each cell that the reader writes in the case study."""

WRONG = {
    "variety": [
        (
            """
def varied(ranked, category, most, places):  # no rule at all
    return ranked[:places]
""",
            "more of a category than are allowed",
        ),
        (
            """
def varied(ranked, category, most, places):  # one too few
    chosen = []
    for item in ranked:
        if sum(category[one] == category[item] for one in chosen) < most - 1 and len(chosen) < places:
            chosen.append(item)
    return chosen
""",
            "one of a category too few",
        ),
        (
            """
def varied(ranked, category, most, places):  # fills up with what the rule refused
    chosen = []
    for item in ranked:
        if sum(category[one] == category[item] for one in chosen) < most and len(chosen) < places:
            chosen.append(item)
    return chosen + [item for item in ranked if item not in chosen][: places - len(chosen)]
""",
            "not waived to fill the slate",
        ),
        (
            """
def varied(ranked, category, most, places):  # never looks at the length of the slate
    chosen = []
    for item in ranked:
        if sum(category[one] == category[item] for one in chosen) < most:
            chosen.append(item)
    return chosen
""",
            "fewer places than that",
        ),
    ],
    "credit": [
        (
            """
def credit(slate, team, bought):  # counts all purchases
    return sum(item in bought for item in slate)
""",
            "Count by team",
        ),
        (
            """
def credit(slate, team, bought):  # the wrong way round
    return sum(1 - 2 * side for item, side in zip(slate, team) if item in bought)
""",
            "The sign is of the second team",
        ),
        (
            """
def credit(slate, team, bought):  # gives what was not shown to the second team
    found = dict(zip(slate, team))
    return sum(2 * found.get(item, 1) - 1 for item in bought)
""",
            "is nobody's",
        ),
    ],
}
