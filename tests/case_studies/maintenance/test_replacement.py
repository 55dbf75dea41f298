"""When to replace: money against a slow count, parts of units against the rate, ages against the theory."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

from case_studies.maintenance.replacement import Prices, best_age, best_threshold, outcome, saved_by_unit

PRICES = Prices(1_000.0, 6_000.0)


def test_the_first_alarm_replaces_unless_the_unit_fails_that_evening():
    readings = pd.DataFrame({"unit_id": [0, 0, 0, 1, 1, 2], "age_days": [0, 1, 2, 0, 1, 0]})
    alarm = np.array([False, True, True, False, True, False])
    found = outcome(readings, alarm, pd.Series([3, 2, 1]), PRICES)
    assert found.days.tolist() == [2, 2, 1]
    assert found.cost_eur.tolist() == [1_000, 6_000, 6_000]
    assert found.rate == 13_000 / 5


def test_the_parts_of_the_units_add_up_to_what_a_policy_saves():
    life = pd.Series(np.random.default_rng(0).integers(30, 200, 80))
    unit = np.repeat(life.index, life)
    age = np.concatenate([np.arange(days) for days in life])
    readings = pd.DataFrame({"unit_id": unit, "age_days": age})
    nothing, alarmed = (outcome(readings, rows, life, PRICES) for rows in (age < 0, age >= 60))
    parts = saved_by_unit(alarmed, nothing, 100)
    assert parts.sum() == pytest.approx(100 * (nothing.rate - alarmed.rate))
    assert len(parts) == len(life)
    assert best_threshold(readings, age.astype(float), life, PRICES) < 200
    assert best_threshold(readings, np.zeros(len(age)), life, Prices(1_000.0, 1_001.0)) == np.inf


def test_the_best_age_is_the_one_of_the_renewal_theory():
    rng, shape, scale = np.random.default_rng(0), 2.5, 130.0
    lives = scale * rng.weibull(shape, 20_000)
    found = best_age(pd.Series(lives), pd.Series(np.ones(len(lives))), PRICES)

    def rate(age):
        kept = quad(lambda t: np.exp(-((t / scale) ** shape)), 0, age)[0]
        failing = 1 - np.exp(-((age / scale) ** shape))
        return (6_000 * failing + 1_000 * (1 - failing)) / kept

    best = min(range(20, 200), key=rate)
    assert rate(found) < 1.01 * rate(best)
    memoryless, once = pd.Series(rng.exponential(100, 5_000)), pd.Series(np.ones(5_000))
    assert best_age(memoryless, once, Prices(1_000.0, 1_100.0)) == np.inf
