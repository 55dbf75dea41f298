"""Named wrong answers for each cell that the reader writes in the case study."""

WRONG = {
    "exposure": [
        (
            """
def mean_life_of(days, failed):  # drops the censored
    return np.mean([one for one, over in zip(days, failed) if over])
""",
            "drops the life that the others have shown",
        ),
        (
            """
def mean_life_of(days, failed):  # takes them for failures
    return np.mean(days)
""",
            "as if it had failed now",
        ),
    ],
    "age-rate": [
        (
            """
def cost_a_day(lives, age, planned_eur, failure_eur):  # over whole lives
    return sum(failure_eur if life <= age else planned_eur for life in lives) / sum(lives)
""",
            "divide by the days in place",
        ),
        (
            """
def cost_a_day(lives, age, planned_eur, failure_eur):  # no unit ever fails
    return planned_eur * len(lives) / sum(min(life, age) for life in lives)
""",
            "costs a failure, not a planned replacement",
        ),
        (
            """
def cost_a_day(lives, age, planned_eur, failure_eur):  # the crew comes in time on the very day
    return sum(failure_eur if life < age else planned_eur for life in lives) / sum(min(life, age) for life in lives)
""",
            "has failed before the crew came",
        ),
    ],
    "conformal": [
        (
            """
def half_width(errors, coverage):  # the plain quantile
    return sorted(errors)[int(np.ceil(len(errors) * coverage)) - 1]
""",
            "the rank is of n + 1",
        ),
        (
            """
def half_width(errors, coverage):  # rounds down
    return sorted(errors)[int((len(errors) + 1) * coverage) - 1]
""",
            "Round the rank up",
        ),
        (
            """
def half_width(errors, coverage):  # the largest error will do
    rank = int(np.ceil((len(errors) + 1) * coverage))
    return sorted(errors)[min(rank, len(errors)) - 1]
""",
            "cannot show so high a coverage",
        ),
    ],
}
