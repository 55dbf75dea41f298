"""One named wrong answer for each cell that the reader writes in the lesson."""

WRONG = {
    "latest": (
        """
def latest_row(request_keys, request_times, history_keys, history_times):  # keeps the first of equal times
    found = []
    for key, time in zip(request_keys, request_times):
        best = -1
        for row, (other, then) in enumerate(zip(history_keys, history_times)):
            if other == key and then <= time and (best < 0 or then > history_times[best]):
                best = row
        found.append(best)
    return found
""",
        "take the one written last",
    ),
    "relation": (
        """
def contradicts(amount, customer_count_30d, customer_mean_amount_30d):  # takes the unusual for impossible
    return amount > customer_mean_amount_30d + 0.01
""",
        "unusual, not impossible",
    ),
    "late": (
        """
def late(event_hours, window, lateness):  # follows the last event, not the latest
    answers, last = [], -float("inf")
    for hour in event_hours:
        answers.append(window * (hour // window + 1) <= last - lateness)
        last = hour
    return answers
""",
        "never goes back",
    ),
}
