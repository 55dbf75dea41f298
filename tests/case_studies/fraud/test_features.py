"""Features: equal to their definition, blind to the future, the same online and offline."""

import numpy as np
import pandas as pd
import pytest

from case_studies.fraud.data import reports_of
from case_studies.fraud.features import FEATURES, features_of

DAYS = {days: pd.Timedelta(days=days) for days in (1, 7, 30)}
DELAY = pd.Timedelta(days=7)


@pytest.fixture(scope="module")
def late_rows(stream):
    return np.random.default_rng(0).choice(
        np.arange(len(stream.payments) // 2, len(stream.payments)), 60, replace=False
    )


def by_definition(stream, row):
    """Slow and obvious: filter the whole table for one payment."""
    payments, reports = stream.payments, reports_of(stream.payments, stream.truth)
    payment = payments.iloc[row]
    seen = {
        "amount": payment.amount,
        "weekend": float(payment.time.day_of_week >= 5),
        "night": float(payment.time.hour <= 6),
    }
    own = payments[(payments.customer_id == payment.customer_id) & (payments.time < payment.time)]
    there = payments[payments.terminal_id == payment.terminal_id]
    reported = reports[(reports.terminal_id == payment.terminal_id) & (reports.time < payment.time)]
    for days, length in DAYS.items():
        recent = own[own.time >= payment.time - length]
        old = there[(there.time >= payment.time - DELAY - length) & (there.time < payment.time - DELAY)]
        seen[f"customer_count_{days}d"] = len(recent) + 1
        seen[f"customer_mean_amount_{days}d"] = (recent.amount.sum() + payment.amount) / (len(recent) + 1)
        seen[f"terminal_count_{days}d"] = len(old)
        seen[f"terminal_risk_{days}d"] = (reported.time >= payment.time - length).sum() / max(len(old), 1)
    return seen


def test_features_equal_their_definition(stream, stream_features, late_rows):
    assert tuple(stream_features) == FEATURES
    expected = pd.DataFrame([by_definition(stream, row) for row in late_rows])[list(FEATURES)]
    np.testing.assert_allclose(stream_features.iloc[late_rows], expected, atol=1e-9)


def test_what_happens_later_never_changes_a_feature(stream, stream_features):
    now = stream.payments["time"].iloc[0].normalize() + pd.Timedelta(days=60)
    past = (stream.payments["time"] < now).to_numpy()
    truth = stream.truth[past].copy()
    truth.loc[truth["label_time"] >= now, "label_time"] = pd.NaT
    known_then = features_of(stream.payments[past], truth)
    np.testing.assert_allclose(known_then, stream_features[past], atol=1e-9)


def test_a_risk_that_reads_labels_by_the_time_of_the_fraud_does_see_the_future(stream, stream_features):
    """The fixture that makes the check above fail: reports moved to the moment of the fraud."""
    at_once = stream.truth.assign(
        label_time=stream.payments["time"].where(stream.truth["is_fraud"].to_numpy()).to_numpy()
    )
    leaky = features_of(stream.payments, at_once)
    assert np.abs(leaky - stream_features)["terminal_risk_7d"].max() > 0.1


def test_the_last_rows_alone_equal_those_rows_of_all(stream, stream_features):
    first = len(stream.payments) - 500
    np.testing.assert_allclose(
        features_of(stream.payments, stream.truth, first), stream_features.iloc[first:], atol=1e-9
    )


def test_without_customers_the_published_components_stand_in():
    time = pd.Series(pd.to_datetime(["2013-09-01 03:00", "2013-09-02 12:00"]))
    payments = pd.DataFrame({"transaction_id": [0, 1], "time": time, "amount": [1.0, 2.0], "V1": [0.1, 0.2]})
    table = features_of(payments, pd.DataFrame())
    assert list(table) == ["amount", "weekend", "night", "V1"]
    assert table["night"].tolist() == [1, 0]
