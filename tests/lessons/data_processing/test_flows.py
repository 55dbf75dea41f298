"""The diagrams of the lessons on data processing: each number stands where it was measured."""

import pandas as pd

from lessons.data_processing.flows import feature_flow, join_flow, quarantine_flow


def test_each_join_has_its_own_aucs_by_customer():
    rows = [
        ("customer", "point in time", 0, 0.70, 0.72),
        ("customer", "point in time", 1, 0.80, 0.78),
        ("customer", "current value", 0, 0.90, 0.50),
        ("customer", "current value", 1, 0.94, 0.54),
        ("terminal", "point in time", 0, 0.11, 0.12),
        ("terminal", "current value", 0, 0.13, 0.14),
    ]
    names = ["world", "join", "bank", "AUC offline", "AUC live"]
    text = repr(join_flow(pd.DataFrame(rows, columns=names).set_index(names[:3])))
    assert "in point in time: AUC 0.75 offline, 0.75 live;" in text
    assert "in current value: AUC 0.92 offline, 0.52 live." in text


def test_each_feature_has_its_own_gain_and_its_own_time():
    gained = {"table of names": 0.21, "hash and array": 0.2, "feature store": 0.24}
    text = repr(feature_flow(gained, {"table of names": 0.1, "hash and array": 0.7, "feature store": 38}))
    assert "in table of names: AUC +0.210, 0.10 us a look-up" in text
    assert "in array: AUC +0.200, 0.70 us a look-up" in text
    assert "in feature store: AUC +0.240, 38 us a look-up" in text


def test_a_quarantine_shows_what_dropping_would_have_lost():
    text = repr(quarantine_flow(2.1, 33.4, set_aside=4, came_back=3))
    assert "in set aside: 3 of 4 days came back whole" in text
    assert "in bad rows dropped: 2.1 % of the rows, 33 % of the loss to fraud" in text
