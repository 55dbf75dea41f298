"""Named wrong answers for each cell that the reader writes in the case study."""

WRONG = {
    "shadow": [
        (
            """
def review_threshold(value, reviews, price_eur):  # counts from 0
    return max(price_eur, np.sort(value)[-min(reviews + 1, len(value))])
""",
            "one payment more through than there is room for",
        ),
        (
            """
def review_threshold(value, reviews, price_eur):  # sorts upwards
    return np.sort(value)[min(reviews, len(value)) - 1]
""",
            "Sort downwards",
        ),
        (
            """
def review_threshold(value, reviews, price_eur):  # fills the day whatever a review brings
    return np.sort(value)[-min(reviews, len(value))]
""",
            "a review below its price loses money",
        ),
    ],
    "weight": [
        (
            """
def weight_of_known_fraud(delays_days, age_days):  # the share, not what one stands for
    return sum(delay < age_days for delay in delays_days) / len(delays_days)
""",
            "invert the share",
        ),
        (
            """
def weight_of_known_fraud(delays_days, age_days):  # leaves nothing out
    return len(delays_days) / max(1, sum(delay < age_days for delay in delays_days))
""",
            "too few, leave it out",
        ),
        (
            """
def weight_of_known_fraud(delays_days, age_days):  # counts a delay of just the age
    known = sum(delay <= age_days for delay in delays_days)
    return len(delays_days) / known if known >= 0.2 * len(delays_days) else 0.0
""",
            "is not below it",
        ),
    ],
}
