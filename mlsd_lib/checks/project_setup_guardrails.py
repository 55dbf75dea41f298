"""The cases of *your turn* in the lesson on what an objective leaves out."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
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
