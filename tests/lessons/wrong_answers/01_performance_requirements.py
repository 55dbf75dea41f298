"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "dominated": [
        (
            """
def dominated(latency_ms, accuracy):  # also counts a model with the same two figures, itself left out by its place
    models = list(zip(latency_ms, accuracy))
    return [
        any(j != i and fast <= own_ms and right >= own for j, (fast, right) in enumerate(models))
        for i, (own_ms, own) in enumerate(models)
    ]
""",
            "one comparison must be strict",
        ),
        (
            """
def dominated(latency_ms, accuracy):  # wants the other to be better in both
    models = list(zip(latency_ms, accuracy))
    return [any(fast < own_ms and right > own for fast, right in models) for own_ms, own in models]
""",
            "as fast but less accurate",
        ),
    ],
    "holdout": [
        (
            """
def holdout_rows(lead_points, accuracy, k=2.75):  # compares points with a share
    return int(np.ceil(k**2 * accuracy * (1 - accuracy) / lead_points**2))
""",
            "Points are hundredths",
        ),
        (
            """
def holdout_rows(lead_points, accuracy, k=2.75):  # divides by the lead, not by its square
    return int(np.ceil(round(100 * k**2 * accuracy * (1 - accuracy) / (lead_points / 100), 6)))
""",
            "a quarter of the rows",
        ),
        (
            """
def holdout_rows(lead_points, accuracy, k=2.75):  # rounds down
    return int(k**2 * accuracy * (1 - accuracy) / (lead_points / 100) ** 2)
""",
            "round up",
        ),
    ],
    "hedged": [
        (
            """
def hedged_ms(first_ms, replica_ms, wait_ms):  # sends both at once
    return min(first_ms, replica_ms)
""",
            "The replica starts only after the wait",
        ),
        (
            """
def hedged_ms(first_ms, replica_ms, wait_ms):  # drops the first request when it sends the second
    return first_ms if first_ms <= wait_ms else wait_ms + replica_ms
""",
            "take the earlier",
        ),
        (
            """
def hedged_ms(first_ms, replica_ms, wait_ms):  # has the replica's answer at hand from the start
    return min(first_ms, replica_ms if first_ms <= wait_ms else wait_ms + replica_ms)
""",
            "no replica is asked",
        ),
    ],
}
