"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "once": [
        (
            """
def register(versions, week, checksum):  # as if a task ran once
    return [*versions, (week, checksum)]
""",
            "The model was there already",
        ),
        (
            """
def register(versions, week, checksum):  # one version a week
    return versions if week in [known for known, _ in versions] else [*versions, (week, checksum)]
""",
            "Another checksum is another model",
        ),
    ],
    "week": [
        (
            """
def week_of(date):  # the week that the date lies in
    return (date - pd.Timestamp("2026-01-05")).days // 7 + 1
""",
            "the week that has just begun",
        ),
    ],
}
