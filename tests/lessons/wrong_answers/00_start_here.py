"""Named wrong answers for each cell that the reader writes on the start page."""

WRONG = {
    "inside": [
        (
            """
def inside(low, high, value):
    return low < value < high  # leaves the ends out
""",
            "The ends belong to the interval.",
        ),
        (
            """
def inside(low, high, value):
    return low <= value  # looks at the lower end alone
""",
            "A value above high lies outside.",
        ),
        (
            """
def inside(low, high, value):
    return value <= high  # looks at the upper end alone
""",
            "A value below low lies outside.",
        ),
    ],
    "pandas": (
        'answers_pandas = {"merged-rows": 2, "mean-of-missing": 2.0, "aligned-sum": 21}  # one row a key',
        "make four pairs",
    ),
    "splits": (
        'answers_splits = {"scaler-rows": "all", "machine-split": "by machine", "majority-accuracy": 99}',
        "learned from the training rows alone",
    ),
    "probability": (
        'answers_probability = {"flagged-share": 90, "standard-error": 2}  # the share of frauds that are flagged',
        "look for base rates",
    ),
    "http": (
        'answers_http = {"bad-input-status": 5, "safe-to-repeat": "PUT"}  # the server is not at fault',
        "the request is at fault",
    ),
}
