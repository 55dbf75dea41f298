"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "known": [
        (
            """
def visible_row(rows, at):  # as Feast does by default: only the first clock
    return max((row for row in rows if row[0] <= at), default=None)
""",
            "became known only after the request",
        ),
        (
            """
def visible_row(rows, at):  # by the second clock
    return max((row for row in rows if max(row) <= at), key=lambda row: row[1], default=None)
""",
            "That is the row known last",
        ),
    ],
    "chance": [
        (
            """
def some_alarm(rate, columns):
    return rate * columns
""",
            "the sum counts that day twice",
        ),
        (
            """
def some_alarm(rate, columns):
    return rate**columns
""",
            "all of them ring",
        ),
        (
            """
def some_alarm(rate, columns):
    return (1 - rate) ** columns
""",
            "none of them rings",
        ),
    ],
}
