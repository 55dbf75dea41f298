"""AUC gained, and frauds found, against slow and obvious references."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from mlsd_lib.lesson.plotting import Spread
from mlsd_lib.modeling.scores import auc_gained, average_precisions, found_a_day, in_a_row, share_of_total


@pytest.fixture
def rows():
    rng = np.random.default_rng(1)
    truth = rng.random(300) < 0.3
    score, before = np.round(truth + rng.normal(size=300), 1), np.round(rng.normal(size=300), 1)  # with ties
    return score, before, truth, rng.integers(0, 12, 300)


def test_the_gain_and_its_interval_are_those_of_rows_that_are_really_drawn_again(rows):
    score, before, truth, group = rows
    gained = auc_gained(score, before, truth, np.random.default_rng(2), group, resamples=50)
    assert gained.middle == pytest.approx(roc_auc_score(truth, score) - roc_auc_score(truth, before))
    rng, drawn = np.random.default_rng(2), []
    order = list(dict.fromkeys(group))
    for _ in range(50):
        again = np.concatenate([np.flatnonzero(group == order[number]) for number in rng.integers(0, 12, 12)])
        drawn.append(roc_auc_score(truth[again], score[again]) - roc_auc_score(truth[again], before[again]))
    assert [gained.low, gained.high] == pytest.approx(np.percentile(drawn, [2.5, 97.5]))


def test_rows_of_one_group_are_drawn_together_so_copies_do_not_narrow_the_interval(rows):
    score, before, truth, _ = rows
    copies = [np.repeat(column, 4) for column in (score, before, truth, np.arange(300))]
    once = auc_gained(score, before, truth, np.random.default_rng(3))
    together = auc_gained(*copies[:3], np.random.default_rng(3), copies[3])
    apart = auc_gained(*copies[:3], np.random.default_rng(3))
    assert together.high - together.low == pytest.approx(once.high - once.low)
    assert apart.high - apart.low < 0.7 * (once.high - once.low)


def test_average_precisions_are_scikit_learns_under_each_weight(rows):
    score, _, truth, _ = rows
    weights = np.random.default_rng(4).integers(0, 3, (20, len(truth)))
    weights[0, score == score.max()] = 0
    expected = [average_precision_score(truth, score, sample_weight=weight) for weight in weights]
    assert average_precisions(score, truth, weights) == pytest.approx(expected)


def test_reviewers_find_the_frauds_among_the_highest_scores_of_each_day():
    day = [0.1, 0.5, 0.9, 1.2, 1.3]
    fraud = [True, False, True, True, False]
    assert found_a_day(day, fraud, [3, 2, 1, 1, 2], 1) == 0.5
    assert found_a_day(day, fraud, [3, 1, 2, 1, 2], 2) == 1.5


def test_spreads_in_a_row_are_one_of_arrays():
    row = in_a_row([Spread(1, 0, 2), Spread(3, 2, 5)], 10)
    assert [list(values) for values in (row.middle, row.low, row.high)] == [[10, 30], [0, 20], [20, 50]]


def test_a_share_of_the_total_is_certain_only_where_each_row_has_it():
    rng, whole = np.random.default_rng(0), np.arange(1.0, 41.0)
    even = share_of_total(whole / 4, whole, rng)
    assert [even.middle, even.low, even.high] == pytest.approx([0.25, 0.25, 0.25])
    uneven = share_of_total(whole * (np.arange(40) % 4 == 0), whole, rng)
    assert uneven.low < uneven.middle < uneven.high
