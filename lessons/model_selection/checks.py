"""*Your turn* in the lessons on model selection."""

from itertools import chain, combinations, permutations
from typing import Any

import numpy as np

from mlsd_lib.lesson import Turns

check = Turns()

SURE, UNSURE = [2.0, 2.2, 1.8, 2.1, 1.9], [-3.0, 7.0, 4.0, 0.0, 2.0]

CURVE = {"line": [14.0, 14.2], "trees": [18.0, 18.4], "net": [18.1, 17.9], "giant": [20.0, 20.2]}

US = {"line": 5.0, "trees": 40.0, "net": 8.0, "giant": 900.0}


def game(players: list[str], score: Any) -> dict[frozenset[str], float]:
    """The score of each set of `players`."""
    sets = chain.from_iterable(combinations(players, size) for size in range(len(players) + 1))
    return {frozenset(coalition): float(score(set(coalition))) for coalition in sets}


BOTH = game(["amount", "night"], lambda known: 6 if len(known) == 2 else 1 if "amount" in known else 0)

THREE = game(["a", "b", "c"], lambda known: 2 + 3 * ("a" in known) + 6 * ({"b", "c"} <= known))

TWINS = game(["risk", "twin", "idle"], lambda known: 4 * bool(known & {"risk", "twin"}))


@check.turn(
    "selection-pays-from",
    ({100: [-1.0, -1.2, -0.8, -1.1, -0.9], 1_000: SURE, 10_000: SURE}, 1.0),
    ({100: SURE, 1_000: [-3.0, 3.0, 1.0, -1.0, 0.0], 10_000: SURE}, 1.0),
    ({100: [-1.0, -1.2, -0.8, -1.1, -0.9], 1_000: UNSURE}, 0.0),
    ({1_000: SURE, 10_000: [6.0, 6.2, 5.8, 6.1, 5.9]}, 5.0),
    ({10_000: SURE, 100: UNSURE, 1_000: SURE}, 1.0),
)
class PaysFrom:
    """Go from the largest size down, and stop at the first that is not sure."""

    def right(leads, worth):
        found = None
        for size in sorted(leads, reverse=True):
            lead = np.array(leads[size])
            if lead.mean() - 2.78 * lead.std(ddof=1) / np.sqrt(len(lead)) < worth:
                break
            found = size
        return found

    def largest_size(leads, worth):
        """The smallest such size is asked for, not the largest."""
        sure = [
            s for s in leads if np.mean(leads[s]) - 2.78 * np.std(leads[s], ddof=1) / np.sqrt(len(leads[s])) >= worth
        ]
        return max(sure, default=None)

    def first_sure_size(leads, worth):
        """At 1,000 the lead is not sure: from here on means at every larger size too."""
        sure = [
            s for s in leads if np.mean(leads[s]) - 2.78 * np.std(leads[s], ddof=1) / np.sqrt(len(leads[s])) >= worth
        ]
        return min(sure, default=None)

    def looks_at_the_means_alone(leads, worth):
        """A mean above `worth` is not a sure lead: subtract 2.78 standard errors."""
        found = None
        for size in sorted(leads, reverse=True):
            if np.mean(leads[size]) < worth:
                break
            found = size
        return found

    def any_lead(leads, worth):
        """Compare with `worth`, not with zero."""
        return PaysFrom.right(leads, 0)


@check.turn(
    "selection-choose",
    (CURVE, US, 100.0, 0.5),
    (CURVE, US, 100.0, 0.05),
    (CURVE, US, 1_000.0, 0.5),
    (CURVE, US, 5.0, 0.5),
    (CURVE, US, 1.0, 0.5),
)
class Choose:
    """First leave out who is too slow, then find the best mean, then the quickest near it."""

    def right(curve, us, limit_us, tie):
        means = {name: np.mean(curve[name]) for name in curve if us[name] <= limit_us}
        if not means:
            return "nobody"
        good = [name for name in means if max(means.values()) - means[name] < tie]
        return min(good, key=us.get)

    def best_not_quickest(curve, us, limit_us, tie):
        """Trees and net are within the tie: take the quicker one."""
        means = {name: np.mean(curve[name]) for name in curve if us[name] <= limit_us}
        return max(means, key=means.get) if means else "nobody"

    def forgets_the_limit(curve, us, limit_us, tie):
        """That one is slower than the limit."""
        means = {name: np.mean(curve[name]) for name in curve}
        return min((n for n in means if max(means.values()) - means[n] < tie), key=us.get)

    def best_without_the_limit(curve, us, limit_us, tie):
        """Look for the best among those within the limit only; then somebody is near it."""
        best = max(np.mean(curve[name]) for name in curve)
        good = [name for name in curve if us[name] <= limit_us and best - np.mean(curve[name]) < tie]
        return min(good, key=us.get, default="nobody")

    def quickest_of_all(curve, us, limit_us, tie):
        """The quickest of all is far behind the best: it must be nearly as good."""
        return min((name for name in us if us[name] <= limit_us), key=us.get, default="nobody")

    def limit_is_too_slow(curve, us, limit_us, tie):
        """A time of exactly the limit is within it."""
        return Choose.right(curve, us, np.nextafter(limit_us, 0), tie)


@check.turn(
    "selection-shapley", (BOTH, ["amount", "night"]), (THREE, ["a", "b", "c"]), (TWINS, ["risk", "twin", "idle"])
)
class Shapley:
    """For each order start from the empty set; what a sign adds is the value with it less the value before."""

    def right(value, players):
        from itertools import permutations

        orders = list(permutations(players))
        credit = dict.fromkeys(players, 0.0)
        for order in orders:
            known = frozenset()
            for player in order:
                credit[player] += (value[known | {player}] - value[known]) / len(orders)
                known |= {player}
        return credit

    def one_order(value, players):
        """That is one order only: average over all of them."""
        credit, known = {}, frozenset()
        for player in players:
            credit[player] = value[known | {player}] - value[known]
            known |= {player}
        return credit

    def each_sign_alone(value, players):
        """That is each sign known alone; it misses what they do together."""
        return {player: value[frozenset({player})] - value[frozenset()] for player in players}

    def each_sign_left_out(value, players):
        """That is what is lost without each; together it is more than there is."""
        everything = frozenset(players)
        return {player: value[everything] - value[everything - {player}] for player in players}

    def divides_by_the_signs(value, players):
        """Divide by the number of orders, not of signs."""
        credit = dict.fromkeys(players, 0.0)
        for order in permutations(players):
            known = frozenset()
            for player in order:
                credit[player] += (value[known | {player}] - value[known]) / len(players)
                known |= {player}
        return credit


@check.turn("selection-among-all", (0.5, 10), (0.9, 10), (0.2, 1), (1.0, 50), (0.0, 50))
class AmongAll:
    """Of n payments like this in the sample, p n are frauds and (1 - p) n honest: how many were there before?"""

    def right(p, kept_one_in):
        return p / (p + (1 - p) * kept_one_in)

    def divides_the_probability(p, kept_one_in):
        """Divide the odds, not the probability."""
        return p / kept_one_in

    def multiplies_the_odds(p, kept_one_in):
        """The wrong way: among all payments fraud is rarer."""
        return p * kept_one_in / (p * kept_one_in + 1 - p)

    def gives_up_at_certainty(p, kept_one_in):
        """Of a certain fraud the odds are infinite: avoid p / (1 - p)."""
        return p / (p + (1 - p) * kept_one_in) if p < 1 else p / kept_one_in
