"""Wrong answers to *your turn* in the lesson on latency and throughput."""

SLOW = "def slow_share(clients, per_s, lasts_s, stall_s):\n    "
LOOP = """def answered(arrived, cost, most_rows):
    free, ends = 0.0, []
    while len(ends) < len(arrived):
        first = len(ends)
        begin = max(free, arrived[first])
        {}
        {}
        ends += [free] * len(batch)
    return ends
"""
BATCH = "batch = [t for t in arrived[first : first + most_rows] if t <= begin]"
END = "free = begin + cost(len(batch))"
WRONG = {
    "slow": [
        (SLOW + "return clients / (clients + per_s * lasts_s)", "only the rest of the time"),
        (SLOW + "return clients / (per_s * (lasts_s - stall_s))", "counts among all too"),
        (SLOW + "return stall_s / lasts_s", "what an open loop sees"),
        (SLOW + "return 1 / (1 + per_s * (lasts_s - stall_s))", "Every client meets the stall"),
    ],
    "loop": [
        (LOOP.format(BATCH.replace("t <= begin", "t <= begin + cost(1)"), END), "not who comes while it runs"),
        (LOOP.format(BATCH.replace("first + most_rows", "first + 1"), END), "Those that wait go together"),
        (LOOP.format(BATCH.replace("first : first + most_rows", "first:"), END), "No batch takes more"),
        (LOOP.format(BATCH, "free = begin + cost(1)"), "n being its number of rows"),
    ],
}
