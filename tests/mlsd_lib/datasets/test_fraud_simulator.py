"""The simulated payment stream: rare, rhythmical, late, and seeded."""

import numpy as np
import pandas as pd
import pytest

from mlsd_lib.datasets import DataError
from mlsd_lib.datasets.fraud import simulate
from mlsd_lib.datasets.fraud_simulator import MECHANISMS, REPORT_DELAY_DAYS, START, FraudSimulator, Tactics


@pytest.fixture(scope="module")
def stream():
    return simulate(np.random.default_rng(1), days=56)


def test_about_one_payment_in_a_hundred_is_fraud_and_every_mechanism_occurs(stream):
    assert 0.004 < stream.truth["is_fraud"].mean() < 0.02
    assert set(stream.truth["mechanism"]) == {"", *MECHANISMS}


def test_payments_are_ordered_and_truth_is_apart(stream):
    assert stream.payments["time"].is_monotonic_increasing
    assert stream.payments["transaction_id"].is_unique
    assert (stream.truth.index == stream.payments["transaction_id"]).all()
    assert not {"is_fraud", "mechanism", "label_time"} & set(stream.payments)


def test_nights_are_quiet_and_sundays_too(stream):
    time = stream.payments["time"].dt
    assert (time.hour < 6).mean() < 0.06
    by_weekday = stream.payments.groupby(time.day_of_week).size()
    assert by_weekday.idxmax() == 5
    assert by_weekday.idxmin() == 6


def test_chargebacks_come_after_the_payment_and_differ_by_mechanism(stream):
    truth = stream.truth.set_index(stream.payments["time"])
    assert truth["label_time"].notna().eq(truth["is_fraud"]).all()
    delay = (truth["label_time"] - truth.index)[truth["is_fraud"]]
    assert (delay > pd.Timedelta(0)).all()
    mean_days = delay.dt.total_seconds().groupby(truth["mechanism"][truth["is_fraud"]]).mean() / 86_400
    for mechanism, expected in REPORT_DELAY_DAYS.items():
        assert mean_days[mechanism] == pytest.approx(expected, rel=0.15)


def test_stolen_cards_pay_inflated_amounts(stream):
    amounts = stream.payments["amount"].groupby(stream.truth["mechanism"].to_numpy()).mean()
    assert amounts["stolen"] > 2 * amounts[""]
    assert amounts["terminal"] < 1.5 * amounts[""]


def test_the_same_seed_gives_the_same_stream_and_another_seed_another():
    first, again, other = (simulate(np.random.default_rng(seed), days=5, customers=200) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first.payments, again.payments)
    pd.testing.assert_frame_equal(first.truth, again.truth)
    assert len(first.payments) != len(other.payments)


def test_a_stream_continues_where_it_stopped():
    simulator = FraudSimulator(np.random.default_rng(0), customers=300)
    first, _ = simulator.advance(3)
    second, truth = simulator.advance(2)
    assert second["time"].min() >= first["time"].min().normalize() + pd.Timedelta(days=3)
    assert second["transaction_id"].min() == first["transaction_id"].max() + 1
    assert (truth.index == second["transaction_id"]).all()


def test_the_adversary_turns_cautious_when_caught_and_bold_when_not():
    cautious = Tactics().adapted({"stolen": 0.8, "terminal": 0.9, "burst": 0.5})
    assert cautious.inflation < 4
    assert cautious.terminal_share < 0.6
    assert cautious.burst_size < 8
    assert Tactics().adapted({"stolen": 0.2}) == Tactics()
    assert cautious.adapted({"stolen": 0.0}).inflation > cautious.inflation
    for _ in range(50):
        cautious = cautious.adapted({"stolen": 1.0, "terminal": 1.0, "burst": 1.0})
    assert cautious.inflation > 1


def test_caught_thieves_inflate_less():
    means = []
    for caught in ({}, {"stolen": 1.0}):
        simulator = FraudSimulator(np.random.default_rng(0))
        for _ in range(3):
            payments, truth = simulator.advance(7, caught)
        means.append(payments["amount"][(truth["mechanism"] == "stolen").to_numpy()].mean())
    assert means[1] < 0.7 * means[0]


@pytest.mark.parametrize(("customers", "terminals"), [(0, 100), (100, 5)])
def test_an_impossible_size_is_refused_with_the_fix(customers, terminals):
    with pytest.raises(DataError, match=r"at least 10 and 40.*Ask for more"):
        FraudSimulator(np.random.default_rng(0), customers=customers, terminals=terminals)


def test_no_days_are_refused():
    with pytest.raises(DataError, match="at least 1 day"):
        simulate(np.random.default_rng(0), days=0)


def test_the_columns_of_a_stream_are_those_of_its_frames():
    framed, plain = (FraudSimulator(np.random.default_rng(5), customers=300) for _ in range(2))
    for days, caught in ((7, None), (3, {"stolen": 0.9})):
        payments, truth = framed.advance(days, caught)
        columns = plain.advance_columns(days, caught)
        second = (payments["time"] - START).dt.total_seconds()
        delay_s = (truth["label_time"].to_numpy() - payments["time"]).dt.total_seconds()
        assert np.array_equal(columns["second"], second)
        assert np.array_equal(columns["delay_s"], delay_s, equal_nan=True)
        assert np.array_equal(np.array(["", *MECHANISMS])[columns["mechanism"]], truth["mechanism"])
        for name in ("customer_id", "terminal_id", "amount"):
            assert np.array_equal(columns[name.removesuffix("_id")], payments[name])
