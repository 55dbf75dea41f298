"""*Your turn* in the lessons on data collection."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mlsd_lib.lesson import Turns

check = Turns()


def total_or_refusal(estimated_total: Callable[..., Any], losses: Sequence[float], chances: Sequence[float]) -> Any:
    """The reader's estimate, or "refused" where it raises ValueError."""
    try:
        return estimated_total(losses, chances)
    except ValueError:
        return "refused"


@check.turn("flips", (0.9, 0.0), (0.74, 0.2), (0.5, 0.3), (0.5, 0.5))
class TrueAccuracy:
    """seen = true x (1 - flip_share) + (1 - true) x flip_share; solve it for true."""

    def right(seen, flip_share):
        if flip_share == 0.5:
            return float("nan")
        return (seen - flip_share) / (1 - 2 * flip_share)

    def forgets_the_predictions(seen, flip_share):
        """A flipped label also makes some wrong predictions look right."""
        return seen / (1 - flip_share)

    def always_loses_by_a_flip(seen, flip_share):
        """The model does not lose a point for each flipped label: it wins where it was wrong."""
        return seen + flip_share

    def gives_back_what_it_saw(seen, flip_share):
        """With half of the labels flipped every model scores .5."""
        return seen if flip_share == 0.5 else (seen - flip_share) / (1 - 2 * flip_share)


