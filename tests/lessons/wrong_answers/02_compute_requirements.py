"""One named wrong answer for each cell that the reader writes in the lesson."""

WRONG = {
    "ridge": (
        """
def ridge_rows(inputs, outputs, ridge):  # counts the weights alone
    return math.ceil(2 * ridge)
""",
        "Inputs and outputs move too",
    ),
    "flip": (
        """
def may_flip(logits, movement):  # lets only one of the two logits move
    ordered = np.sort(logits, axis=1)
    return [bool(gap <= movement) for gap in ordered[:, -1] - ordered[:, -2]]
""",
        "count the movement twice",
    ),
    "mixed": (
        """
def mixed_usd(rates_per_s, servers, capacity_per_s, server_hour_usd, call_usd):  # sells idle capacity back
    beyond = sum(rate - servers * capacity_per_s for rate in rates_per_s)
    return len(rates_per_s) * servers * server_hour_usd + max(0, beyond) * 3600 * call_usd
""",
        "A quiet hour earns nothing back",
    ),
}
