"""Five families learn the same task, each again from the same seed."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from lessons.model_selection.families import FAMILIES, family
from mlsd_lib.modeling import ModelingError


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 4)).astype(np.float32)
    return rows, rows[:, 0] + 0.5 * rng.normal(size=400) > 1


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_learns_and_learns_the_same_again(name, task):
    rows, truth = task
    first, again = (family(name, 200, seed=1).fit(rows[:200], truth[:200]).predict_proba(rows)[:, 1] for _ in range(2))
    assert np.array_equal(first, again)
    assert roc_auc_score(truth[200:], first[200:]) > 0.7


def test_a_network_takes_a_batch_of_all_rows_where_there_are_few():
    assert family("network", 30, seed=0)[-1].batch_size == 30


def test_a_step_of_a_network_has_more_rows_where_there_are_many():
    few, many = (family("network", rows, seed=0)[-1] for rows in (3_000, 30_000))
    assert many.batch_size > few.batch_size
    assert many.max_iter <= few.max_iter


def test_an_unknown_family_is_refused_with_the_known_ones():
    with pytest.raises(ModelingError, match="no family 'svm'; there are logistic, tree"):
        family("svm", 100, seed=0)
