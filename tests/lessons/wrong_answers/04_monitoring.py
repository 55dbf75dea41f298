"""Wrong answers to *your turn* in the lesson on monitoring."""

INDEX = "def expected_index(bins, n, m):\n    return "
SHARE = "def true_share(bad, false, caught):\n    right, wrong = {right}, {wrong}\n    return {answer}\n"
RIGHT = {
    "right": "bad * caught",
    "wrong": "(1 - bad) * false",
    "answer": "right / (right + wrong) if right + wrong else 0.0",
}
WRONG = {
    "expected": [
        (INDEX + "bins * (1 / n + 1 / m)", "bins - 1 are free"),
        (INDEX + "(bins - 1) / n", "a sample too"),
        (INDEX + "(bins - 1) / (n + m)", "reciprocals of both"),
    ],
    "true": [
        (SHARE.format(**RIGHT | {"answer": "caught"}), "not how many bad days"),
        (SHARE.format(**RIGHT | {"wrong": "false * (1 if bad < 0.1 else 1 - bad)"}), "needs a good day"),
        (SHARE.format(**RIGHT | {"right": "caught * (1 if bad < 0.1 else bad)"}), "needs a bad day"),
        (
            SHARE.format(**RIGHT | {"answer": "right if bad < 0.1 else right / (right + wrong)"}),
            "share of days with any",
        ),
    ],
}
