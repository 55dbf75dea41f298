"""The cases of *your turn* in the lessons on model selection."""

from itertools import chain, combinations
from typing import Any

from mlsd_lib.lesson import Exercise, case, checks

SURE, UNSURE = [2.0, 2.2, 1.8, 2.1, 1.9], [-3.0, 7.0, 4.0, 0.0, 2.0]

CURVE = {"line": [14.0, 14.2], "trees": [18.0, 18.4], "net": [18.1, 17.9], "giant": [20.0, 20.2]}

US = {"line": 5.0, "trees": 40.0, "net": 8.0, "giant": 900.0}


def game(players: list[str], score: Any) -> dict[frozenset[str], float]:
    """The score of each set of `players`."""
    sets = chain.from_iterable(combinations(players, size) for size in range(len(players) + 1))
    return {frozenset(coalition): float(score(set(coalition))) for coalition in sets}


BOTH = game(["amount", "night"], lambda known: 6 if len(known) == 2 else 1 if "amount" in known else 0)

THREE = game(["a", "b", "c"], lambda known: 2 + 3 * ("a" in known) + 6 * ({"b", "c"} <= known))

TWINS = game(["risk", "twin", "idle"], lambda known: 4 * bool(known & {"risk", "twin"}))

EXERCISES = {
    "selection-pays-from": Exercise(
        [
            case(
                ({100: [-1.0, -1.2, -0.8, -1.1, -0.9], 1_000: SURE, 10_000: SURE}, 1.0),
                1_000,
                mistakes={"The smallest such size is asked for, not the largest.": 10_000},
            ),
            case(
                ({100: SURE, 1_000: [-3.0, 3.0, 1.0, -1.0, 0.0], 10_000: SURE}, 1.0),
                10_000,
                mistakes={
                    "At 1,000 the lead is not sure: from here on means at every larger size too.": 100,
                },
            ),
            case(
                ({100: [-1.0, -1.2, -0.8, -1.1, -0.9], 1_000: UNSURE}, 0.0),
                None,
                mistakes={"A mean above `worth` is not a sure lead: subtract 2.78 standard errors.": 1_000},
            ),
            case(
                ({1_000: SURE, 10_000: [6.0, 6.2, 5.8, 6.1, 5.9]}, 5.0),
                10_000,
                mistakes={"Compare with `worth`, not with zero.": 1_000},
            ),
            case(({10_000: SURE, 100: UNSURE, 1_000: SURE}, 1.0), 1_000),
        ],
        hint="Go from the largest size down, and stop at the first that is not sure.",
    ),
    "selection-choose": Exercise(
        [
            case(
                (CURVE, US, 100.0, 0.5),
                "net",
                mistakes={
                    "Trees and net are within the tie: take the quicker one.": "trees",
                    "That one is slower than the limit.": "giant",
                    "Look for the best among those within the limit only; then somebody is near it.": "nobody",
                    "The quickest of all is far behind the best: it must be nearly as good.": "line",
                },
            ),
            case((CURVE, US, 100.0, 0.05), "trees"),
            case((CURVE, US, 1_000.0, 0.5), "giant"),
            case((CURVE, US, 5.0, 0.5), "line", mistakes={"A time of exactly the limit is within it.": "nobody"}),
            case((CURVE, US, 1.0, 0.5), "nobody"),
        ],
        hint="First leave out who is too slow, then find the best mean, then the quickest near it.",
    ),
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
