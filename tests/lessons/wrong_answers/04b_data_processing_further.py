"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "share": [
        (
            """
def share_before(names, days, answers, prior, average):  # counts whatever stands above, the same day's rows too
    shares = []
    for row, name in enumerate(names):
        above = [answers[i] for i in range(row) if names[i] == name]
        shares.append((sum(above) + prior * average) / (len(above) + prior))
    return shares
""",
            "count earlier days only",
        ),
        (
            """
def share_before(names, days, answers, prior, average):  # counts the row itself
    shares = []
    for row, name in enumerate(names):
        rows = [answers[i] for i in range(len(names)) if names[i] == name and (days[i] < days[row] or i == row)]
        shares.append((sum(rows) + prior * average) / (len(rows) + prior))
    return shares
""",
            "must not count its own answer",
        ),
        (
            """
def share_before(names, days, answers, prior, average):  # does not look at the name
    shares = []
    for day in days:
        earlier = [answers[i] for i in range(len(names)) if days[i] < day]
        shares.append((sum(earlier) + prior * average) / (len(earlier) + prior))
    return shares
""",
            "only rows with the same name",
        ),
    ],
    "folds": [
        (
            """
def fold_of(machines, folds):  # deals rows
    return [row % folds for row in range(len(machines))]
""",
            "each machine lies on both sides",
        ),
        (
            """
def fold_of(machines, folds):  # deals machines in the order of their names
    names = sorted(set(machines))
    return [names.index(machine) % folds for machine in machines]
""",
            "order of first appearance",
        ),
        (
            """
def fold_of(machines, folds):  # takes the next fold whenever the machine changes
    found, changes = [], 0
    for row, machine in enumerate(machines):
        changes += row > 0 and machine != machines[row - 1]
        found.append(changes % folds)
    return found
""",
            "stays in its fold",
        ),
        (
            """
def fold_of(machines, folds):  # deals machines in blocks
    names = list(dict.fromkeys(machines))
    return [names.index(machine) * folds // len(names) for machine in machines]
""",
            "not several to the first",
        ),
    ],
}
