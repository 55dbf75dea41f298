"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "merge": [
        (
            """
def merged(a, b):  # numbers of stores are added
    return a[0] + b[0], a[1] + b[1], len(a[2]) + len(b[2]), max(a[3], b[3])
""",
            "cannot be added",
        ),
        (
            """
def merged(a, b):  # stores that are in both only
    return a[0] + b[0], a[1] + b[1], a[2] & b[2], max(a[3], b[3])
""",
            "do not intersect",
        ),
        (
            """
def merged(a, b):  # the largest are added, too
    return a[0] + b[0], a[1] + b[1], a[2] | b[2], a[3] + b[3]
""",
            "not their sum",
        ),
    ],
    "crossing": [
        (
            """
def crossing(fixed_a, slope_a, fixed_b, slope_b):  # where the lines meet, whoever is quicker after it
    if slope_a == slope_b:
        return 0 if fixed_b < fixed_a else float("inf")
    return (fixed_b - fixed_a) / (slope_a - slope_b)
""",
            "never",
        ),
        (
            """
def crossing(fixed_a, slope_a, fixed_b, slope_b):  # never below none, but left of zero
    if slope_b >= slope_a:
        return 0 if slope_a == slope_b and fixed_b < fixed_a else float("inf")
    return (fixed_b - fixed_a) / (slope_a - slope_b)
""",
            "left of zero",
        ),
        (
            """
def crossing(fixed_a, slope_a, fixed_b, slope_b):  # the signs of the slopes exchanged
    if slope_b >= slope_a:
        return 0 if slope_a == slope_b and fixed_b < fixed_a else float("inf")
    return (fixed_b - fixed_a) / (slope_b - slope_a)
""",
            "Lines are never negative",
        ),
    ],
}
