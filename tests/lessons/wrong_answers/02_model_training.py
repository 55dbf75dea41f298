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
}