@check.turn(
    "kappa",
    ([0, 1, 2, 1], [0, 1, 2, 1]),
    ([1, 1, 0, 0, 0, 0, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
    (["a", "a", "a", "b"], ["a", "b", "b", "b"]),
    ([0, 0], [1, 1]),
    ([0, 0, 0], [0, 0, 0]),
)
class Kappa:
    """chance = the sum over labels of (share in one) x (share in other)."""

    def right(one, other):
        one, other = np.asarray(one), np.asarray(other)
        agreement = (one == other).mean()
        chance = sum((one == name).mean() * (other == name).mean() for name in set(one) | set(other))
        return float("nan") if chance == 1 else (agreement - chance) / (1 - chance)

    def pools_the_frequencies(one, other):
        """Each annotator has frequencies of their own: do not pool the two."""
        one, other = np.asarray(one), np.asarray(other)
        agreement = (one == other).mean()
        both = np.concatenate([one, other])
        chance = sum((both == name).mean() ** 2 for name in set(both))
        return (agreement - chance) / (1 - chance)

    def plain_agreement(one, other):
        """That is the agreement: take off what chance gives, and scale."""
        one, other = np.asarray(one), np.asarray(other)
        return (one == other).mean()

    def chance_is_one_half(one, other):
        """Chance is not one half: multiply each annotator's own frequencies."""
        one, other = np.asarray(one), np.asarray(other)
        agreement = (one == other).mean()
        return 2 * agreement - 1

    def one_where_undefined(one, other):
        """Chance explains all of it: undefined."""
        one, other = np.asarray(one), np.asarray(other)
        agreement = (one == other).mean()
        chance = sum((one == name).mean() * (other == name).mean() for name in set(one) | set(other))
        return 1.0 if chance == 1 else (agreement - chance) / (1 - chance)


@check.turn(
    "elapsed",
    (1000, 1230, 0),
    (2359, 344, 0),
    (600, 915, -3),
    (2200, 30, -3),
    (2330, 2325, -1),
    (30, 2355, 1),
    (1800, 2400, 0),
)
class ElapsedMinutes:
    """Turn both into minutes after midnight, take off the zones, and take the rest modulo a day."""

    def right(dep_time, arr_time, hours_ahead):
        departed = dep_time // 100 * 60 + dep_time % 100
        arrived = arr_time // 100 * 60 + arr_time % 100
        return (arrived - departed - 60 * hours_ahead) % 1440

    def wrong_sign(dep_time, arr_time, hours_ahead):
        """The sign: where the destination's clock is behind, more time has passed than it shows."""
        return ElapsedMinutes.right(dep_time, arr_time, -hours_ahead)

    def clock_times_as_minutes(dep_time, arr_time, hours_ahead):
        """1230 is not a number of minutes: split hours and minutes."""
        return (arr_time - dep_time - 60 * hours_ahead) % 1440

    def forgets_midnight(dep_time, arr_time, hours_ahead):
        """The plane landed on the next day."""
        departed = dep_time // 100 * 60 + dep_time % 100
        arrived = arr_time // 100 * 60 + arr_time % 100
        return arrived - departed - 60 * hours_ahead

    def forgets_the_zones(dep_time, arr_time, hours_ahead):
        """The clocks differ: take the zones into account."""
        return ElapsedMinutes.right(dep_time, arr_time, 0)

    def day_before_the_zones(dep_time, arr_time, hours_ahead):
        """First the zones, then the day: this plane landed on the same."""
        departed = dep_time // 100 * 60 + dep_time % 100
        arrived = arr_time // 100 * 60 + arr_time % 100
        return arrived - departed - 60 * hours_ahead + 1440 * (arrived < departed)


@check.turn(
    "weighted",
    ([10.0, 20.0], [0.5, 0.1]),
    ([5.0, 0.0, 7.0], [1.0, 0.01, 1.0]),
    ([], []),
    ([10.0], [0.0]),
    ([10.0], [2.0]),
    through=total_or_refusal,
)
class EstimatedTotal:
    """One row that was drawn with chance 1/10 stands for ten rows."""

    def right(losses, chances):
        if any(not 0 < chance <= 1 for chance in chances):
            raise ValueError("a chance must be above 0 and at most 1")
        return sum((loss / chance for loss, chance in zip(losses, chances)), 0.0)

    def mean_chance(losses, chances):
        """Each loss has a chance of its own: divide it by that, not by the mean."""
        if any(not 0 < chance <= 1 for chance in chances):
            raise ValueError("a chance must be above 0 and at most 1")
        return sum(losses) / (sum(chances) / len(chances)) if chances else 0.0

    def total_of_the_sample(losses, chances):
        """That is the total of the sample: each row stands for those that were not drawn."""
        if any(not 0 < chance <= 1 for chance in chances):
            raise ValueError("a chance must be above 0 and at most 1")
        return sum(losses)

    def multiplies_by_the_chance(losses, chances):
        """A row that had a small chance stands for more rows, not for fewer."""
        if any(not 0 < chance <= 1 for chance in chances):
            raise ValueError("a chance must be above 0 and at most 1")
        return sum(loss * chance for loss, chance in zip(losses, chances))

    def leaves_out_chance_0(losses, chances):
        """A payment that could not be drawn cannot be in the sample."""
        return sum((loss / chance for loss, chance in zip(losses, chances) if chance > 0), 0.0)

    def allows_chances_above_1(losses, chances):
        """No payment comes into the sample with a chance above 1."""
        if any(chance <= 0 for chance in chances):
            raise ValueError("a chance must be above 0")
        return sum((loss / chance for loss, chance in zip(losses, chances)), 0.0)


@check.turn(
    "release",
    (["a", "a", "b"], ["ill", "well", "ill"], 2, 1),
    (["a", "b", "a", "b"], ["ill", "ill", "ill", "well"], 2, 2),
    (["a"] * 3 + ["b"] * 2, ["ill", "well", "ill", "ill", "well"], 3, 2),
    ([], [], 5, 2),
)
class MayLeave:
    """Collect the secrets of each group in a list: its length counts rows, the length of its set secrets."""

    def right(groups, secrets, k, different):
        members = {}
        for group, secret in zip(groups, secrets, strict=True):
            members.setdefault(group, []).append(secret)
        good = {group for group, names in members.items() if len(names) >= k and len(set(names)) >= different}
        return [at for at, group in enumerate(groups) if group in good]

    def counts_rows_alone(groups, secrets, k, different):
        """The first group is large enough, and all of it is ill: count the secrets as well."""
        return MayLeave.right(groups, secrets, k, 0)

    def rows_own_secret(groups, secrets, k, different):
        """Judge a row by the secrets of its group, not by its own."""
        members = {}
        for group, secret in zip(groups, secrets):
            members.setdefault(group, []).append(secret)
        return [at for at, group in enumerate(groups) if len(members[group]) >= k and len({secrets[at]}) >= different]

    def counts_secrets_alone(groups, secrets, k, different):
        """Different secrets do not stand for people: the group needs k rows."""
        return MayLeave.right(groups, secrets, 0, different)
