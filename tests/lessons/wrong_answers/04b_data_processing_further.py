"""One named wrong answer for each cell that the reader writes in the lesson."""

WRONG = {
    "share": (
        """
def share_before(names, days, answers, prior, average):  # counts whatever stands above, the same day's rows too
    shares = []
    for row, name in enumerate(names):
        above = [answers[i] for i in range(row) if names[i] == name]
        shares.append((sum(above) + prior * average) / (len(above) + prior))
    return shares
""",
        "count earlier days only",
    ),
    "weekday": (
        """
def unusual(rows, weekday, past, tolerance):  # holds a Sunday against all days alike
    mean = sum(number for _, number in past) / len(past)
    return abs(rows - mean) > tolerance * mean
""",
        "compare with the same weekday",
    ),
}
