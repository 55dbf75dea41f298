"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "folded": [
        (
            """
def folded(weights, intercept, mean, sd):  # times sd
    return weights * sd, intercept - (weights * sd) @ mean
""",
            "not times sd",
        ),
        (
            """
def folded(weights, intercept, mean, sd):  # forgets the mean
    return weights / sd, intercept
""",
            "the intercept has to take",
        ),
        (
            """
def folded(weights, intercept, mean, sd):  # the mean as if it were scaled
    return weights / sd, intercept - weights @ mean
""",
            "divided by sd, too",
        ),
    ],
    "combined": [
        (
            """
def combined(gradients, rows):  # what an all-reduce gives
    return np.mean(gradients, axis=0)
""",
            "Each process counts equally",
        ),
        (
            """
def combined(gradients, rows):  # of the sum
    return np.asarray(rows) @ gradients
""",
            "divide by all rows",
        ),
    ],
}
