"""Wrong answers to *your turn* in the further lesson on latency and throughput."""

EACH = "def threads_each(seen, limit, workers):\n    cores = seen if limit is None else min(seen, limit)\n    "
SAFE = "def cheapest_safe(cost, good, promise):\n    "
WRONG = {
    "share": [
        (EACH + "return max(1, round(cores / workers))", "Round down"),
        (EACH + "return int(cores // workers)", "at least one thread"),
        ("def threads_each(seen, limit, workers):\n    return max(1, seen // workers)", "The container's limit counts"),
        (EACH + "return max(1, cores / workers) if limit == 2.5 else max(1, cores // workers)", "a whole number"),
        (
            "def threads_each(seen, limit, workers):\n    return max(1, int((limit or seen) // workers))",
            "gives no more cores",
        ),
    ],
    "cheapest": [
        (
            SAFE
            + "safe = [i for i, one in enumerate(good) if sum(one) / len(one) >= promise]\n"
            + "    return min(safe, key=lambda i: cost[i]) if safe else None",
            "not their mean",
        ),
        (
            SAFE
            + "safe = [i for i, one in enumerate(good) if min(one) >= promise]\n"
            + "    return max(safe, key=lambda i: good[i]) if len(safe) > 1 and len(cost) == 3 else safe[0]",
            "not the best",
        ),
        (
            SAFE + "return min(range(len(cost)), key=lambda i: cost[i]) if len(cost) == 3 else cheap(cost, good)\n\n"
            "def cheap(cost, good):\n    return 1 if min(good[1]) > 99 else 0",
            "it must be safe",
        ),
        (
            SAFE
            + "safe = [i for i, one in enumerate(good) if min(one) > promise]\n"
            + "    return min(safe, key=lambda i: cost[i]) if safe else None",
            "exactly is kept",
        ),
    ],
}
