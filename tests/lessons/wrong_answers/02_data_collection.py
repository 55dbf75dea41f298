"""One named wrong answer for each cell that the reader writes in the lesson."""

WRONG = {
    "flips": (
        """
def true_accuracy(seen, flip_share):  # forgets the predictions that are right by a flipped label
    return seen / (1 - flip_share)
""",
        "also makes some wrong predictions look right",
    ),
    "kappa": (
        """
def kappa(one, other):  # pools the frequencies of the two annotators
    one, other = np.asarray(one), np.asarray(other)
    agreement = (one == other).mean()
    both = np.concatenate([one, other])
    chance = sum((both == name).mean() ** 2 for name in set(both))
    return (agreement - chance) / (1 - chance)
""",
        "do not pool the two",
    ),
    "elapsed": (
        """
def elapsed_minutes(dep_time, arr_time, hours_ahead):  # adds the zones where they must come off
    departed = dep_time // 100 * 60 + dep_time % 100
    arrived = arr_time // 100 * 60 + arr_time % 100
    return (arrived - departed + 60 * hours_ahead) % 1440
""",
        "The sign",
    ),
}
