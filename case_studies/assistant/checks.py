"""The cases of *your turn* in the case study on a support assistant."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "assistant-threshold": Exercise(
        [
            case(
                (4.0, 25.0),
                25 / 29,
                mistakes={
                    "That is the share of the agent's price: a larger price of a wrong answer must raise it.": 4 / 29,
                    "At that chance an answer loses money: 4 EUR are saved in the good case only.": 4 / 25,
                },
            ),
            case((4.0, 4.0), 0.5),
            case((1.0, 0.0), 0.0),
        ],
        hint="Answering saves `agent_eur` with probability p and costs `wrong_eur` with 1 - p. Where is that zero?",
    ),
    "assistant-cache-read": Exercise(
        [
            case(({"k": (0, 7)}, "k", 5, 24, {7}), 7),
            case(
                ({"k": (0, 7)}, "k", 5, 24, {8}),
                None,
                mistakes={"This customer may not read document 7, whoever asked for it first.": 7},
            ),
            case(
                ({"k": (0, 7)}, "k", 24, 24, {7}),
                None,
                mistakes={"At 24 hours the entry is no longer kept: less than `hours`, not up to it.": 7},
            ),
            case(({"k": (0, 7)}, "other", 5, 24, {7}), None),
        ],
        hint="Three conditions: the key is there, the entry is younger than `hours`, its document is in `readable`.",
    ),
}
check = checks(EXERCISES)
