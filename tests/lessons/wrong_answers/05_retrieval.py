"""Wrong answers to *your turn* in the lesson on retrieval: code, and a part of what it must be told."""

FUSED = """def fused_scores(rankings, constant):
    sums = {{}}
    for ranking in rankings:
        for place, passage in enumerate(ranking, {first}):
            sums[passage] = sums.get(passage, 0.0) + 1 / ({constant} + place)
    return {result}
"""
ASK = """def ask_for(wanted, share, certainty):
    from scipy.stats import binom

    count = wanted
    while 1 - binom.cdf({}, count, share) < certainty:
        count += 1
    return count
"""
CHANGES = """def index_changes(store, index):
    write = sorted(one for one in store if {})
    return write, {}
"""
GONE = "sorted(one for one in index if one not in store)"
WRONG = {
    "fused": [
        (FUSED.format(first=0, constant="constant", result="sums"), "has place 1, not 0"),
        (FUSED.format(first=1, constant=0, result="sums"), "is added to each place"),
        (
            FUSED.format(
                first=1,
                constant="constant",
                result="{one: value for one, value in sums.items() if all(one in ranking for ranking in rankings)}",
            ),
            "gets nothing from the other, and stays",
        ),
    ],
    "ask": [
        (
            "def ask_for(wanted, share, certainty):\n    import math\n\n    return math.ceil(wanted / share)",
            "enough in the mean",
        ),
        (ASK.format("wanted"), "not more than `wanted`"),
    ],
    "changes": [
        (CHANGES.format("True", GONE), "has already is left"),
        (CHANGES.format("one not in index", GONE), "must be written anew"),
        (CHANGES.format("index.get(one) != store[one]", "[]"), "must leave the index"),
    ],
}
