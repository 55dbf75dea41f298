"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "launch": [
        (
            """
def launch_verdict(gain_low, gain_high, kept_low, kept_high, margin):  # launches unless the loss is significant
    if gain_high < 0 or kept_high < 0:
        return "stop"
    return "launch" if gain_low > 0 else "run on"
""",
            "No significant loss proves nothing",
        ),
        (
            """
def launch_verdict(gain_low, gain_high, kept_low, kept_high, margin):  # looks at the gain alone
    return "launch" if gain_low > 0 else "stop" if gain_high < 0 else "run on"
""",
            "No gain buys off a broken guardrail",
        ),
        (
            """
def launch_verdict(gain_low, gain_high, kept_low, kept_high, margin):  # wants the guardrail to improve
    if gain_high < 0 or kept_high < -margin:
        return "stop"
    return "launch" if gain_low > 0 and kept_low > 0 else "run on"
""",
            "A guardrail need not improve",
        ),
    ],
    "action": [
        (
            """
def cheapest_action(probability, amount, fee, review, refused):  # forgets the honest customer
    expected = {"decline": 0.0, "review": review, "pass": probability * (amount + fee)}
    return min(expected, key=expected.get)
""",
            "count the refused honest one",
        ),
        (
            """
def cheapest_action(probability, amount, fee, review, refused):  # charges a refusal to frauds as well
    expected = {"pass": probability * (amount + fee), "review": review, "decline": refused}
    return min(expected, key=expected.get)
""",
            "weigh it by 1 - probability",
        ),
        (
            """
def cheapest_action(probability, amount, fee, review, refused):  # leaves the fee out
    expected = {"pass": probability * amount, "review": review, "decline": (1 - probability) * refused}
    return min(expected, key=expected.get)
""",
            "the fee as well as the amount",
        ),
    ],
}
