"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "overtakes": [
        (
            """
def pays_from(leads, worth):  # takes the largest size at which it pays
    sure = [s for s in leads if np.mean(leads[s]) - 2.78 * np.std(leads[s], ddof=1) / np.sqrt(len(leads[s])) >= worth]
    return max(sure, default=None)
""",
            "not the largest",
        ),
        (
            """
def pays_from(leads, worth):  # does not look at the larger sizes
    sure = [s for s in leads if np.mean(leads[s]) - 2.78 * np.std(leads[s], ddof=1) / np.sqrt(len(leads[s])) >= worth]
    return min(sure, default=None)
""",
            "at every larger size too",
        ),
        (
            """
def pays_from(leads, worth):  # looks at the means alone
    found = None
    for size in sorted(leads, reverse=True):
        if np.mean(leads[size]) < worth:
            break
        found = size
    return found
""",
            "subtract 2.78 standard errors",
        ),
        (
            """
def pays_from(leads, worth):  # asks for a lead of any size
    found = None
    for size in sorted(leads, reverse=True):
        lead = np.array(leads[size])
        if lead.mean() - 2.78 * lead.std(ddof=1) / np.sqrt(len(lead)) < 0:
            break
        found = size
    return found
""",
            "not with zero",
        ),
    ],
    "choose": [
        (
            """
def choose(curve, us, limit_us, tie):  # takes the best, not the quickest near it
    means = {name: np.mean(curve[name]) for name in curve if us[name] <= limit_us}
    return max(means, key=means.get) if means else "nobody"
""",
            "take the quicker one",
        ),
        (
            """
def choose(curve, us, limit_us, tie):  # forgets the limit
    means = {name: np.mean(curve[name]) for name in curve}
    return min((n for n in means if max(means.values()) - means[n] < tie), key=us.get)
""",
            "slower than the limit",
        ),
        (
            """
def choose(curve, us, limit_us, tie):  # measures the distance to one that is not allowed
    best = max(np.mean(curve[name]) for name in curve)
    good = [name for name in curve if us[name] <= limit_us and best - np.mean(curve[name]) < tie]
    return min(good, key=us.get, default="nobody")
""",
            "among those within the limit only",
        ),
        (
            """
def choose(curve, us, limit_us, tie):  # takes the quickest, however good
    return min((name for name in us if us[name] <= limit_us), key=us.get, default="nobody")
""",
            "it must be nearly as good",
        ),
        (
            """
def choose(curve, us, limit_us, tie):  # the limit itself counts as too slow
    means = {name: np.mean(curve[name]) for name in curve if us[name] < limit_us}
    if not means:
        return "nobody"
    return min((n for n in means if max(means.values()) - means[n] < tie), key=us.get)
""",
            "exactly the limit",
        ),
    ],
}
