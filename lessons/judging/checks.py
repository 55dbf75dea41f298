"""The cases of *your turn* in the lesson on judging."""

import numpy as np

from mlsd_lib.lesson import Exercise, case, checks

NAN = float("nan")
FIRST = (
    np.array([1.0, NAN, 1.0, NAN]),
    np.array([True, False, True, False]),
    np.array([0.6, 0.5, 0.4, 0.9]),
    np.array([0.5, 0.25, 0.2, 0.25]),
)
SECOND = (np.array([0.0, NAN]), np.array([True, False]), np.array([0.8, 0.6]), np.array([0.5, 0.5]))

EXERCISES = {
    "pairs-worth": Exercise(
        [
            case(
                (100, 8, 0.72),
                800 / (1 + 7 * 0.44),
                mistakes={
                    "Votes on one pair are alike: they count as fewer than that many pairs.": 800.0,
                    "A second vote on a pair says something that the first did not.": 100.0,
                    "People who toss coins agree on half of the pairs: the correlation is 2 x agreement - 1.": (
                        800 / (1 + 7 * 0.72)
                    ),
                    "A vote is correlated with the other votes on its pair, one fewer than there are.": (
                        800 / (1 + 8 * 0.44)
                    ),
                    "Of the variance's factor, divide by it: votes that are alike are worth less.": 800
                    * (1 + 7 * 0.44),
                },
            ),
            case((100, 1, 0.72), 100.0),
            case((200, 4, 0.5), 800.0),
            case((50, 10, 1.0), 50.0),
        ],
        hint="Independent votes, divided by 1 + (votes - 1) r.",
    ),
    "prompts-of-a-gate": Exercise(
        [
            case(
                (0.27, 0.05, 1.645, 0.842),
                2.487**2 * 0.2675 / 0.0025,
                mistakes={
                    "Add z_power: with z alone half of the bad releases pass.": 1.645**2 * 0.2675 / 0.0025,
                    "The variance is the mean of the square less the square of the mean.": 2.487**2 * 0.27 / 0.0025,
                    "The standard error falls with the root of the count: square both.": (
                        2.487 * np.sqrt(0.2675) / 0.05
                    ),
                    "Divide by the square of the drop.": 2.487**2 * 0.2675 / 0.05,
                },
            ),
            case((0.1, 0.02, 1.645, 0.842), 2.487**2 * 0.0996 / 0.0004),
            case(
                (0.27, 0.05, 2.326, 0.842),
                3.168**2 * 0.2675 / 0.0025,
                mistakes={"z and z_power are arguments.": 2.487**2 * 0.2675 / 0.0025},
            ),
        ],
        hint="Set drop = (z + z_power) * sqrt(variance / prompts) and solve for prompts.",
    ),
    "labels-by-known-chances": Exercise(
        [
            case(
                FIRST,
                0.6 + (0.4 / 0.5 + 0.6 / 0.2) / 4,
                mistakes={
                    "Each error counts by one over the chance of its pair.": 0.6 + 0.5,
                    "Correct the judge's mean by its errors; the labels alone leave the judge out.": (2.0 + 5.0) / 4,
                    "Divide by all pairs: the weights say already how many an error speaks for.": 0.6 + 3.8 / 2,
                    "nan is no label: leave those pairs out of the errors.": NAN,
                    "An error is the label less the judgement.": 0.6 - 3.8 / 4,
                },
            ),
            case(SECOND, 0.7 + (-0.8 / 0.5) / 2),
        ],
        hint="judged.mean() plus the sum of (labels - judged) / chance over those asked, divided by all pairs.",
    ),
}
check = checks(EXERCISES)
