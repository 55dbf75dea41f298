"""Named wrong answers for each cell that the reader writes in the case study."""

WRONG = {
    "removal": [
        (
            """
def removal_limit(harm_eur, price_eur):  # the other side of the balance
    return harm_eur / (harm_eur + price_eur)
""",
            "from which keeping pays",
        ),
        (
            """
def removal_limit(harm_eur, price_eur):  # pays the price for the guilty too
    return price_eur / max(harm_eur, price_eur)
""",
            "weigh its price by 1 - p",
        ),
    ],
    "queue": [
        (
            """
def next_for_review(arrived_hour, harm_eur, now_hour):  # looks into the future
    return max(range(len(harm_eur)), key=lambda i: harm_eur[i])
""",
            "has not arrived yet",
        ),
        (
            """
def next_for_review(arrived_hour, harm_eur, now_hour):  # first come, first served
    return 0 if arrived_hour[0] <= now_hour else None
""",
            "take the most harmful",
        ),
        (
            """
def next_for_review(arrived_hour, harm_eur, now_hour):  # the youngest of equals
    there = [i for i, hour in enumerate(arrived_hour) if hour <= now_hour]
    return max(there, key=lambda i: (harm_eur[i], i), default=None)
""",
            "the older one comes first",
        ),
    ],
    "audit": [
        (
            """
def training_weight(action, drawn, audit_rate):  # the rate, not what one stands for
    return audit_rate * drawn if action == "keep" else 1.0
""",
            "invert the rate",
        ),
        (
            """
def training_weight(action, drawn, audit_rate):  # what nobody looked at counts as fine
    return 1 / audit_rate if action == "keep" and drawn else 1.0
""",
            "is a guess",
        ),
        (
            """
def training_weight(action, drawn, audit_rate):  # forgets what one drawn post stands for
    return 1.0 if drawn or action != "keep" else 0.0
""",
            "it stands for twenty",
        ),
        (
            """
def training_weight(action, drawn, audit_rate):  # weighs whatever was drawn
    return 1 / audit_rate if drawn else float(action != "keep")
""",
            "drawn or not",
        ),
    ],
}
