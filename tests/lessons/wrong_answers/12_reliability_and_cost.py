"""Wrong answers to *your turn* in the lesson on reliability and cost: code, and a part of what it must be told."""

RATE = "def safe_rate(capacity, retries, budget):\n    "
CHAIN = """def available(parts):
    share = 1.0
    for up, copies, common in parts:
        down = 1 - up
        share *= {}
    return share
"""
WRONG = {
    "rate": [
        (RATE + "return capacity / max(retries, 1)", "Count the first attempt too"),
        (RATE + "return capacity", "Retries come on top"),
        (RATE + "return capacity / (1 + retries)", "The budget bounds what all clients"),
        (
            RATE + "return capacity / (1 + retries) if budget is None else capacity / min(retries, budget)",
            "on top of the request",
        ),
        (RATE + "return capacity / (1 + (retries if budget is None else budget))", "allows no more than these"),
    ],
    "chain": [
        (
            "def available(parts):\n"
            "    from statistics import fmean\n"
            "    return fmean(1 - (1 - up) ** copies for up, copies, common in parts)",
            "All parts must be up",
        ),
        (CHAIN.format("up**copies"), "One copy that is up is enough"),
        (CHAIN.format("1 - down**copies"), "is not helped by the second"),
        (CHAIN.format("1 - common * down - (1 - common) * down ** (1 if common else copies)"), "still has to hit"),
    ],
}
