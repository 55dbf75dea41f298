"""The score of one payment, as the service computes it: without a table."""

import math


def signs(payment: dict) -> list[float]:
    """The features of one payment, in the order of `features.COLUMNS`."""
    return [
        math.log1p(payment["amount_eur"]),
        float(payment["hour"] < 6 or payment["hour"] >= 22),
        float(payment["customer_days"] < 30),
        float(payment["country"] != payment["home"]),
    ]
