"""The cases of *your turn* in the lessons on project setup."""

from mlsd_lib.lesson import Exercise, case, checks

OLD, NEW = ["a", "b", "c"], ["z", "a", "b", "c"]

KNOWN = {"a", "b", "c"}

EXERCISES = {
    "setup-test-days": Exercise(
        [
            case(
                (4.0, 2.0),
                32,
                mistakes={
                    "The error shrinks with the root of the days: square the ratio.": 6,
                    "A part of a day is no day: round up.": 31,
                },
            ),
            case((4.0, 4.0), 8),
            case(
                (3.0, 1.0),
                71,
                mistakes={"With 1.96 alone a true lead is found only every second time: add 0.84.": 35},
            ),
        ],
        hint="sd / sqrt(days) <= gain / 2.8, solved for days.",
    ),
    "setup-acting-threshold": Exercise(
        [
            case((0, 12, 120, 12), 0.1),
            case(
                (0, 12, 120, 40),
                12 / 92,
                mistakes={"A fraud acted on still costs something: what is saved is the difference.": 0.1},
            ),
            case(
                (-1, 4, 95, 0), 0.05, mistakes={"An honest payment let pass earns here: acting loses that too.": 4 / 99}
            ),
            case((0, 12, 10, 12), None),
        ],
        hint="Equate (1 - p) honest_act + p fraud_act with (1 - p) honest_pass + p fraud_pass.",
    ),
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
    "setup-launch": Exercise(
        [
            case((0.4, 0.6, -11.0, -8.0, 1.0), "stop", mistakes={"No gain buys off a broken guardrail.": "launch"}),
            case(
                (0.4, 0.6, -2.5, 0.5, 1.0),
                "run on",
                mistakes={"No significant loss proves nothing: the interval holds one beyond the margin.": "launch"},
            ),
            case(
                (0.4, 0.6, -0.6, 0.5, 1.0),
                "launch",
                mistakes={"A guardrail need not improve: the whole interval lies within the margin.": "run on"},
            ),
            case((-0.1, 0.6, -0.6, 0.5, 1.0), "run on"),
            case((-0.6, -0.2, 0.1, 0.5, 1.0), "stop"),
        ],
        hint="For each interval ask which end must lie where for the statement to be sure.",
    ),
    "setup-cheapest-action": Exercise(
        [
            case(
                (0.5, 100.0, 15.0, 12.0, 30.0),
                "review",
                mistakes={"A decline is free only if the payment is fraud: count the refused honest one.": "decline"},
            ),
            case(
                (0.9, 100.0, 15.0, 12.0, 30.0),
                "decline",
                mistakes={"A refusal costs only if the payment was honest: weigh it by 1 - probability.": "review"},
            ),
            case(
                (0.1, 110.0, 15.0, 12.0, 200.0),
                "review",
                mistakes={"A missed fraud costs the fee as well as the amount.": "pass"},
            ),
            case((0.01, 100.0, 15.0, 12.0, 30.0), "pass"),
        ],
        hint="Three expected costs: probability x (amount + fee), review, (1 - probability) x refused.",
    ),
}
check = checks(EXERCISES)
