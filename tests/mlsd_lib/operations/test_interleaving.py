"""Team draft: both rankings keep their order, and neither is favoured; how many visits a comparison needs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsd_lib.datasets.shopping_simulator import ShoppingSimulator
from mlsd_lib.operations.interleaving import (
    lived_alone_and_interleaved,
    team_draft,
    times_fewer,
    visits_for_ab,
    visits_for_interleaving,
)

rankings = st.permutations(range(8)).map(lambda items: np.array(items[:5]))


@given(rankings, rankings, st.integers(0, 1_000))
def test_a_draft_is_full_without_doubles_and_fair(one, other, seed):
    drawn, team = team_draft(one, other, np.random.default_rng(seed))
    assert len(set(drawn.tolist())) == 5
    assert set(drawn.tolist()) <= set(one.tolist()) | set(other.tolist())
    assert abs((team == 0).sum() - (team == 1).sum()) <= 1
    for side, ranking in enumerate((one, other)):
        picked = [ranking.tolist().index(item) for item in drawn[team == side].tolist()]
        assert picked == sorted(picked)


def test_empty_places_are_nobodys():
    drawn, team = team_draft(np.array([3, -1, -1]), np.array([3, -1, -1]), np.random.default_rng(0))
    assert drawn.tolist() == [3, -1, -1]
    assert team.tolist()[1:] == [-1, -1]


def test_equal_rankings_are_preferred_alike():
    rng, ranking = np.random.default_rng(0), np.arange(5)
    first = [team_draft(ranking, ranking, rng)[1][0] for _ in range(2_000)]
    assert np.mean(first) == pytest.approx(0.5, abs=0.05)


def test_the_number_of_visits_has_its_power_where_households_are_drawn():
    """Households of four visits that buy alike; an arm is a set of households. Visits as units promise too much."""
    rng, visits = np.random.default_rng(0), 4

    def bought(mean, households):
        return rng.poisson(mean * rng.gamma(2.0, 0.5, households)[:, None], (households, visits))

    one, other = (bought(mean, 50_000).ravel() for mean in (3.0, 3.3))
    needed = visits_for_ab(one, other, np.repeat(np.arange(50_000), visits))
    as_if_strangers = visits_for_ab(one, other, np.arange(len(one)))
    assert needed > 2 * as_if_strangers

    def power(needed):
        households = int(needed / 2 / visits)
        totals = (np.stack([bought(mean, households).sum(axis=1) for _ in range(400)]) for mean in (3.0, 3.3))
        a, b = ((total.mean(axis=1), total.var(axis=1) / households) for total in totals)
        return np.mean(abs(b[0] - a[0]) > 1.96 * np.sqrt(a[1] + b[1]))

    assert power(needed) == pytest.approx(0.8, abs=0.06)
    assert power(as_if_strangers) < 0.6


def test_a_preference_twice_as_strong_needs_a_quarter_of_the_visits():
    noise, household = np.random.default_rng(0).normal(size=10_000), np.repeat(np.arange(2_500), 4)
    noise -= noise.mean()
    strong, weak = (visits_for_interleaving(noise + effect, household) for effect in (0.2, 0.1))
    assert weak == pytest.approx(4 * strong)
    assert visits_for_interleaving(np.repeat([1.5, -0.5], 2_000), np.repeat(np.arange(1_000), 4)) == pytest.approx(
        4 * visits_for_interleaving(np.tile([1.5, -0.5], 2_000), np.arange(4_000)), rel=0.01
    )


def test_the_interval_holds_the_ratio_and_widens_with_fewer_households():
    rng, household = np.random.default_rng(0), np.repeat(np.arange(400), 10)
    one, other, preference = rng.poisson(3.0, 4_000), rng.poisson(3.6, 4_000), rng.normal(0.3, 1.0, 4_000)
    whole, part = (times_fewer(one[:n], other[:n], preference[:n], household[:n], rng) for n in (4_000, 1_000))
    ratio = visits_for_ab(one, other, household) / visits_for_interleaving(preference, household)
    assert whole.mean == pytest.approx(ratio)
    assert whole.low < whole.mean < whole.high
    assert whole.high - whole.low < part.high - part.low


def test_a_ranking_that_offers_something_is_preferred_to_one_that_offers_nothing():
    simulator = ShoppingSimulator(np.random.default_rng(0), households=60)
    codes = simulator.items()["item"].to_numpy()[:10]

    def nothing(visits):
        return np.full((len(visits), 10), -1)

    def something(visits):
        return np.tile(codes, (len(visits), 1))

    table = lived_alone_and_interleaved(
        simulator, {"nothing": nothing, "something": something}, 4, np.random.default_rng(1)
    )
    assert (table["nothing"] == 0).all()
    assert table["something"].sum() > 0
    assert table["preference"].sum() == table["something"].sum()
