"""The diagram of both joins: each number stands at its own join, as the mean over the banks."""

import pandas as pd

from lessons.data_processing.join_flow import join_flow


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
