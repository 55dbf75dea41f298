"""The cases of *your turn* in the lesson on data collection."""

from mlsd_lib.lesson import Exercise, case, checks

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
}
check = checks(EXERCISES)
