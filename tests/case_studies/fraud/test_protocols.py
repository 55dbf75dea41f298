"""The Handbook's and ULB's protocols, on files of their form; on the real file where it is at hand."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from case_studies.fraud import train as protocols
from case_studies.fraud.data import FraudError, load_payments
from mlsd_lib.datasets import DataCard, DataError
from mlsd_lib.datasets.fraud import PaymentStream
from mlsd_lib.datasets.fraud_simulator import FraudSimulator


@pytest.fixture(scope="module")
def shifted():
    """A simulated stream, moved to the days of the Handbook."""
    payments, truth = FraudSimulator(np.random.default_rng(0), customers=300, terminals=200).advance(65)
    move = protocols.HANDBOOK_START - pd.Timedelta(days=40) - payments["time"].iloc[0].normalize()
    payments["time"] += move
    reported = payments["time"] + pd.Timedelta(days=7)
    truth["label_time"] = reported.where(truth["is_fraud"].to_numpy()).to_numpy()
    return PaymentStream(payments, truth, DataCard("shifted", len(payments), "MIT", real=False, source="a test"))


def test_the_handbooks_test_has_no_card_that_was_known_to_be_compromised(shifted):
    train, test = protocols.handbook_split(shifted)
    day = (shifted.payments["time"] - protocols.HANDBOOK_START).dt.days.to_numpy()
    assert (set(day[train]), set(day[test])) == (set(range(7)), set(range(14, 21)))
    fraud, customer = shifted.truth["is_fraud"].to_numpy(), shifted.payments["customer_id"].to_numpy()
    for date in range(14, 21):
        known = set(customer[fraud & (day >= 0) & (day <= date - 8)])
        assert not known & set(customer[test & (day == date)])


def test_the_same_features_and_models_run_on_the_handbooks_form(shifted):
    table = protocols.handbook(shifted, names=("logistic",))
    assert table.loc["logistic", "AUC"] > 0.6
    assert table.loc["logistic", "AUC_published"] == 0.871
    assert table.loc["logistic", "prevalence"] == pytest.approx(table.loc["logistic", "frauds"] / table["test"].iloc[0])


def test_a_stream_of_other_days_is_refused(stream):
    with pytest.raises(FraudError, match="does not hold the days"):
        protocols.handbook_split(stream)


def ulb_stream(days=2):
    rng = np.random.default_rng(0)
    time = pd.Series(pd.Timestamp("2013-09-01") + pd.to_timedelta(np.arange(2_000) * 43.0 * days, unit="s"))
    fraud = rng.random(2_000) < 0.05
    payments = pd.DataFrame({"transaction_id": np.arange(2_000), "time": time, "amount": rng.lognormal(3, 1, 2_000)})
    payments["V1"] = rng.normal(size=2_000) + 2 * fraud
    truth = pd.DataFrame({"is_fraud": fraud, "mechanism": "", "label_time": time.where(fraud)}, index=payments.index)
    card = DataCard("ULB's form", 2_000, "CC0", real=False, source="a test")
    return PaymentStream(payments, truth, card)


def test_ulbs_form_is_trained_on_its_first_day_and_with_one_day_only_refused():
    assert protocols.ulb(ulb_stream(), names=("logistic",)).loc["logistic", "AUC"] > 0.8
    with pytest.raises(DataError, match=r"holds 1 days from the first payment on; .* needs 2"):
        protocols.ulb(ulb_stream(days=1), names=("logistic",))
    stream = ulb_stream()
    stream.truth["is_fraud"] &= stream.payments["time"].dt.day == 1
    with pytest.raises(DataError, match=r"holds 1 classes .* to test on; .* needs 2"):
        protocols.ulb(stream, names=("logistic",))


@pytest.mark.skipif(
    not list(Path(os.environ.get("MLSD_DATA_DIR") or "/nonexistent").glob("fraud/*.parquet")),
    reason="MLSD_DATA_DIR is not set or holds no fraud/*.parquet: the Handbook's protocol is not run on real data",
)
def test_the_published_figures_are_met_on_the_handbooks_data():
    table = protocols.handbook(load_payments("handbook"))
    assert (table["AUC"] - table["AUC_published"]).abs().max() < 0.02
    assert (table["AP"] - table["AP_published"]).abs().max() < 0.02
