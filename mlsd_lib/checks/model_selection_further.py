"""The cases of *your turn* in the lesson on explanations and probabilities."""

from itertools import chain, combinations
from typing import Any

from mlsd_lib.lesson import Exercise, case, checks


def game(players: list[str], score: Any) -> dict[frozenset[str], float]:
    """The score of each set of `players`."""
    sets = chain.from_iterable(combinations(players, size) for size in range(len(players) + 1))
    return {frozenset(one): float(score(set(one))) for one in sets}


BOTH = game(["amount", "night"], lambda known: 6 if len(known) == 2 else 1 if "amount" in known else 0)
THREE = game(["a", "b", "c"], lambda known: 2 + 3 * ("a" in known) + 6 * ({"b", "c"} <= known))
TWINS = game(["risk", "twin", "idle"], lambda known: 4 * bool(known & {"risk", "twin"}))

EXERCISES = {
    "selection-shapley": Exercise(
        [
            case(
                (BOTH, ["amount", "night"]),
                {"amount": 3.5, "night": 2.5},
                mistakes={
                    "That is one order only: average over all of them.": {"amount": 1.0, "night": 5.0},
                    "That is each sign known alone; it misses what they do together.": {"amount": 1.0, "night": 0.0},
                    "That is what is lost without each; together it is more than there is.": {
                        "amount": 6.0,
                        "night": 5.0,
                    },
                },
            ),
            case(
                (THREE, ["a", "b", "c"]),
                {"a": 3.0, "b": 3.0, "c": 3.0},
                mistakes={"Divide by the number of orders, not of signs.": {"a": 6.0, "b": 6.0, "c": 6.0}},
            ),
            case((TWINS, ["risk", "twin", "idle"]), {"risk": 2.0, "twin": 2.0, "idle": 0.0}),
        ],
        hint="For each order start from the empty set; what a sign adds is the value with it less the value before.",
    ),
    "selection-among-all": Exercise(
        [
            case(
                (0.5, 10),
                1 / 11,
                mistakes={
                    "Divide the odds, not the probability.": 0.05,
                    "The wrong way: among all payments fraud is rarer.": 10 / 11,
                },
            ),
            case((0.9, 10), 9 / 19),
            case((0.2, 1), 0.2),
            case((1.0, 50), 1.0, mistakes={"Of a certain fraud the odds are infinite: avoid p / (1 - p).": 0.02}),
            case((0.0, 50), 0.0),
        ],
        hint="Of n payments like this in the sample, p n are frauds and (1 - p) n honest: how many were there before?",
    ),
}
check = checks(EXERCISES)
