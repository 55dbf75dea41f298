"""Prediction-powered means: against the definition, where the judge is perfect or useless, and how often they cover."""

import numpy as np
import pytest

from lessons.judging.prediction_powered import best_weight, by_chance_of_label, labels_alone, prediction_powered

TRUTH = 0.5


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def items(rng, count, blur=0.3, repeats=2_000):
    """Labels of 0 and 1 with the mean TRUTH, and judgements that are higher by a tenth and blurred."""
    labels = (rng.random((repeats, count)) < TRUTH).astype(float)
    return labels, 0.6 * labels + 0.1 + rng.normal(0, blur, labels.shape)


def test_weight_nought_is_the_labels_alone(rng):
    labels, judged = items(rng, 50, repeats=3)
    powered, alone = prediction_powered(labels, judged, judged, 0.0), labels_alone(labels)
    assert powered.mean == pytest.approx(alone.mean)
    assert powered.half_width == pytest.approx(alone.half_width)


def test_ppi_is_the_judges_mean_and_the_mean_error_by_hand():
    labels, judged, more = np.array([1.0, 0.0]), np.array([0.5, 0.25]), np.array([0.75, 0.25, 0.5])
    found = prediction_powered(labels, judged, more, 1.0)
    assert found.mean == pytest.approx(0.5 + (0.5 - 0.25) / 2)
    assert found.half_width == pytest.approx(1.959964 * np.sqrt(0.0625 / 3 + 0.28125 / 2))


def test_a_constant_added_to_every_judgement_changes_nothing(rng):
    labels, judged = items(rng, 300, repeats=3)
    few, more = judged[:, :100], judged[:, 100:]
    for weight in (1.0, None):
        plain = prediction_powered(labels[:, :100], few, more, weight)
        moved = prediction_powered(labels[:, :100], few + 7, more + 7, weight)
        assert moved.mean == pytest.approx(plain.mean)
        assert moved.half_width == pytest.approx(plain.half_width)


def test_the_best_weight_has_the_smallest_variance_of_a_grid(rng):
    labels, judged = items(rng, 2_100)
    parts = labels[:, :100], judged[:, :100], judged[:, 100:]
    grid = np.linspace(-0.5, 1.5, 41)
    spread = [prediction_powered(*parts, weight).mean.std() for weight in grid]
    assert best_weight(*parts).mean() == pytest.approx(grid[np.argmin(spread)], abs=0.1)


@pytest.mark.parametrize("weight", [0.0, 1.0, None])
@pytest.mark.parametrize("blur", [0.1, 0.3, 3.0])
def test_intervals_cover_with_random_labels_whatever_the_judge(weight, blur, rng):
    labels, judged = items(rng, 1_100, blur)
    found = prediction_powered(labels[:, :100], judged[:, :100], judged[:, 100:], weight)
    assert 0.93 < found.covers(TRUTH).mean() < 0.97


def test_intervals_miss_where_labels_were_picked_by_the_judges_error(rng):
    labels, judged = items(rng, 1_100)
    picked = np.argsort(judged[:, :500] - labels[:, :500], axis=1)[:, :100]
    few = [np.take_along_axis(scores, picked, axis=1) for scores in (labels, judged)]
    assert prediction_powered(*few, judged[:, 500:], 1.0).covers(TRUTH).mean() < 0.2


def test_known_chances_repair_labels_that_follow_the_judge(rng):
    labels, judged = items(rng, 1_100, blur=0.8)  # so that a high judgement is mostly too high
    chance = np.where(judged > 0.4, 0.3, 0.05)
    asked = rng.random(chance.shape) < chance
    hidden = np.where(asked, labels, np.nan)
    assert 0.93 < by_chance_of_label(hidden, asked, judged, chance).covers(TRUTH).mean() < 0.97
    as_if_random = by_chance_of_label(hidden, asked, judged, np.full_like(chance, chance.mean()))
    assert as_if_random.covers(TRUTH).mean() < 0.8


def test_a_label_for_every_item_leaves_the_labels(rng):
    labels, judged = items(rng, 60, repeats=2)
    whole = by_chance_of_label(labels, np.ones_like(labels, dtype=bool), judged, np.ones_like(labels))
    assert whole.mean == pytest.approx(labels.mean(axis=1))
