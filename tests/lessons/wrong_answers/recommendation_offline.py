"""Named wrong answers for each cell that the reader writes in the case study's notebook on a log."""

WRONG = {
    "shown": [
        (
            """
def ranked(scores, shown, k):  # ranks what was shown
    return sorted(scores, key=scores.get, reverse=True)[:k]
""",
            "cannot be right",
        ),
        (
            """
def ranked(scores, shown, k):  # cuts first
    best = sorted(scores, key=scores.get, reverse=True)[:k]
    return [item for item in best if item not in shown]
""",
            "before you cut",
        ),
        (
            """
def ranked(scores, shown, k):  # gives 0 to what was shown
    masked = {item: 0 if item in shown else score for item, score in scores.items()}
    return sorted(masked, key=masked.get, reverse=True)[:k]
""",
            "no mask",
        ),
    ],
    "ndcg": [
        (
            """
def ndcg_at(slate, wanted, k):  # counts hits, whatever their place
    return sum(item in wanted for item in slate[:k]) / min(len(wanted), k)
""",
            "The place counts",
        ),
        (
            """
def ndcg_at(slate, wanted, k):  # the perfect list is longer than the slate
    found = sum(1 / np.log2(place + 2) for place, item in enumerate(slate[:k]) if item in wanted)
    return found / sum(1 / np.log2(place + 2) for place in range(len(wanted)))
""",
            "the best possible list has k places",
        ),
        (
            """
def ndcg_at(slate, wanted, k):  # looks beyond the first k
    found = sum(1 / np.log2(place + 2) for place, item in enumerate(slate) if item in wanted)
    return found / sum(1 / np.log2(place + 2) for place in range(min(len(wanted), k)))
""",
            "Only the first k places count",
        ),
    ],
}
