"""Wrong answers to *your turn* in the further lesson on deployment."""

TRUE = """def share_of_true_wins(good, power, level):
    true = {true}
    return true / (true + {false})
"""
RIGHT = {"true": "good * power", "false": "(1 - good) * level / 2"}
WHICH = """def which(kind, lives_days, known_days, needs_number):
    if {test}:
        return "A/B test"
    return {choice}
"""
GOOD = {
    "test": "needs_number or known_days > lives_days / 10",
    "choice": '"interleaving" if kind == "ranking" else "bandit"',
}
WRONG = {
    "true": [
        (TRUE.format(**RIGHT | {"false": "(1 - good) * level"}), "half of the level"),
        (TRUE.format(**RIGHT | {"true": "good"}), "Only the power's share"),
        (TRUE.format(**RIGHT | {"false": "level / 2"}), "ideas that do nothing"),
        (TRUE.format(**RIGHT | {"false": "1 - true"}), "not of all ideas"),
        (TRUE.format(**RIGHT | {"false": "(1 - good) * 0.05 / 2"}), "level is an argument"),
    ],
    "which": [
        (WHICH.format(**GOOD | {"choice": '"bandit"'}), "A ranking is interleaved"),
        (WHICH.format(**GOOD | {"choice": '"interleaving"'}), "cannot be interleaved"),
        (WHICH.format(**GOOD | {"test": "needs_number"}), "no use to a bandit"),
        (WHICH.format(**GOOD | {"test": "known_days > lives_days / 10"}), "gives no number"),
        (WHICH.format(**GOOD | {"test": "needs_number or known_days > 5"}), "soon enough"),
    ],
}
