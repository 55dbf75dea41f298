"""The cases of *your turn* in the lesson on framing."""

from mlsd_lib.lesson import Exercise, case, checks

OLD, NEW = ["a", "b", "c"], ["z", "a", "b", "c"]
KNOWN = {"a", "b", "c"}
EXERCISES = {
    "framing-hit-shares": Exercise(
        [
            case(
                ([OLD, OLD, NEW, OLD], ["a", "b", "z", "z"], 2, KNOWN),
                (1.0, 0.5),
                mistakes={"An item without a score is a miss, not a row to leave out.": (1.0, 1.0)},
            ),
            case(
                ([OLD, OLD, OLD, NEW], ["a", "b", "c", "z"], 2, KNOWN),
                (2 / 3, 1.0),
                mistakes={
                    "Each kind of purchase has its own denominator.": (0.5, 0.25),
                    "A score is no hit: the item must be among those shown.": (1.0, 1.0),
                },
            ),
        ],
        hint="Go through pairs of ranking and purchase, once for each kind of item.",
    ),
    "framing-to-review": Exercise(
        [
            case(
                ([0.9, 0.1, 0.5], [10, 900, 40], 15, 12, 2),
                [1, 2],
                mistakes={"The likeliest fraud is not the most expensive: rank by what a review is worth.": [0, 2]},
            ),
            case(
                ([0.9, 0.01], [10, 100], 15, 12, 5),
                [0],
                mistakes={"A free place in the team is no reason to review at a loss.": [0, 1]},
            ),
            case(([0.5], [10], 15, 12, 3), [0], mistakes={"The fee is lost together with the amount.": []}),
            case(([0.01, 0.02], [10, 20], 15, 12, 3), []),
        ],
        hint="probability x (amount + fee) - price for each, sort downwards, stop at 0 or when the team is full.",
    ),
}
check = checks(EXERCISES)
