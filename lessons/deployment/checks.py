"""*Your turn* in the lessons on deployment."""

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn("seconds-to-show", (0.01, 0.01, 0.05, 100, 3.0), (0.005, 0.045, 0.5, 50, 3.0), (0.01, 0.01, 0.05, 100, 2.0))
class SecondsToShow:
    """Requests needed, divided by the requests a second that the canary gets."""

    def right(base, more, share, per_s, z=3.0):
        after = base + more
        variance = base * (1 - base) * share / (1 - share) + after * (1 - after)
        return (z + 0.84) ** 2 * variance / more**2 / (share * per_s)

    def requests_not_seconds(base, more, share, per_s, z=3.0):
        """That many requests are needed in the canary; it gets share * per_s a second."""
        return SecondsToShow.right(base, more, share, per_s, z) * share * per_s

    def all_of_the_traffic(base, more, share, per_s, z=3.0):
        """The canary gets only its share of the requests."""
        return SecondsToShow.right(base, more, share, per_s, z) * share

    def two_equal_groups(base, more, share, per_s, z=3.0):
        """The old version has more requests than the canary: its variance counts s / (1 - s)."""
        after = base + more
        variance = base * (1 - base) * 1 + after * (1 - after)
        return (z + 0.84) ** 2 * variance / more**2 / (share * per_s)

    def variance_without_the_fault(base, more, share, per_s, z=3.0):
        """The bad answers with the fault are base + more."""
        after = base
        variance = base * (1 - base) * share / (1 - share) + after * (1 - after)
        return (z + 0.84) ** 2 * variance / more**2 / (share * per_s)

    def without_the_square(base, more, share, per_s, z=3.0):
        """Divide by the square of the difference."""
        return SecondsToShow.right(base, more, share, per_s, z) * more

    def without_power(base, more, share, per_s, z=3.0):
        """Add .84 to the limit: a limit alone is passed in half of the cases."""
        return SecondsToShow.right(base, more, share, per_s, z - 0.84)

    def z_always_3(base, more, share, per_s, z=3.0):
        """z is an argument."""
        return SecondsToShow.right(base, more, share, per_s)


@check.turn(
    "next-share",
    ([0.1, 0.5], 0, False, True),
    ([0.1, 0.5], 0, False, False),
    ([0.1, 0.5], 1, False, True),
    ([0.1, 0.5], 0, True, True),
    ([0.05], 0, True, False),
)
class NextShare:
    """Ask about worse first, then about held."""

    def right(shares, step, worse, held):
        if worse:
            return 0
        if not held:
            return shares[step]
        return shares[step + 1] if step + 1 < len(shares) else 1

    def does_not_wait(shares, step, worse, held):
        """Not held long enough: it stays where it is."""
        return 0 if worse else shares[step + 1] if step + 1 < len(shares) else 1

    def stays_at_the_last_step(shares, step, worse, held):
        """After the last step comes all of the traffic."""
        return 0 if worse else shares[min(step + held, len(shares) - 1)]

    def stays_while_worse(shares, step, worse, held):
        """A version that is worse goes back, however long it was held."""
        return (shares[step + 1] if step + 1 < len(shares) else 1) if held else 0 if worse else shares[step]

    def one_step_back(shares, step, worse, held):
        """To go back is to get nothing; the step before is still users who meet the fault."""
        return (
            shares[max(step - 1, 0)]
            if worse
            else (shares[step + 1] if step + 1 < len(shares) else 1)
            if held
            else shares[step]
        )

    def waits_to_go_back(shares, step, worse, held):
        """Going back does not wait until the step was held."""
        return (0 if worse else shares[step + 1] if step + 1 < len(shares) else 1) if held else shares[step]


@check.turn("share-of-true-wins", (1.0, 0.8, 0.05), (0.0, 0.8, 0.05), (0.1, 0.8, 0.05), (0.1, 0.8, 0.28))
class ShareOfTrueWins:
    """True wins are good * power of all ideas; add the false ones and divide."""

    def right(good, power, level):
        true = good * power
        return true / (true + (1 - good) * level / 2)

    def both_directions(good, power, level):
        """Count of the false ones only those in the right direction: half of the level."""
        return ShareOfTrueWins.right(good, power, 2 * level)

    def finds_all_good_ideas(good, power, level):
        """Only the power's share of the good ideas is found."""
        return ShareOfTrueWins.right(good, 1, level)

    def false_wins_of_all_ideas(good, power, level):
        """The false wins come from the ideas that do nothing, 1 - good of all."""
        true = good * power
        return true / (true + level / 2)

    def share_of_all_ideas(good, power, level):
        """The share is of the wins, not of all ideas."""
        return good * power

    def level_always_05(good, power, level):
        """level is an argument."""
        return ShareOfTrueWins.right(good, power, 0.05)


@check.turn(
    "which",
    ("ranking", 90, 0, False),
    ("page", 90, 0, False),
    ("page", 2, 7, False),
    ("ranking", 90, 0, True),
    ("page", 90, 9, False),
    ("page", 90, 10, False),
)
class Which:
    """Ask about the number and the delay first, then about the kind."""

    def right(kind, lives_days, known_days, needs_number):
        if needs_number or known_days > lives_days / 10:
            return "A/B test"
        return "interleaving" if kind == "ranking" else "bandit"

    def ranking_as_a_page(kind, lives_days, known_days, needs_number):
        """A ranking is interleaved."""
        return Which.right("page", lives_days, known_days, needs_number)

    def interleaves_a_page(kind, lives_days, known_days, needs_number):
        """A page cannot be interleaved."""
        return Which.right("ranking", lives_days, known_days, needs_number)

    def bandit_without_labels(kind, lives_days, known_days, needs_number):
        """What is known after a week is no use to a bandit that lives for two days."""
        return Which.right(kind, lives_days, 0, needs_number)

    def interleaves_for_a_number(kind, lives_days, known_days, needs_number):
        """Interleaving gives no number."""
        return Which.right(kind, lives_days, known_days, False)

    def wants_labels_sooner(kind, lives_days, known_days, needs_number):
        """A tenth of what is left to live is soon enough."""
        if needs_number or known_days > 5:
            return "A/B test"
        return "interleaving" if kind == "ranking" else "bandit"
