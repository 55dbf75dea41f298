"""Two rankings compared: each visitor sees one of them (A/B), or all see both, drawn into one list (interleaving).

Source of team draft interleaving: F. Radlinski, M. Kurup and T. Joachims, How Does Clickthrough Data Reflect Retrieval
Quality?, CIKM 2008.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np

from mlsd_lib.datasets.shopping_simulator import ShoppingSimulator
from mlsd_lib.modeling import Interval

if TYPE_CHECKING:
    import pandas as pd

DETECTABLE = (1.96 + 0.84) ** 2
"""Squared standard errors that an effect must measure to be found with a power of 80 % at a level of 5 %."""


def team_draft(ranking_a: np.ndarray, ranking_b: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One list of two rankings, as long as they are, and whose pick each place is: 0 or 1; (places,) each.

    In each round both pick their best item that is not there yet, a coin says who is first. An item below 0 is none.
    """
    ranked = [[item for item in ranking.tolist() if item >= 0] for ranking in (ranking_a, ranking_b)]
    drawn: list[int] = []
    team: list[int] = []
    while len(drawn) < len(ranking_a) and any(item not in drawn for ranking in ranked for item in ranking):
        first = int(rng.integers(2))
        for picking in (first, 1 - first):
            pick = next((item for item in ranked[picking] if item not in drawn), None)
            if pick is not None and len(drawn) < len(ranking_a):
                drawn.append(pick)
                team.append(picking)
    empty = len(ranking_a) - len(drawn)
    return np.array(drawn + [-1] * empty), np.array(team + [-1] * empty)


def lived_alone_and_interleaved(
    simulator: ShoppingSimulator,
    rankings: Mapping[str, "Callable[[pd.DataFrame], np.ndarray]"],
    days: int,
    rng: np.random.Generator,
) -> "pd.DataFrame":
    """Some days of a shop on which two rankings are compared, each a function from visits to slates, (visits, places).

    A row a visit: its household, what was bought from the slate of each where it alone was shown, by name, and
    `preference`, purchases from the second's places less those from the first's where both were drawn into one slate.
    Each day is lived three times from the same state; the last one goes on.
    """
    import pandas as pd

    frames = []
    for _ in range(days):
        visits = simulator.visits()
        household = visits["household_id"].to_numpy()
        slates = {name: rank(visits) for name, rank in rankings.items()}
        alone = {
            name: deepcopy(simulator).respond(household, slate).bought_from_slate.sum(axis=1)
            for name, slate in slates.items()
        }
        pairs = zip(*slates.values(), strict=True)
        drawn, team = (
            np.stack(part) for part in zip(*(team_draft(one, other, rng) for one, other in pairs), strict=True)
        )
        response = simulator.respond(household, drawn)
        rows, columns = np.nonzero(response.bought_from_slate)
        picked = team[rows, response.position[rows, columns]]
        preference = np.bincount(rows, weights=2.0 * picked - 1, minlength=len(visits))
        frames.append(pd.DataFrame({"household_id": household, **alone, "preference": preference}))
    return pd.concat(frames, ignore_index=True)


def visits_for_ab(outcome_a: np.ndarray, outcome_b: np.ndarray, household: np.ndarray) -> float:
    """How many visits, both arms together, an A/B test needs to find the difference of these outcomes, (n,) each.

    `household`: (n,), whose visit it was. Its arms are households, and the visits of one resemble each other: their
    totals vary more than those of as many strangers (the *design effect*). Holds for as many visits a household as
    are given. Source: R. Kohavi, D. Tang and Y. Xu, Trustworthy Online Controlled Experiments, 2020.
    """
    size, totals = _by_household(household, outcome_a, outcome_b)
    return _visits_for_ab(size, *totals)


def visits_for_interleaving(preference: np.ndarray, household: np.ndarray) -> float:
    """How many visits interleaving needs, from what each visit gave the second ranking more than the first, (n,).

    `household`: (n,), whose visit it was.
    """
    size, totals = _by_household(household, preference)
    return _visits_for_interleaving(size, *totals)


def times_fewer(
    outcome_a: np.ndarray,
    outcome_b: np.ndarray,
    preference: np.ndarray,
    household: np.ndarray,
    rng: np.random.Generator,
    draws: int = 400,
) -> Interval:
    """How many times fewer visits interleaving needs than an A/B test of the same two rankings, bootstrapped.

    `household`: (n,), whose visits are drawn together. The upper end is large where a draw of the A/B test shows
    hardly any difference.
    """
    size, totals = _by_household(household, outcome_a, outcome_b, preference)

    def ratio(some: np.ndarray | slice) -> float:
        first, second, preferred = totals[:, some]
        return _visits_for_ab(size[some], first, second) / _visits_for_interleaving(size[some], preferred)

    found = [ratio(rng.integers(0, len(size), len(size))) for _ in range(draws)]
    return Interval(ratio(slice(None)), *map(float, np.percentile(found, [2.5, 97.5])), over="households")


def _by_household(household: np.ndarray, *outcomes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many visits each household made, (households,), and its totals of each outcome, (outcomes, households)."""
    number = np.unique(household, return_inverse=True)[1]
    return np.bincount(number), np.stack([np.bincount(number, weights=outcome) for outcome in outcomes])


def _visits_for_ab(size: np.ndarray, outcome_a: np.ndarray, outcome_b: np.ndarray) -> float:
    effect = (outcome_b.sum() - outcome_a.sum()) / size.sum()
    return float(2 * DETECTABLE * (_variance(size, outcome_a) + _variance(size, outcome_b)) / effect**2)


def _visits_for_interleaving(size: np.ndarray, preference: np.ndarray) -> float:
    effect = preference.sum() / size.sum()
    return float(DETECTABLE * _variance(size, preference) / effect**2)


def _variance(size: np.ndarray, total: np.ndarray) -> float:
    """The variance of the mean over visits times the number of visits, where whole households are drawn."""
    around = total - size * total.sum() / size.sum()
    return float((around**2).sum() / size.sum() * len(size) / (len(size) - 1))
