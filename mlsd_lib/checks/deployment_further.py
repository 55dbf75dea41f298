"""The cases of *your turn* in the further lesson on deployment."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
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
