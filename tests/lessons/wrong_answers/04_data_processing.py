"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "latest": [
        (
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
        (
            """
def latest_row(request_keys, request_times, history_keys, history_times):  # takes the newest of all
    found = []
    for key, time in zip(request_keys, request_times):
        best = -1
        for row, (other, then) in enumerate(zip(history_keys, history_times)):
            if other == key and (best < 0 or then >= history_times[best]):
                best = row
        found.append(best)
    return found
""",
            "lies in the future of 5",
        ),
        (
            """
def latest_row(request_keys, request_times, history_keys, history_times):  # takes only what was before
    found = []
    for key, time in zip(request_keys, request_times):
        best = -1
        for row, (other, then) in enumerate(zip(history_keys, history_times)):
            if other == key and then < time and (best < 0 or then >= history_times[best]):
                best = row
        found.append(best)
    return found
""",
            "A row of the very moment counts",
        ),
        (
            """
def latest_row(request_keys, request_times, history_keys, history_times):  # takes the last one written
    found = []
    for key, time in zip(request_keys, request_times):
        best = -1
        for row, (other, then) in enumerate(zip(history_keys, history_times)):
            if other == key and then <= time:
                best = row
        found.append(best)
    return found
""",
            "The history is not sorted",
        ),
        (
            """
def latest_row(request_keys, request_times, history_keys, history_times):  # does not look at the key
    found = []
    for key, time in zip(request_keys, request_times):
        best = -1
        for row, (other, then) in enumerate(zip(history_keys, history_times)):
            if then <= time and (best < 0 or then >= history_times[best]):
                best = row
        found.append(best)
    return found
""",
            "belongs to another key",
        ),
    ],
    "relation": [
        (
            """
def contradicts(amount, customer_count_30d, customer_mean_amount_30d):  # takes the unusual for impossible
    return amount > customer_mean_amount_30d + 0.01
""",
            "unusual, not impossible",
        ),
        (
            """
def contradicts(amount, customer_count_30d, customer_mean_amount_30d):  # counts the limit itself as beyond it
    return amount >= customer_count_30d * customer_mean_amount_30d
""",
            "A first payment is its own mean",
        ),
        (
            """
def contradicts(amount, customer_count_30d, customer_mean_amount_30d):  # lets a first payment be anything
    return customer_count_30d > 1 and amount > customer_count_30d * customer_mean_amount_30d + 0.01
""",
            "The total of one payment",
        ),
        (
            """
def contradicts(amount, customer_count_30d, customer_mean_amount_30d):  # leaves the others a mean each
    return amount > max(1, customer_count_30d - 1) * customer_mean_amount_30d + 0.01
""",
            "next to nothing",
        ),
        (
            """
def contradicts(amount, customer_count_30d, customer_mean_amount_30d):  # calls ten times the mean impossible
    return amount > 10 * customer_mean_amount_30d
""",
            "follows from the number of payments",
        ),
        (
            """
def contradicts(amount, customer_count_30d, customer_mean_amount_30d):  # leaves no room for rounding
    return amount > customer_count_30d * customer_mean_amount_30d
""",
            "room for rounding",
        ),
        (
            """
def contradicts(amount, customer_count_30d, customer_mean_amount_30d):  # forgets that an only payment is the mean
    return amount > customer_count_30d * customer_mean_amount_30d + 0.01
""",
            "no smaller either",
        ),
    ],
}
