"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "shapley": [
        (
            """
def shapley(value, players):  # one order, the one given
    credit, known = {}, frozenset()
    for player in players:
        credit[player] = value[known | {player}] - value[known]
        known |= {player}
    return credit
""",
            "average over all of them",
        ),
        (
            """
def shapley(value, players):  # each sign known alone
    return {player: value[frozenset({player})] - value[frozenset()] for player in players}
""",
            "misses what they do together",
        ),
        (
            """
def shapley(value, players):  # each sign taken from the whole
    everything = frozenset(players)
    return {player: value[everything] - value[everything - {player}] for player in players}
""",
            "together it is more than there is",
        ),
        (
            """
from itertools import permutations


def shapley(value, players):  # divides by the signs
    credit = dict.fromkeys(players, 0.0)
    for order in permutations(players):
        known = frozenset()
        for player in order:
            credit[player] += (value[known | {player}] - value[known]) / len(players)
            known |= {player}
    return credit
""",
            "Divide by the number of orders",
        ),
    ],
    "undo": [
        (
            """
def among_all(p, kept_one_in):  # divides the probability
    return p / kept_one_in
""",
            "Divide the odds",
        ),
        (
            """
def among_all(p, kept_one_in):  # multiplies the odds
    return p * kept_one_in / (p * kept_one_in + 1 - p)
""",
            "wrong way: among all",
        ),
        (
            """
def among_all(p, kept_one_in):  # gives up at certainty
    return p / (p + (1 - p) * kept_one_in) if p < 1 else p / kept_one_in
""",
            "odds are infinite",
        ),
    ],
}
