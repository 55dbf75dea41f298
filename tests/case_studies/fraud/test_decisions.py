"""Contract, units, labels, policy, models, training: the parts that turn payments into decisions."""

import json

import numpy as np
import pandas as pd
import pytest

from case_studies.fraud import models
from case_studies.fraud.data import DAY, Adapter, FraudError, contract, labels_as_of
from case_studies.fraud.labels import delay_curve, training_labels
from case_studies.fraud.models import Release, fit_release
from case_studies.fraud.policy import CHARGEBACK_FEE_EUR, REVIEW_COST_EUR, ReviewPolicy, saved_eur
from case_studies.fraud.train import train
from case_studies.kit import Run
from mlsd_lib.data import faults
from mlsd_lib.data.lineage import fingerprint_table
from mlsd_lib.modeling import ModelingError


@pytest.mark.parametrize(("column", "value"), [("amount", -1.0), ("amount", 60_000.0), ("transaction_id", 0)])
def test_the_contract_names_what_is_broken(stream, column, value):
    table = stream.payments.head(100).copy()
    assert faults(table, contract()) == []
    assert "ordered" in str(faults(table[::-1], contract())[0])
    table.loc[50, column] = value
    assert [fault.column for fault in faults(table, contract())] == [column]


def test_amounts_survive_the_acquirers_units_and_not_a_wrong_adapter(stream):
    payments, right = stream.payments.head(2_000), Adapter.of()
    np.testing.assert_allclose(right.parsed(right.sent(payments))["amount"], payments["amount"])
    misread = Adapter().parsed(right.sent(payments))["amount"] / payments["amount"]
    assert set(misread.round(6)) == {1.0, 100.0}
    assert right.parsed_amount(0, 1_250.0) == 12.5
    assert right.parsed_amount(999, 12.5) == 12.5


def test_labels_as_of_know_no_later_report(stream):
    known = labels_as_of(stream.truth, moment := stream.payments["time"].iloc[0] + 50 * DAY)
    assert 0 < known.sum() < stream.truth["is_fraud"].sum()
    assert (stream.truth["label_time"][known] < moment).all()


def test_a_delay_curve_needs_frauds_that_have_matured(stream, release_day):
    time = stream.payments["time"]
    share = delay_curve(time, stream.truth, release_day).share_reported(np.array([0.0, 20.0, 1_000.0]))
    assert share[0] == 0 < share[1] < share[2] == 1
    with pytest.raises(ModelingError, match="needs 50"):
        delay_curve(time, stream.truth, time.iloc[0] + 46 * DAY)


def test_label_policies_differ_in_rows_and_weights_and_never_see_the_future(stream, release_day):
    time = stream.payments["time"]
    seen, matured, weighted = (
        training_labels(time, stream.truth, release_day, policy) for policy in ("as seen", "matured", "reweighted")
    )
    assert time[seen.use].max() < release_day
    assert time[matured.use].max() <= release_day - 28 * DAY
    assert (seen.weight == 1).all()
    frauds = weighted.use & weighted.label
    assert (weighted.weight[frauds] >= 1).all()
    true = stream.truth["is_fraud"].to_numpy()[weighted.use].sum()
    assert abs(weighted.weight[frauds].sum() - true) < abs(frauds.sum() - true)
    with pytest.raises(FraudError, match="must be 'as seen'"):
        training_labels(time, stream.truth, release_day, "hopeful")


def test_a_release_depends_on_nothing_after_its_day(stream, stream_features, release_day):
    past = (stream.payments["time"] < release_day).to_numpy()
    truth = stream.truth.copy()
    truth.loc[truth["label_time"] >= release_day, ["is_fraud", "label_time"]] = [False, pd.NaT]
    blind = type(stream)(stream.payments[past].reset_index(drop=True), truth[past], stream.card)
    first = fit_release(blind, stream_features[past], release_day, "logistic")
    second = fit_release(stream, stream_features, release_day, "logistic")
    assert first.threshold == second.threshold
    np.testing.assert_array_equal(first.score(stream_features.tail(50)), second.score(stream_features.tail(50)))


def test_a_release_needs_history(stream, stream_features):
    with pytest.raises(FraudError, match="days of history"):
        fit_release(stream, stream_features, stream.payments["time"].iloc[0] + 20 * DAY)


def test_the_threshold_meets_the_capacity_or_the_price_of_a_review():
    rng = np.random.default_rng(0)
    probability, amount = rng.beta(0.3, 10, 7_000), rng.lognormal(3.5, 1, 7_000)
    tight, loose = ReviewPolicy("money", 10), ReviewPolicy("money", 900)
    assert (tight.value(probability, amount) >= tight.threshold(probability, amount, 7)).sum() == 70
    assert loose.threshold(probability, amount, 7) == REVIEW_COST_EUR


@pytest.mark.parametrize(("field", "value"), [("rank_by", "mood"), ("reviews_per_day", 0)])
def test_an_impossible_policy_is_refused(field, value):
    with pytest.raises(FraudError, match=f"{field} is"):
        ReviewPolicy(**{field: value})


def test_saved_money_is_stopped_losses_less_reviews():
    saved = saved_eur(np.array([True, True, False]), np.array([100.0, 50.0, 70.0]), np.array([True, False, True]))
    assert saved.tolist() == [100 + CHARGEBACK_FEE_EUR - REVIEW_COST_EUR, -REVIEW_COST_EUR, 0]


@pytest.mark.parametrize(
    ("name", "label", "message"), [("oracle", [0, 1], "must be"), ("logistic", [0, 0], "same label")]
)
def test_a_model_that_cannot_be_fitted_says_why(name, label, message):
    with pytest.raises(FraudError, match=message):
        models.fit(name, pd.DataFrame({"a": [1.0, 2.0]}), np.array(label, dtype=bool))


@pytest.mark.parametrize(("days", "test_days"), [(1, 28), (60, 28), (65, 14)])
def test_a_stream_too_short_for_a_release_is_refused_with_the_days_it_needs(stream, tmp_path, days, test_days):
    first = (stream.payments["time"] < stream.payments["time"].iloc[0].normalize() + days * DAY).to_numpy()
    short = type(stream)(stream.payments[first], stream.truth[first], stream.card)
    with pytest.raises(FraudError, match=f"holds {days} days; .* needs {37 + 15 + test_days}"):
        train(Run(tmp_path), short, np.random.default_rng(0), test_days=test_days, names=("logistic",))


def test_a_trained_run_says_what_it_learned_from_and_how_its_test_went(trained, stream):
    release = Release.read(trained.registry().path("v1"))
    assert release.model_name == "logistic"
    assert release.adapter == Adapter.of()
    checksums = json.loads((trained.path / "data.json").read_text())["sha256"]
    assert checksums == {"payments": fingerprint_table(stream.payments), "truth": fingerprint_table(stream.truth)}
    metrics = json.loads((trained.path / "metrics.json").read_text())
    assert {row["candidate"] for row in metrics["comparison"]} >= {"do nothing", "largest amounts", "logistic"}
    assert metrics["test_eur_a_day"]["low"] <= metrics["test_eur_a_day"]["mean"] <= metrics["test_eur_a_day"]["high"]
    assert "fraud next month" in trained.decision
