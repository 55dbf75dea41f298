"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
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
    "replaced": [
        (
            """
def replaced(first, second, reviews):  # both lists' own
    return 100 * len(set(np.argsort(-first)[:reviews]) ^ set(np.argsort(-second)[:reviews])) / reviews
""",
            "Half of that",
        ),
        (
            """
def replaced(first, second, reviews):  # place by place
    return 100 * np.mean(np.argsort(-first)[:reviews] != np.argsort(-second)[:reviews])
""",
            "at another place",
        ),
        (
            """
def replaced(first, second, reviews):  # upside down
    return 100 * (1 - len(set(np.argsort(first)[:reviews]) & set(np.argsort(second)[:reviews])) / reviews)
""",
            "lowest scores",
        ),
    ],
}
