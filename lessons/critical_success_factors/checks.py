"""*Your turn* in the lesson on critical success factors."""

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn("worth-of-a-check", (1, 31, 4, 1_000, 12, 200), (30, 10, 2, 500, 5, 100))
class Worth:
    """Incidents times harm times the days that are saved, but never below zero days; then the false alarms."""

    def right(days, without, incidents, harm, alarms, cost):
        return incidents * harm * max(0, without - days) - alarms * cost

    def false_alarms_are_free(days, without, incidents, harm, alarms, cost):
        """False alarms are paid, too: subtract them."""
        return incidents * harm * max(0, without - days)

    def days_that_are_left(days, without, incidents, harm, alarms, cost):
        """Count the days that are saved, not those that are left."""
        return incidents * harm * days - alarms * cost

    def one_incident(days, without, incidents, harm, alarms, cost):
        """There are several incidents a year."""
        return harm * max(0, without - days) - alarms * cost

    def a_late_check_does_harm(days, without, incidents, harm, alarms, cost):
        """A check that is later than what notices anyway saves nothing; it does no harm."""
        return incidents * harm * (without - days) - alarms * cost


@check.turn("expected-effect", (1.0, 1.0, 0.0, 1.0), (2.0, 0.5, -0.2, 1.0))
class ExpectedEffect:
    """Weigh the measurement by 1 / error**2 and what was known before by 1 / spread**2."""

    def right(measured, error, mean, spread):
        trust = spread**2 / (spread**2 + error**2)
        return trust * measured + (1 - trust) * mean

    def believes_the_measurement(measured, error, mean, spread):
        """A measurement that errs is not the effect: what was known before counts as well."""
        return measured

    def weights_exchanged(measured, error, mean, spread):
        """The weights are the wrong way round: a small error makes the measurement count for more."""
        return ExpectedEffect.right(measured, spread, mean, error)

    def weights_without_squares(measured, error, mean, spread):
        """Weigh by variances, that is squares."""
        return ExpectedEffect.right(measured, error**0.5, mean, spread**0.5)

    def forgets_the_mean(measured, error, mean, spread):
        """The rest of the weight belongs to what was known before."""
        return measured * spread**2 / (spread**2 + error**2)
