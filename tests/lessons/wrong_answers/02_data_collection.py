"""The wrong answers that the lesson tells by name, for each cell that the reader writes."""

CLOCKS = """
def elapsed_minutes(dep_time, arr_time, hours_ahead):
    departed = dep_time // 100 * 60 + dep_time % 100
    arrived = arr_time // 100 * 60 + arr_time % 100
    return {answer}
"""
COUNTED = """
def kappa(one, other):
    one, other = np.asarray(one), np.asarray(other)
    agreement = (one == other).mean()
    chance = sum((one == name).mean() * (other == name).mean() for name in set(one) | set(other))
    {answer}
"""
WRONG = {
    "flips": [
        (
            """
def true_accuracy(seen, flip_share):  # forgets the predictions that are right by a flipped label
    return seen / (1 - flip_share)
""",
            "also makes some wrong predictions look right",
        ),
        ("def true_accuracy(seen, flip_share):\n    return seen + flip_share", "does not lose a point for each"),
        (
            """
def true_accuracy(seen, flip_share):  # gives back what it saw where the test says nothing
    return seen if flip_share == 0.5 else (seen - flip_share) / (1 - 2 * flip_share)
""",
            "every model scores .5",
        ),
    ],
    "kappa": [
        (
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
        (COUNTED.format(answer="return agreement"), "take off what chance gives"),
        (COUNTED.format(answer="return 2 * agreement - 1"), "Chance is not one half"),
        (
            COUNTED.format(answer="return 1.0 if chance == 1 else (agreement - chance) / (1 - chance)"),
            "Chance explains all of it",
        ),
    ],
    "elapsed": [
        (CLOCKS.format(answer="(arrived - departed + 60 * hours_ahead) % 1440"), "The sign"),
        (CLOCKS.format(answer="(arr_time - dep_time - 60 * hours_ahead) % 1440"), "split hours and minutes"),
        (CLOCKS.format(answer="arrived - departed - 60 * hours_ahead"), "landed on the next day"),
        (CLOCKS.format(answer="(arrived - departed) % 1440"), "The clocks differ"),
        (
            CLOCKS.format(answer="arrived - departed - 60 * hours_ahead + 1440 * (arrived < departed)"),
            "First the zones, then the day",
        ),
    ],
}
