"""Means of lives of which most go on, against the truth that made them."""

import numpy as np
import pandas as pd
import pytest

from case_studies.maintenance.lifetimes import censoring_weights, mean_life, watched_share, weibull_aft
from mlsd_lib.modeling import ModelingError


@pytest.fixture
def lives():
    """Weibull lives of mean 100 at a load of 1, watched for 10 to 250 days each."""
    rng = np.random.default_rng(0)
    load = rng.uniform(0.7, 1.3, 3_000)
    life = 112.7 * np.exp(-0.8 * (load - 1)) * rng.weibull(2.5, 3_000)
    watched = rng.uniform(10, 250, 3_000)
    return pd.DataFrame({"days": np.minimum(life, watched), "failed": life <= watched, "load": load})


def test_dropping_censored_lives_keeps_the_short_ones_and_a_weibull_life_does_not(lives):
    assert mean_life(lives, "drop censored") < 90
    assert mean_life(lives, "Weibull AFT") == pytest.approx(100, rel=0.05)
    assert mean_life(lives, "Kaplan-Meier") == pytest.approx(100, rel=0.06)


def test_weighted_for_censoring_the_failed_units_stand_for_all(lives):
    weight = censoring_weights(lives)
    assert weight[~lives["failed"]].max() == 0
    assert np.average(lives["days"], weights=weight) == pytest.approx(100, rel=0.06)


def test_the_share_watched_is_that_of_the_time_of_watching_whatever_failed(lives):
    days = np.array([0.0, 10.0, 70.0, 130.0, 250.0])
    assert watched_share(lives, days) == pytest.approx([1, 1, 0.75, 0.5, 0.05], abs=0.05)


def test_an_unknown_method_and_too_few_failures_are_refused(lives):
    with pytest.raises(ModelingError, match="The method is 'median'"):
        mean_life(lives, "median")
    with pytest.raises(ModelingError, match="0 units have failed; a Weibull life needs 5"):
        weibull_aft(lives[~lives["failed"]])
