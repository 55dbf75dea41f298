"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "stop": [
        (
            """
def kept_epoch(losses, patience):  # gives the epoch at which training stops
    best = 0
    for epoch, loss in enumerate(losses):
        best = epoch if loss < losses[best] else best
        if epoch - best >= patience:
            return epoch
    return best
""",
            "The weights of the best epoch are kept",
        ),
        (
            """
def kept_epoch(losses, patience):  # takes the best of all
    return losses.index(min(losses))
""",
            "had stopped before",
        ),
        (
            """
def kept_epoch(losses, patience):  # an equal loss renews the patience
    best = 0
    for epoch, loss in enumerate(losses):
        best = epoch if loss <= losses[best] else best
        if epoch - best >= patience:
            break
    return best
""",
            "no improvement",
        ),
    ],
    "known": [
        (
            """
def learnable(day, label_day, now):  # looks at the rows' own days
    return [row for row in range(len(day)) if day[row] < now]
""",
            "had no label yet",
        ),
        (
            """
def learnable(day, label_day, now):  # the day itself counts
    return [row for row in range(len(day)) if day[row] <= now and label_day[row] <= now]
""",
            "not known at its start",
        ),
        (
            """
def learnable(day, label_day, now):  # looks at the labels' days
    return [row for row in range(len(day)) if label_day[row] < now]
""",
            "had not happened yet",
        ),
    ],
}
