"""The cases of *your turn* in the lessons on data collection."""

from collections.abc import Callable, Sequence
from typing import Any

from mlsd_lib.lesson import Exercise, case, checks


def total_or_refusal(estimated_total: Callable[..., Any], losses: Sequence[float], chances: Sequence[float]) -> Any:
    """The reader's estimate, or "refused" where it raises ValueError."""
    try:
        return estimated_total(losses, chances)
    except ValueError:
        return "refused"


EXERCISES = {
    "flips": Exercise(
        [
            case((0.9, 0.0), 0.9),
            case(
                (0.74, 0.2),
                0.9,
                mistakes={
                    "A flipped label also makes some wrong predictions look right.": 0.74 / 0.8,
                    "The model does not lose a point for each flipped label: it wins where it was wrong.": 0.94,
                },
            ),
            case((0.5, 0.3), 0.5),
            case((0.5, 0.5), float("nan"), mistakes={"With half of the labels flipped every model scores .5.": 0.5}),
        ],
        hint="seen = true x (1 - flip_share) + (1 - true) x flip_share; solve it for true.",
    ),
    "kappa": Exercise(
        [
            case(([0, 1, 2, 1], [0, 1, 2, 1]), 1.0),
            case(
                ([1, 1, 0, 0, 0, 0, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
                0.375,
                mistakes={
                    "That is the agreement: take off what chance gives, and scale.": 0.8,
                    "Chance is not one half: multiply each annotator's own frequencies.": 0.6,
                },
            ),
            case(
                (["a", "a", "a", "b"], ["a", "b", "b", "b"]),
                0.2,
                mistakes={"Each annotator has frequencies of their own: do not pool the two.": 0.0},
            ),
            case(([0, 0], [1, 1]), 0.0),
            case(([0, 0, 0], [0, 0, 0]), float("nan"), mistakes={"Chance explains all of it: undefined.": 1.0}),
        ],
        hint="chance = the sum over labels of (share in one) x (share in other).",
    ),
    "elapsed": Exercise(
        [
            case((1000, 1230, 0), 150, mistakes={"1230 is not a number of minutes: split hours and minutes.": 230}),
            case((2359, 344, 0), 225, mistakes={"The plane landed on the next day.": -1215}),
            case(
                (600, 915, -3),
                375,
                mistakes={
                    "The sign: where the destination's clock is behind, more time has passed than it shows.": 15,
                    "The clocks differ: take the zones into account.": 195,
                },
            ),
            case((2200, 30, -3), 330),
            case(
                (2330, 2325, -1), 55, mistakes={"First the zones, then the day: this plane landed on the same.": 1495}
            ),
            case((30, 2355, 1), 1345),
            case((1800, 2400, 0), 360),
        ],
        hint="Turn both into minutes after midnight, take off the zones, and take the rest modulo a day.",
    ),
    "weighted": Exercise(
        [
            case(
                ([10.0, 20.0], [0.5, 0.1]),
                220.0,
                mistakes={
                    "Each loss has a chance of its own: divide it by that, not by the mean.": 100.0,
                    "That is the total of the sample: each row stands for those that were not drawn.": 30.0,
                    "A row that had a small chance stands for more rows, not for fewer.": 7.0,
                },
            ),
            case(([5.0, 0.0, 7.0], [1.0, 0.01, 1.0]), 12.0),
            case(([], []), 0.0),
            case(
                ([10.0], [0.0]),
                "refused",
                mistakes={"A payment that could not be drawn cannot be in the sample.": 0.0},
            ),
            case(
                ([10.0], [2.0]),
                "refused",
                mistakes={"No payment comes into the sample with a chance above 1.": 5.0},
            ),
        ],
        hint="One row that was drawn with chance 1/10 stands for ten rows.",
        through=total_or_refusal,
    ),
    "release": Exercise(
        [
            case((["a", "a", "b"], ["ill", "well", "ill"], 2, 1), [0, 1]),
            case(
                (["a", "b", "a", "b"], ["ill", "ill", "ill", "well"], 2, 2),
                [1, 3],
                mistakes={
                    "The first group is large enough, and all of it is ill: count the secrets as well.": [0, 1, 2, 3],
                    "Judge a row by the secrets of its group, not by its own.": [],
                },
            ),
            case(
                (["a"] * 3 + ["b"] * 2, ["ill", "well", "ill", "ill", "well"], 3, 2),
                [0, 1, 2],
                mistakes={"Different secrets do not stand for people: the group needs k rows.": [0, 1, 2, 3, 4]},
            ),
            case(([], [], 5, 2), []),
        ],
        hint="Collect the secrets of each group in a list: its length counts rows, the length of its set secrets.",
    ),
}
check = checks(EXERCISES)
