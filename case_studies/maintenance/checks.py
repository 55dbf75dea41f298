"""*Your turn* in the case study on maintenance."""

import numpy as np

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn(
    "maintenance-exposure",
    ([10.0, 50.0, 30.0], [True, False, True]),
    ([5.0, 40.0, 60.0, 95.0], [True, False, False, True]),
    ([5.0, 7.0], [True, True]),
)
class MeanLifeOf:
    """All days that were lived, over the number of failures."""

    def right(days, failed):
        return sum(days) / sum(failed)

    def drops_the_censored(days, failed):
        """That averages the units that failed and drops the life that the others have shown."""
        return np.mean([one for one, over in zip(days, failed) if over])

    def takes_them_for_failures(days, failed):
        """That counts each unit that still runs as if it had failed now."""
        return np.mean(days)


@check.turn(
    "maintenance-age-rate",
    ([50.0, 100.0], 60, 1_000.0, 6_000.0),
    ([40.0, 60.0], 60, 1_000.0, 6_000.0),
    ([10.0, 20.0], 30, 1_000.0, 6_000.0),
)
class CostADay:
    """Add up what each unit costs and how long it is in place; divide once, at the end."""

    def right(lives, age, planned_eur, failure_eur):
        cost = sum(failure_eur if life <= age else planned_eur for life in lives)
        return cost / sum(min(life, age) for life in lives)

    def over_whole_lives(lives, age, planned_eur, failure_eur):
        """A unit replaced at that age has lived only until then: divide by the days in place."""
        return sum(failure_eur if life <= age else planned_eur for life in lives) / sum(lives)

    def no_unit_ever_fails(lives, age, planned_eur, failure_eur):
        """A unit that fails before that age costs a failure, not a planned replacement."""
        return planned_eur * len(lives) / sum(min(life, age) for life in lives)

    def the_crew_comes_in_time(lives, age, planned_eur, failure_eur):
        """A unit whose life ends on that very day has failed before the crew came."""
        return sum(failure_eur if life < age else planned_eur for life in lives) / sum(min(life, age) for life in lives)


@check.turn(
    "maintenance-conformal",
    ([3.0, 1.0, 4.0, 2.0, 5.0, 9.0, 7.0, 8.0, 6.0, 10.0], 0.61),
    ([1.0, 3.0, 2.0, 4.0], 0.75),
    ([2.0, 6.0], 0.95),
)
class HalfWidth:
    """Sort the errors; the rank is (n + 1) times the coverage, rounded up; beyond n there is no bound."""

    def right(errors, coverage):
        rank = int(np.ceil((len(errors) + 1) * coverage))
        return sorted(errors)[rank - 1] if rank <= len(errors) else float("inf")

    def the_plain_quantile(errors, coverage):
        """A new unit is one more than those at hand: the rank is of n + 1."""
        return sorted(errors)[int(np.ceil(len(errors) * coverage)) - 1]

    def rounds_down(errors, coverage):
        """Round the rank up; rounded down, it covers too few."""
        return sorted(errors)[int((len(errors) + 1) * coverage) - 1]

    def the_largest_error_will_do(errors, coverage):
        """Two units cannot show so high a coverage."""
        rank = int(np.ceil((len(errors) + 1) * coverage))
        return sorted(errors)[min(rank, len(errors)) - 1]
