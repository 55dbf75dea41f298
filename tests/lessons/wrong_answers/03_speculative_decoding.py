"""Wrong answers to *your turn* in the lesson on speculative decoding."""

LENGTH = "def best_length(acceptance, draft_cost, longest):\n    "
GAIN = "return max(range({first}, longest + 1), key=lambda k: sum(acceptance**i for i in range({tokens})) / ({cost}))"
LEFT = "def leftover(target, draft):\n    "
SCALED = "weights = [{weight} for p, q in zip(target, draft)]\n    return [one / sum(weights) for one in weights]"
WRONG = {
    "length": [
        (LENGTH + GAIN.format(first=0, tokens="k", cost="1 + k * draft_cost"), "a token of its own to every pass"),
        (LENGTH + GAIN.format(first=0, tokens="k + 1", cost="1"), "also costs a step of the draft"),
        (LENGTH + GAIN.format(first=1, tokens="k + 1", cost="1 + k * draft_cost"), "Not guessing is an answer"),
    ],
    "leftover": [
        (LEFT + "return [max(p - q, 0) for p, q in zip(target, draft)]", "Divide them by their sum"),
        (LEFT + "return target", "That is the target's distribution"),
        (LEFT + SCALED.format(weight="abs(p - q)"), "Its weight is 0"),
        (LEFT + SCALED.format(weight="min(p, q)"), "That is what is accepted"),
    ],
}
