"""Named wrong answers for each cell that the reader writes in the case study."""

WRONG = {
    "effective": [
        (
            """
def effective_rows(weight):  # squares nothing above
    total = (weight**2).sum()
    return weight.sum() / total if total else 0.0
""",
            "Square the sum",
        ),
        (
            """
def effective_rows(weight):  # counts rows
    return float(len(weight))
""",
            "a heavy one must cost some",
        ),
        (
            """
def effective_rows(weight):  # takes an empty log for a whole one
    total = (weight**2).sum()
    return weight.sum() ** 2 / total if total else float(len(weight))
""",
            "No weight at all is no row",
        ),
    ],
    "robust": [
        (
            """
def doubly_robust_value(reward, weight, shown, expected):  # without the model
    return (weight * reward).mean()
""",
            "That is IPS",
        ),
        (
            """
def doubly_robust_value(reward, weight, shown, expected):  # the model alone
    return expected.mean()
""",
            "the model alone",
        ),
        (
            """
def doubly_robust_value(reward, weight, shown, expected):  # adds both estimates
    return (expected + weight * reward).mean()
""",
            "before it is weighed",
        ),
    ],
    "honest": [
        (
            """
def distance_from_true(weight):  # from 0
    return weight.mean() / (weight.std(ddof=1) / np.sqrt(len(weight)))
""",
            "mean weight 1, not 0",
        ),
        (
            """
def distance_from_true(weight):  # in deviations of a row
    return (weight.mean() - 1) / weight.std(ddof=1)
""",
            "divide by the root of n",
        ),
        (
            """
def distance_from_true(weight):  # without its sign
    return abs(weight.mean() - 1) / (weight.std(ddof=1) / np.sqrt(len(weight)))
""",
            "Keep the sign",
        ),
    ],
}
