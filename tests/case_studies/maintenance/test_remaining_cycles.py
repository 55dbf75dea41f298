"""Scores of forecasts of a failure, and a validation on whole units."""

import numpy as np
import pandas as pd
import pytest

from case_studies.maintenance.remaining_cycles import cycles_left, remaining_scores, validated_rmse


def test_the_score_punishes_a_late_forecast_more_than_an_early_one():
    rng, true = np.random.default_rng(0), np.array([50.0, 200.0])
    early, late = (remaining_scores(np.array([50.0 + miss, 125.0]), true, 125, rng) for miss in (-20, 20))
    assert late["score"] > early["score"]
    assert late["RMSE"] == pytest.approx(20 / np.sqrt(2))
    assert late["RMSE_uncapped"] == pytest.approx(np.sqrt((20**2 + 75**2) / 2))
    assert early["low"] <= early["RMSE"] <= early["high"]


def test_units_are_validated_by_others_at_random_cycles_past_their_first_sixth():
    engines = pd.DataFrame({"unit": np.repeat(np.arange(6), 60), "cycle": np.tile(np.arange(1, 61), 6)})
    label, asked, unit = cycles_left(engines).to_numpy(float), [], engines["unit"].to_numpy()

    def fit(learn):
        def predict(rows):
            assert not set(unit[learn]) & set(unit[rows])
            asked.extend(engines["cycle"].to_numpy()[rows])
            return label[rows] + 3

        return predict

    assert validated_rmse(fit, engines, label, np.random.default_rng(0)) == pytest.approx(3)
    assert len(asked) == 30
    assert min(asked) > 10
