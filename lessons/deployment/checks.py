"""The cases of *your turn* in the lessons on deployment."""

from mlsd_lib.lesson import Exercise, case, checks


def _requests(base: float, more: float, share: float, z: float = 3.0, power_z: float = 0.84) -> float:
    """Of the canary, where the old version has (1 - share) / share times as many."""
    after = base + more
    return (z + power_z) ** 2 * (base * (1 - base) * share / (1 - share) + after * (1 - after)) / more**2


EXERCISES = {
    "seconds-to-show": Exercise(
        [
            case(
                (0.01, 0.01, 0.05, 100, 3.0),
                _requests(0.01, 0.01, 0.05) / 5,
                mistakes={
                    "That many requests are needed in the canary; it gets share * per_s a second.": (
                        _requests(0.01, 0.01, 0.05)
                    ),
                    "The canary gets only its share of the requests.": _requests(0.01, 0.01, 0.05) / 100,
                    "The bad answers with the fault are base + more.": 3.84**2 * 0.0099 * (20 / 19) / 1e-4 / 5,
                    "Divide by the square of the difference.": _requests(0.01, 0.01, 0.05) * 0.01 / 5,
                    "The old version has more requests than the canary: its variance counts s / (1 - s).": (
                        _requests(0.01, 0.01, 0.5) / 5
                    ),
                },
            ),
            case(
                (0.005, 0.045, 0.5, 50, 3.0),
                _requests(0.005, 0.045, 0.5) / 25,
                mistakes={
                    "Add .84 to the limit: a limit alone is passed in half of the cases.": (
                        _requests(0.005, 0.045, 0.5, power_z=0.0) / 25
                    )
                },
            ),
            case(
                (0.01, 0.01, 0.05, 100, 2.0),
                _requests(0.01, 0.01, 0.05, 2.0) / 5,
                mistakes={"z is an argument.": _requests(0.01, 0.01, 0.05) / 5},
            ),
        ],
        hint="Requests needed, divided by the requests a second that the canary gets.",
    ),
    "next-share": Exercise(
        [
            case(([0.1, 0.5], 0, False, True), 0.5),
            case(([0.1, 0.5], 0, False, False), 0.1, mistakes={"Not held long enough: it stays where it is.": 0.5}),
            case(
                ([0.1, 0.5], 1, False, True),
                1,
                mistakes={"After the last step comes all of the traffic.": 0.5},
            ),
            case(
                ([0.1, 0.5], 0, True, True),
                0,
                mistakes={
                    "A version that is worse goes back, however long it was held.": 0.5,
                    "To go back is to get nothing; the step before is still users who meet the fault.": 0.1,
                },
            ),
            case(([0.05], 0, True, False), 0, mistakes={"Going back does not wait until the step was held.": 0.05}),
        ],
        hint="Ask about worse first, then about held.",
    ),
    "share-of-true-wins": Exercise(
        [
            case((1.0, 0.8, 0.05), 1.0),
            case((0.0, 0.8, 0.05), 0.0),
            case(
                (0.1, 0.8, 0.05),
                0.08 / (0.08 + 0.0225),
                mistakes={
                    "Count of the false ones only those in the right direction: half of the level.": 0.08
                    / (0.08 + 0.045),
                    "Only the power's share of the good ideas is found.": 0.1 / (0.1 + 0.0225),
                    "The false wins come from the ideas that do nothing, 1 - good of all.": 0.08 / (0.08 + 0.025),
                    "The share is of the wins, not of all ideas.": 0.08,
                },
            ),
            case((0.1, 0.8, 0.28), 0.08 / (0.08 + 0.126), mistakes={"level is an argument.": 0.08 / (0.08 + 0.0225)}),
        ],
        hint="True wins are good * power of all ideas; add the false ones and divide.",
    ),
    "which": Exercise(
        [
            case(("ranking", 90, 0, False), "interleaving", mistakes={"A ranking is interleaved.": "bandit"}),
            case(("page", 90, 0, False), "bandit", mistakes={"A page cannot be interleaved.": "interleaving"}),
            case(
                ("page", 2, 7, False),
                "A/B test",
                mistakes={"What is known after a week is no use to a bandit that lives for two days.": "bandit"},
            ),
            case(("ranking", 90, 0, True), "A/B test", mistakes={"Interleaving gives no number.": "interleaving"}),
            case(
                ("page", 90, 9, False),
                "bandit",
                mistakes={"A tenth of what is left to live is soon enough.": "A/B test"},
            ),
            case(("page", 90, 10, False), "A/B test"),
        ],
        hint="Ask about the number and the delay first, then about the kind.",
    ),
}
check = checks(EXERCISES)
