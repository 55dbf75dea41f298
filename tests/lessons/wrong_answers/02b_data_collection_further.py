"""One named wrong answer for each cell that the reader writes in the lesson."""

WRONG = {
    "weighted": (
        """
def estimated_total(losses, chances):  # scales the sample by the mean chance
    if any(not 0 < chance <= 1 for chance in chances):
        raise ValueError("a chance must be above 0 and at most 1")
    return sum(losses) / (sum(chances) / len(chances)) if chances else 0.0
""",
        "Each loss has a chance of its own",
    ),
    "release": (
        """
def may_leave(groups, secrets, k, different):  # keeps k-anonymity, and forgets the secrets
    return [at for at, group in enumerate(groups) if groups.count(group) >= k]
""",
        "all of it is ill",
    ),
}
