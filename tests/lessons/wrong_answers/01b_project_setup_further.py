"""One named wrong answer for each cell that the reader writes in the lesson."""

WRONG = {
    "hit-shares": (
        """
def hit_shares(ranked, bought, shown, known):  # loses the purchases that the framing could not score
    hit = {True: [], False: []}
    for ranking, item in zip(ranked, bought, strict=True):
        if item in ranking:
            hit[item in known].append(item in ranking[:shown])
    return tuple(sum(hit[kind]) / len(hit[kind]) for kind in (True, False))
""",
        "a miss, not a row to leave out",
    ),
    "reviews": (
        """
def to_review(probability, amount, fee, price, team_can):  # fills the team's day whatever it brings
    worth = [p * (one + fee) - price for p, one in zip(probability, amount, strict=True)]
    return sorted(range(len(worth)), key=lambda i: -worth[i])[:team_can]
""",
        "no reason to review at a loss",
    ),
}
