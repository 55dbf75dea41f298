"""One named wrong answer for each cell that the reader writes in the lesson."""

WRONG = {
    "dominated": (
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
    "holdout": (
        """
def holdout_rows(lead_points, accuracy, k=2.75):  # compares points with a share
    return int(np.ceil(k**2 * accuracy * (1 - accuracy) / lead_points**2))
""",
        "Points are hundredths",
    ),
    "hedged": (
        """
def hedged_ms(first_ms, replica_ms, wait_ms):  # sends both at once
    return min(first_ms, replica_ms)
""",
        "The replica starts only after the wait",
    ),
}
