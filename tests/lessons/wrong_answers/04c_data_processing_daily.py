"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "late": [
        (
            """
def late(event_hours, window, bound):  # follows the last event, not the latest
    answers, last = [], -float("inf")
    for hour in event_hours:
        answers.append(window * (hour // window + 1) <= last - bound)
        last = hour
    return answers
""",
            "never goes back",
        ),
        (
            """
def late(event_hours, window, bound):  # compares the event, not the end of its window
    answers, latest = [], -float("inf")
    for hour in event_hours:
        answers.append(hour < latest - bound)
        latest = max(latest, hour)
    return answers
""",
            "is not late yet",
        ),
        (
            """
def late(event_hours, window, bound):  # keeps a window open that ends at the watermark
    answers, latest = [], -float("inf")
    for hour in event_hours:
        answers.append(window * (hour // window + 1) < latest - bound)
        latest = max(latest, hour)
    return answers
""",
            "ends at the watermark is closed",
        ),
        (
            """
def late(event_hours, window, bound):  # waits for nobody
    answers, latest = [], -float("inf")
    for hour in event_hours:
        answers.append(window * (hour // window + 1) <= latest)
        latest = max(latest, hour)
    return answers
""",
            "lags behind the largest time by the bound",
        ),
    ],
    "weekday": [
        (
            """
def unusual(rows, weekday, past, tolerance):  # holds a Sunday against all days alike
    mean = sum(number for _, number in past) / len(past)
    return abs(rows - mean) > tolerance * mean
""",
            "compare with the same weekday",
        ),
        (
            """
def unusual(rows, weekday, past, tolerance):  # looks for missing rows alone
    alike = [number for day, number in past if day == weekday]
    return bool(alike) and rows < (1 - tolerance) * sum(alike) / len(alike)
""",
            "Too many rows are unusual too",
        ),
        (
            """
def unusual(rows, weekday, past, tolerance):  # takes the tolerance itself for unusual
    alike = [number for day, number in past if day == weekday]
    return bool(alike) and abs(rows - sum(alike) / len(alike)) >= tolerance * sum(alike) / len(alike)
""",
            "Exactly the tolerance",
        ),
        (
            """
def unusual(rows, weekday, past, tolerance):  # takes what it does not know for unusual
    alike = [number for day, number in past if day == weekday]
    return not alike or abs(rows - sum(alike) / len(alike)) > tolerance * sum(alike) / len(alike)
""",
            "nothing can be said",
        ),
    ],
}
