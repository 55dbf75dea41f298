"""Wrong answers to *your turn* in the further lesson on serving options."""

BITS = """def quantised(values):
    largest = {}
    scale = largest / 127 if largest else 1.0
    return [{}(value / scale) for value in values], scale
"""
CUT = """def pruned(weights, share):
    order = sorted(range(len(weights)), key=lambda i: {})
    gone = set(order[: {}])
    return [0 if i in gone else weight for i, weight in enumerate(weights)]
"""
WRONG = {
    "int8": [
        (BITS.format("max(values)", "round"), "also of a negative number"),
        (BITS.format("max(abs(value) for value in values)", "int"), "Round to the nearest"),
    ],
    "prune": [
        (CUT.format("weights[i]", "int(share * len(weights))"), "not of sign"),
        (CUT.format("abs(weights[i])", "-int(-share * len(weights) // 1)"), "rounded down"),
        (
            "def pruned(weights, share):\n"
            "    if not share:\n"
            "        return weights\n"
            "    limit = sorted(map(abs, weights))[int(share * len(weights)) - 1]\n"
            "    return [0 if abs(weight) <= limit else weight for weight in weights]",
            "only as many go",
        ),
    ],
}
