"""The cases of *your turn* in the case study on moderation."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "moderation-removal-price": Exercise(
        [
            case(
                (30.0, 10.0),
                0.25,
                mistakes={
                    "That is the probability from which keeping pays.": 0.75,
                    "A removal is wrong only where the post is fine: weigh its price by 1 - p.": 1 / 3,
                },
            ),
            case((6.0, 6.0), 0.5),
            case((0.0, 6.0), 1.0),
        ],
        hint="At the limit p x harm equals (1 - p) x price.",
    ),
    "moderation-queue": Exercise(
        [
            case(
                ([0.0, 1.0, 2.0, 9.0], [5.0, 20.0, 8.0, 90.0], 3.0),
                1,
                mistakes={
                    "That post has not arrived yet.": 3,
                    "That is the oldest; take the most harmful.": 0,
                },
            ),
            case(([0.0, 1.0], [7.0, 7.0], 1.0), 0, mistakes={"Of equal harm the older one comes first.": 1}),
            case(([4.0], [7.0], 1.0), None),
        ],
        hint="Look only at what has arrived by now, then at the harm.",
    ),
    "moderation-audit-weight": Exercise(
        [
            case(
                ("keep", True, 0.05),
                20.0,
                mistakes={
                    "It was drawn for twenty: invert the rate.": 0.05,
                    "One kept post in twenty was drawn, so it stands for twenty.": 1.0,
                },
            ),
            case(("keep", False, 0.05), 0.0, mistakes={"Nobody looked at it: that it is fine is a guess.": 1.0}),
            case(("remove", False, 0.05), 1.0),
            case(
                ("review", True, 0.1),
                1.0,
                mistakes={"All of these are looked at, drawn or not: it stands for one.": 10.0},
            ),
        ],
        hint="Only kept posts depend on the lot.",
    ),
}
check = checks(EXERCISES)
