"""The reader of the Open Bandit logs: published names, and a word where a file differs."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlsd_lib.datasets import DataError
from mlsd_lib.datasets.personalization import read_open_bandit


def bandit_table(rows=6, **columns):
    table = {
        "timestamp": ["2019-11-24 00:00:34.762830+00:00"] * rows,
        "item_id": np.arange(rows) % 34,
        "position": 1,
        "click": [0] * (rows - 1) + [1],
        "propensity_score": 1 / 34,
        "user_feature_0": "cef3390ed299c09874189c387777674a",
    }
    return pd.DataFrame({**table, **columns})


def written(tmp_path, table, policy="random", campaign="men"):
    folder = tmp_path / policy / campaign
    folder.mkdir(parents=True)
    table.to_csv(folder / f"{campaign}.csv")
    return tmp_path


def test_an_open_bandit_log_is_read_by_its_published_names_and_says_how_it_differs(tmp_path):
    log = read_open_bandit(written(tmp_path, bandit_table()), "random", "men")
    assert log.arms == 34
    assert log.table[["arm", "reward"]].to_numpy().tolist()[-1] == [5, 1]
    assert "6 rows, the whole data set has 452,949" in str(log.card)
    assert "6 rows with 1 clicks; its small sample has 10,000 with 46" in str(log.card)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"click": 2}, "click is 0 or 1"),
        ({"item_id": 34}, "item_id is 0 to 33"),
        *(({"propensity_score": value}, "propensity_score is from 1e-09 to 1") for value in (0, np.nan, 1e-300, "x")),
    ],
)
def test_values_that_no_log_has_are_refused(tmp_path, columns, message):
    with pytest.raises(DataError, match=message):
        read_open_bandit(written(tmp_path, bandit_table(**columns)), "random", "men")


def test_a_missing_column_or_log_is_named(tmp_path):
    folder = written(tmp_path, bandit_table().drop(columns="propensity_score"))
    with pytest.raises(DataError, match="lacks the column propensity_score"):
        read_open_bandit(folder, "random", "men")
    with pytest.raises(DataError, match="does not exist"):
        read_open_bandit(folder, "bts", "men")
    with pytest.raises(DataError, match="is no log"):
        read_open_bandit(folder, "greedy", "men")


SAMPLE = Path(os.environ.get("MLSD_DATA_DIR", "/nowhere"), "personalization", "obd_sample")


@pytest.mark.skipif(not SAMPLE.exists(), reason="MLSD_DATA_DIR holds no personalization/obd_sample")
@pytest.mark.parametrize("policy", ["random", "bts"])
@pytest.mark.parametrize("campaign", ["all", "men", "women"])
def test_the_small_sample_is_known_as_such_and_with_permuted_clicks_not(policy, campaign, tmp_path):
    log = read_open_bandit(SAMPLE, policy, campaign)
    assert len(log.card.differences) == 1
    assert "the whole data set has" in log.card.differences[0]
    if policy == "random":
        assert log.table["propensity"].nunique() == 1
    table = pd.read_csv(log.card.source, index_col=0)
    written(tmp_path, table.assign(click=np.random.default_rng(0).permutation(table["click"])), policy, campaign)
    differs = read_open_bandit(tmp_path, policy, campaign).card.differences
    assert "its values have the checksum" in differs[1]
