"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "hit-shares": [
        (
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
        (
            """
def hit_shares(ranked, bought, shown, known):  # divides both by all purchases
    hit = {True: 0, False: 0}
    for ranking, item in zip(ranked, bought, strict=True):
        hit[item in known] += item in ranking[:shown]
    return hit[True] / len(bought), hit[False] / len(bought)
""",
            "its own denominator",
        ),
        (
            """
def hit_shares(ranked, bought, shown, known):  # counts every item that has a score
    hit = {True: [], False: []}
    for ranking, item in zip(ranked, bought, strict=True):
        hit[item in known].append(item in ranking)
    return tuple(sum(hit[kind]) / len(hit[kind]) for kind in (True, False))
""",
            "the item must be among those shown",
        ),
    ],
    "reviews": [
        (
            """
def to_review(probability, amount, fee, price, team_can):  # ranks by the probability
    worth = [p * (one + fee) - price for p, one in zip(probability, amount, strict=True)]
    best_first = sorted(range(len(worth)), key=lambda i: -probability[i])
    return [i for i in best_first if worth[i] > 0][:team_can]
""",
            "rank by what a review is worth",
        ),
        (
            """
def to_review(probability, amount, fee, price, team_can):  # fills the team's day whatever it brings
    worth = [p * (one + fee) - price for p, one in zip(probability, amount, strict=True)]
    return sorted(range(len(worth)), key=lambda i: -worth[i])[:team_can]
""",
            "no reason to review at a loss",
        ),
        (
            """
def to_review(probability, amount, fee, price, team_can):  # leaves the fee out
    worth = [p * one - price for p, one in zip(probability, amount, strict=True)]
    best_first = sorted(range(len(worth)), key=lambda i: -worth[i])
    return [i for i in best_first if worth[i] > 0][:team_can]
""",
            "lost together with the amount",
        ),
    ],
}
