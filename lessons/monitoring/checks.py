"""*Your turn* in the lessons on monitoring."""

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn("expected-index", (10, 50, 10_000), (2, 100, 100))
class ExpectedIndex:
    """(b - 1) (1/n + 1/m)."""

    def right(bins, n, m):
        return (bins - 1) * (1 / n + 1 / m)

    def all_bins_are_free(bins, n, m):
        """The last bin's share follows from the others: bins - 1 are free."""
        return bins * (1 / n + 1 / m)

    def reference_is_exact(bins, n, m):
        """The reference is a sample too."""
        return (bins - 1) / n

    def sum_of_the_sizes(bins, n, m):
        """Add the reciprocals of both sizes."""
        return (bins - 1) / (n + m)


@check.turn("true-share", (0.5, 0.1, 0.9), (0.01, 0.05, 0.9), (0.01, 0.0, 0.0))
class TrueShare:
    """Days with a true alarm, divided by days with any alarm; look out for no alarm at all."""

    def right(bad, false, caught):
        right, wrong = bad * caught, (1 - bad) * false
        return right / (right + wrong) if right + wrong else 0.0

    def share_of_bad_days_caught(bad, false, caught):
        """Asked is how many alarms are true, not how many bad days ring."""
        return caught

    def false_alarms_on_any_day(bad, false, caught):
        """A false alarm needs a good day: weigh false by 1 - bad."""
        right, wrong = bad * caught, false
        return right / (right + wrong) if right + wrong else 0.0

    def true_alarms_on_any_day(bad, false, caught):
        """A true alarm needs a bad day: weigh caught by bad."""
        right, wrong = caught, (1 - bad) * false
        return right / (right + wrong) if right + wrong else 0.0

    def share_of_days(bad, false, caught):
        """This is the share of days with a true alarm; divide by the share of days with any."""
        return bad * caught


@check.turn("share-of-all", ([0, 0, 1, 0, 1], [1.0, 1.0, 1.0, 0.05, 0.05]), ([1, 0], [0.5, 0.5]))
class ShareOfAll:
    """Two sums: of weights times outcomes, and of weights."""

    def right(outcomes, chances):
        weights = [1 / chance for chance in chances]
        return sum(weight * outcome for weight, outcome in zip(weights, outcomes)) / sum(weights)

    def plain_mean(outcomes, chances):
        """This counts each outcome once; one that had a small chance stands for many."""
        return sum(outcomes) / len(outcomes)

    def weighs_by_the_chance(outcomes, chances):
        """Weigh by one over the chance, not by the chance."""
        return sum(c * o for c, o in zip(chances, outcomes)) / sum(chances)

    def divides_by_the_count(outcomes, chances):
        """Divide by the sum of the weights, not by the number of outcomes."""
        return sum(o / c for c, o in zip(chances, outcomes)) / len(outcomes)


@check.turn("left-and-complaining", (60, 0.25, 0.04, 0.01), (1, 0.5, 0.1, 0.2))
class LeftAndComplaining:
    """A user stays a day with chance 1 - bad * leave; days multiply."""

    def right(days, bad, leave, complain):
        stays = 1 - bad * leave
        return stays**days, 1000 * stays ** (days - 1) * bad * complain

    def one_day_too_many(days, bad, leave, complain):
        """On the last day those have left who left before it, one day fewer."""
        stays = 1 - bad * leave
        return stays**days, 1000 * stays**days * bad * complain

    def all_complain(days, bad, leave, complain):
        """Only those who are still there can complain."""
        stays = 1 - bad * leave
        return stays**days, 1000 * bad * complain

    def adds_the_days(days, bad, leave, complain):
        """Some of them leave each day, of those who are left: multiply, do not add."""
        return 1 - days * bad * leave, 1000 * (1 - (days - 1) * bad * leave) * bad * complain
