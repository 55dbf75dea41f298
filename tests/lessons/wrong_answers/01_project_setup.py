"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "test-days": [
        (
            """
def test_length_days(sd_a_day, smallest_gain):  # takes the error to shrink in step with the days
    return math.ceil((1.96 + 0.84) * sd_a_day / smallest_gain)
""",
            "square the ratio",
        ),
        (
            """
def test_length_days(sd_a_day, smallest_gain):  # rounds down
    return int((2.8 * sd_a_day / smallest_gain) ** 2)
""",
            "round up",
        ),
        (
            """
def test_length_days(sd_a_day, smallest_gain):  # rounds to the nearest day
    return round((2.8 * sd_a_day / smallest_gain) ** 2)
""",
            "round up",
        ),
        (
            """
def test_length_days(sd_a_day, smallest_gain):  # asks for the interval alone, not for the power
    return math.ceil((1.96 * sd_a_day / smallest_gain) ** 2)
""",
            "add 0.84",
        ),
    ],
    "threshold": [
        (
            """
def acting_threshold(honest_pass, honest_act, fraud_pass, fraud_act):  # as if acting on a fraud were free of cost
    return honest_act / fraud_pass if fraud_pass > honest_act else None
""",
            "what is saved is the difference",
        ),
        (
            """
def acting_threshold(honest_pass, honest_act, fraud_pass, fraud_act):  # as if an honest payment let pass earned nothing
    saved = fraud_pass - fraud_act
    return None if saved <= 0 else honest_act / (honest_act + saved)
""",
            "acting loses that too",
        ),
    ],
}
