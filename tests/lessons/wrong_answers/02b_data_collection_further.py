"""The wrong answers that the lesson tells by name, for each cell that the reader writes."""

TOTAL = """
def estimated_total(losses, chances):
    if any(not 0 < chance <= 1 for chance in chances):
        raise ValueError("a chance must be above 0 and at most 1")
    return {answer}
"""
RELEASE = """
def may_leave(groups, secrets, k, different):
    members = {{}}
    for group, secret in zip(groups, secrets):
        members.setdefault(group, []).append(secret)
    return [at for at, group in enumerate(groups) if {condition}]
"""
WRONG = {
    "weighted": [
        (
            TOTAL.format(answer="sum(losses) / (sum(chances) / len(chances)) if chances else 0.0"),
            "Each loss has a chance of its own",
        ),
        (TOTAL.format(answer="sum(losses)"), "the total of the sample"),
        (TOTAL.format(answer="sum(loss * chance for loss, chance in zip(losses, chances))"), "stands for more rows"),
        (
            """
def estimated_total(losses, chances):  # leaves out what could not be drawn, instead of refusing it
    return sum((loss / chance for loss, chance in zip(losses, chances) if chance > 0), 0.0)
""",
            "could not be drawn",
        ),
        (
            """
def estimated_total(losses, chances):  # asks only for the lower end
    if any(chance <= 0 for chance in chances):
        raise ValueError("a chance must be above 0")
    return sum((loss / chance for loss, chance in zip(losses, chances)), 0.0)
""",
            "chance above 1",
        ),
    ],
    "release": [
        (RELEASE.format(condition="len(members[group]) >= k"), "all of it is ill"),
        (
            RELEASE.format(condition="len(members[group]) >= k and len({secrets[at]}) >= different"),
            "not by its own",
        ),
        (RELEASE.format(condition="len(set(members[group])) >= different"), "do not stand for people"),
    ],
}
