"""Named wrong answers for each cell that the reader writes in the lesson."""


def _settings(c="1 / (penalty * rows)", booster="penalty", keras="penalty / 2"):
    return f"""
def settings(penalty, rows):
    return {{"C": {c}, "lambda": {booster}, "weight_decay": penalty, "L2": {keras}}}
"""


def _mean_loss(penalised):
    return f"""
def mean_loss(reported, what, rows, weights, penalty):
    squares = np.asarray(weights) ** 2
    if what == "sum":
        return reported / rows
    return reported - {penalised} if what == "mean and penalty" else reported
"""


WRONG = {
    "settings": [
        (_settings(c="1 / penalty"), "also depends on the rows"),
        (_settings(c="penalty * rows"), "smaller C"),
        (_settings(keras="penalty"), "without the half"),
        (_settings(booster="penalty * rows"), "multiplies lambda by the rows itself"),
    ],
    "reported": [
        (_mean_loss("penalty * squares[1:].sum()"), "half of the penalty"),
        (_mean_loss("penalty / 2 * squares.sum()"), "leave out the first"),
        (
            """
def mean_loss(reported, what, rows, weights, penalty):  # forgets the sum
    return reported - (what == "mean and penalty") * penalty / 2 * (np.asarray(weights)[1:] ** 2).sum()
""",
            "divide it",
        ),
    ],
    "choose": [
        (
            """
def choose(draws, cost):  # whatever the quality
    return min(cost, key=cost.get)
""",
            "Is it tied",
        ),
        (
            """
def choose(draws, cost):  # whatever the cost
    return max(draws, key=lambda name: draws[name][0])
""",
            "A cheaper one",
        ),
        (
            """
def choose(draws, cost):  # an interval for each alone
    best = max(draws, key=lambda name: draws[name][0])
    low = np.percentile(draws[best][1:], 2.5)
    return min([name for name in draws if np.percentile(draws[name][1:], 97.5) >= low], key=cost.get)
""",
            "take differences",
        ),
    ],
}
