"""Wrong answers to *your turn* in the lesson on serving options."""

NAMES = "def refused(names, packages):\n    "
COUNTS = "def covered(counts, k):\n    "
WRONG = {
    "names": [
        (
            NAMES + "return [n for n in names if n.rpartition('.')[0] not in packages]",
            "sklearn.tree belongs to sklearn",
        ),
        (NAMES + "return [n for n in names if n not in packages]", "look at what the module begins with"),
        (NAMES + "return [n for n in names if not n.startswith(tuple(packages))]", "compare whole parts"),
        (NAMES + "return [n for n in names if n.split('.')[0] not in packages][:1]", "Name all that are refused"),
    ],
    "counts": [
        (COUNTS + "return sum(counts[:k]) / max(sum(counts), 1)", "wherever they stand"),
        (
            COUNTS + "return min(k / len(counts), 1.0) if len(counts) > 2 and k == 1 else 0.5",
            "Count requests, not users",
        ),
        (
            COUNTS + "some = sorted(counts)\n    "
            "return sum(sorted(some, reverse=True)[: k if 0 not in counts else k - 1]) / max(sum(counts), 1)",
            "take no place",
        ),
    ],
}
