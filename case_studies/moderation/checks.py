"""*Your turn* in the case study on moderation."""

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn("moderation-removal-price", (30.0, 10.0), (6.0, 6.0), (0.0, 6.0))
class RemovalLimit:
    """At the limit p x harm equals (1 - p) x price."""

    def right(harm_eur, price_eur):
        return price_eur / (harm_eur + price_eur)

    def the_other_side_of_the_balance(harm_eur, price_eur):
        """That is the probability from which keeping pays."""
        return harm_eur / (harm_eur + price_eur)

    def always_pays_the_price(harm_eur, price_eur):
        """A removal is wrong only where the post is fine: weigh its price by 1 - p."""
        return price_eur / max(harm_eur, price_eur)


@check.turn(
    "moderation-queue",
    ([0.0, 1.0, 2.0, 9.0], [5.0, 20.0, 8.0, 90.0], 3.0),
    ([0.0, 1.0], [7.0, 7.0], 1.0),
    ([4.0], [7.0], 1.0),
)
class NextForReview:
    """Look only at what has arrived by now, then at the harm."""

    def right(arrived_hour, harm_eur, now_hour):
        there = [i for i, hour in enumerate(arrived_hour) if hour <= now_hour]
        return max(there, key=lambda i: (harm_eur[i], -i), default=None)

    def looks_into_the_future(arrived_hour, harm_eur, now_hour):
        """That post has not arrived yet."""
        return max(range(len(harm_eur)), key=lambda i: harm_eur[i])

    def first_come_first_served(arrived_hour, harm_eur, now_hour):
        """That is the oldest; take the most harmful."""
        return 0 if arrived_hour[0] <= now_hour else None

    def the_youngest_of_equals(arrived_hour, harm_eur, now_hour):
        """Of equal harm the older one comes first."""
        there = [i for i, hour in enumerate(arrived_hour) if hour <= now_hour]
        return max(there, key=lambda i: (harm_eur[i], i), default=None)


@check.turn(
    "moderation-audit-weight",
    ("keep", True, 0.05),
    ("keep", False, 0.05),
    ("remove", False, 0.05),
    ("review", True, 0.1),
)
class TrainingWeight:
    """Only kept posts depend on the lot."""

    def right(action, drawn, audit_rate):
        if action != "keep":
            return 1.0
        return 1 / audit_rate if drawn else 0.0

    def weighs_by_the_rate(action, drawn, audit_rate):
        """It was drawn for twenty: invert the rate."""
        return audit_rate * drawn if action == "keep" else 1.0

    def counts_what_nobody_looked_at(action, drawn, audit_rate):
        """Nobody looked at it: that it is fine is a guess."""
        return 1 / audit_rate if action == "keep" and drawn else 1.0

    def counts_a_drawn_post_once(action, drawn, audit_rate):
        """One kept post in twenty was drawn, so it stands for twenty."""
        return 1.0 if drawn or action != "keep" else 0.0

    def weighs_whatever_was_drawn(action, drawn, audit_rate):
        """All of these are looked at, drawn or not: it stands for one."""
        return 1 / audit_rate if drawn else float(action != "keep")
