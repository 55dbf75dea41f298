"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "ridge": [
        (
            """
def ridge_rows(inputs, outputs, ridge):  # counts the weights alone
    return math.ceil(2 * ridge)
""",
            "Inputs and outputs move too",
        ),
        (
            """
def ridge_rows(inputs, outputs, ridge):  # rounds down
    gained_a_row = inputs * outputs - 2 * ridge * (inputs + outputs)
    return int(2 * ridge * inputs * outputs / gained_a_row) if gained_a_row > 0 else None
""",
            "round up",
        ),
        (
            """
def ridge_rows(inputs, outputs, ridge):  # divides by what may be negative
    weights = inputs * outputs
    return math.ceil(2 * ridge * weights / (weights - 2 * ridge * (inputs + outputs)))
""",
            "only nears a limit",
        ),
    ],
    "flip": [
        (
            """
def may_flip(logits, movement):  # lets only one of the two logits move
    ordered = np.sort(logits, axis=1)
    return [bool(gap <= movement) for gap in ordered[:, -1] - ordered[:, -2]]
""",
            "count the movement twice",
        ),
        (
            """
def may_flip(logits, movement):  # compares the first two classes
    return [bool(abs(row[0] - row[1]) <= 2 * movement) for row in logits]
""",
            "wherever they stand",
        ),
        (
            """
def may_flip(logits, movement):  # compares the largest logit with the smallest
    return [bool(max(row) - min(row) <= 2 * movement) for row in logits]
""",
            "The smallest logit does not matter",
        ),
    ],
    "mixed": [
        (
            """
def mixed_usd(rates_per_s, servers, capacity_per_s, server_hour_usd, call_usd):  # sells idle capacity back
    beyond = sum(rate - servers * capacity_per_s for rate in rates_per_s)
    return len(rates_per_s) * servers * server_hour_usd + max(0, beyond) * 3600 * call_usd
""",
            "A quiet hour earns nothing back",
        ),
        (
            """
def mixed_usd(rates_per_s, servers, capacity_per_s, server_hour_usd, call_usd):  # sells it back hour by hour
    beyond = sum(rate - servers * capacity_per_s for rate in rates_per_s)
    return len(rates_per_s) * servers * server_hour_usd + beyond * 3600 * call_usd
""",
            "A quiet hour earns nothing back",
        ),
        (
            """
def mixed_usd(rates_per_s, servers, capacity_per_s, server_hour_usd, call_usd):  # pays for what a server does
    total = 0.0
    for rate in rates_per_s:
        used = min(1, rate / (servers * capacity_per_s)) if servers else 0
        beyond = max(0, rate - servers * capacity_per_s)
        total += used * servers * server_hour_usd + beyond * 3600 * call_usd
    return total
""",
            "The server costs the same in every hour",
        ),
        (
            """
def mixed_usd(rates_per_s, servers, capacity_per_s, server_hour_usd, call_usd):  # takes an hour for a second
    beyond = sum(max(0, rate - servers * capacity_per_s) for rate in rates_per_s)
    return len(rates_per_s) * servers * server_hour_usd + beyond * call_usd
""",
            "an hour has 3,600 of them",
        ),
        (
            """
def mixed_usd(rates_per_s, servers, capacity_per_s, server_hour_usd, call_usd):  # one server's capacity for all
    beyond = sum(max(0, rate - capacity_per_s) for rate in rates_per_s)
    return len(rates_per_s) * servers * server_hour_usd + beyond * 3600 * call_usd
""",
            "Two servers take twice the capacity",
        ),
    ],
}
