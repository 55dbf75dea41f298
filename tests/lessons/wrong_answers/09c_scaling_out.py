"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "backup": [
        (
            """
def step_s(seconds, needed):  # waits for all
    return seconds.max(axis=1)
""",
            "waits for every worker",
        ),
        (
            """
def step_s(seconds, needed):  # the same workers each time
    return seconds[:, :needed].max(axis=1)
""",
            "sort each step",
        ),
        (
            """
def step_s(seconds, needed):  # one gradient too few
    return np.sort(seconds, axis=1)[:, needed - 2]
""",
            "counted from 0",
        ),
    ],
    "descent": [
        (
            """
def descend(rate, staleness, updates):  # always the newest
    weights = [1.0]
    for _ in range(updates):
        weights.append(weights[-1] - rate * weights[-1])
    return weights
""",
            "the newest weight",
        ),
        (
            """
def descend(rate, staleness, updates):  # one update older than asked, but never for fresh gradients
    weights = [1.0]
    for step in range(updates):
        weights.append(weights[-1] - rate * weights[max(0, step - staleness - (staleness > 0))])
    return weights
""",
            "yours is one older",
        ),
    ],
}
