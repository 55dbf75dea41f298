"""The cases of *your turn* in the second lesson on data collection."""

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
