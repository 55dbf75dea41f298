"""A monitor keeps the false-alarm rate that was asked for, and names the metric of each incident."""

import numpy as np
import pandas as pd
import pytest

from mlsd_lib.operations import OperationsError
from mlsd_lib.operations.monitor import KINDS, Monitor


def window(rng, rows=1000):
    """An honest window: the score follows the amount."""
    amount = rng.lognormal(3, 1, rows)
    score = 1 / (1 + np.exp(3 - amount / 40 + rng.normal(0, 1, rows)))
    return pd.DataFrame(
        {
            "amount": amount,
            "age": rng.normal(40, 10, rows),
            "channel": rng.choice(["card", "wallet", "bank"], rows, p=[0.6, 0.3, 0.1]),
            "score": score,
            "flagged": score > 0.5,
        }
    )


@pytest.fixture(scope="module")
def monitor():
    rng = np.random.default_rng(0)
    clean = [window(rng, int(rng.normal(1000, 50))) for _ in range(39)]
    return Monitor(["amount", "age", "channel"], score="score", flagged="flagged").fit(window(rng, 5000), clean)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def nulls(table):
    table.loc[table.index[:80], "age"] = np.nan


def unit(table):
    table.loc[table.index[:100], "amount"] *= 100


def shift(table):
    table["age"] += 3


def new_category(table):
    table.loc[table.index[:60], "channel"] = "crypto"


def text_for_numbers(table):
    table["age"] = table["age"].round().astype(str) + " years"


def lost_column(table):
    del table["age"]


def flags(table):
    table["flagged"] = table.score > 0.2


def scores(table):
    table["score"] = table.score**0.5


@pytest.mark.parametrize(
    ("incident", "metric"),
    [
        (nulls, "null_share:age"),
        (unit, "feature_drift:amount"),
        (shift, "feature_drift:age"),
        (new_category, "feature_drift:channel"),
        (text_for_numbers, "null_share:age"),
        (lost_column, "null_share:age"),
        (flags, "flag_rate"),
        (scores, "score_drift"),
    ],
)
def test_an_incident_raises_the_alert_of_its_metric_first(monitor, rng, incident, metric):
    table = window(rng)
    incident(table)
    alerts = monitor.observe(table, 17.0)
    assert alerts[0].metric == metric
    alert = alerts[0]
    assert alert.time == 17.0
    assert alert.value > alert.threshold == monitor.thresholds[metric]
    assert alert.runbook == KINDS[metric.partition(":")[0]].runbook
    assert f"{alert.value:.3g}" in alert.message


def test_an_empty_window_is_a_matter_of_volume_alone(monitor, rng):
    assert [alert.metric for alert in monitor.observe(window(rng, 0), 0.0)] == ["volume"]


@pytest.mark.parametrize("rows", [300, 3000])
def test_rows_lost_or_sent_twice_raise_the_volume_alert(monitor, rng, rows):
    assert "volume" in {alert.metric for alert in monitor.observe(window(rng, rows), 0.0)}


def test_an_honest_window_is_quiet_and_pages_come_before_tickets(monitor, rng):
    assert monitor.observe(window(rng), 0.0) == []
    table = window(rng)
    table["age"] += 30  # further beyond its threshold than the missing values
    nulls(table)
    alerts = monitor.observe(table, 0.0)
    assert [alert.severity for alert in alerts][:2] == ["page", "ticket"]


def test_clean_windows_raise_alerts_at_about_the_stated_rate():
    """The mean over 30 monitors; thresholds from windows compared with themselves would give .10 here."""
    rng, names = np.random.default_rng(1), list("abcdef")

    def table(rows):
        return pd.DataFrame(rng.normal(size=(rows, len(names))), columns=names)

    alarms = []
    for _ in range(30):
        monitor = Monitor(names, false_alarm_rate=0.05).fit(table(400), [table(100) for _ in range(19)])
        alarms += [bool(monitor.observe(table(100), 0.0)) for _ in range(8)]
    assert 0.01 < np.mean(alarms) < 0.08


def test_a_change_too_small_to_matter_is_no_alert_however_many_rows_prove_it():
    rng = np.random.default_rng(4)
    clean = [pd.DataFrame({"a": rng.normal(size=20_000)}) for _ in range(19)]
    monitor = Monitor(["a"]).fit(pd.DataFrame({"a": rng.normal(size=100_000)}), clean)
    assert monitor.observe(pd.DataFrame({"a": rng.normal(0.05, size=20_000)}), 0.0) == []


def test_too_few_clean_windows_for_the_rate_are_refused_with_the_number_needed(rng):
    clean = [window(rng, 50)] * 18
    with pytest.raises(OperationsError, match=r"18 clean windows.*takes 19"):
        Monitor(["age"], false_alarm_rate=0.05).fit(clean[0], clean)


def test_misuse_is_named(rng):
    table = window(rng, 50)
    with pytest.raises(OperationsError, match="no thresholds yet"):
        Monitor(["age"]).observe(table, 0.0)
    with pytest.raises(OperationsError, match="no column colour"):
        Monitor(["colour"]).fit(table, [table] * 19)


def test_a_mean_importance_weight_that_leaves_one_is_paged():
    rng = np.random.default_rng(0)
    days = [pd.DataFrame({"x": rng.normal(size=200), "w": np.ones(200)}) for _ in range(20)]
    monitor = Monitor(["x"], weights=["w"]).fit(pd.concat(days), days)
    assert not [alert for alert in monitor.observe(days[0], t=0.0) if alert.metric.startswith("mean_weight")]
    (alert,) = [alert for alert in monitor.observe(days[0].assign(w=0.7), t=0.0) if alert.metric == "mean_weight:w"]
    assert (alert.severity, round(alert.value, 6)) == ("page", 0.3)


def test_a_saved_monitor_finds_the_same_in_another_process_and_holds_no_code(tmp_path, rng):
    clean = [window(rng) for _ in range(39)]
    fitted = Monitor(["amount", "channel"], score="score", flagged="flagged").fit(window(rng, 3000), clean)
    fitted.save(tmp_path / "monitor.npz")
    read = Monitor.read(tmp_path / "monitor.npz")
    for bad in (window(rng), window(rng).assign(amount=1.0, channel="cash"), window(rng, 100)):
        assert read.observe(bad, 0.0) == fitted.observe(bad, 0.0)
    with np.load(tmp_path / "monitor.npz", allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


def test_what_cannot_be_saved_or_is_no_saved_monitor_is_refused(tmp_path):
    with pytest.raises(OperationsError, match="no thresholds yet"):
        Monitor(["amount"]).save(tmp_path / "monitor.npz")
    (tmp_path / "text").write_text("no archive")
    np.savez(tmp_path / "other.npz", told=np.array("{}"))
    np.savez_compressed(tmp_path / "damaged.npz", told=np.arange(10_000))
    whole = bytearray((tmp_path / "damaged.npz").read_bytes())
    whole[60] ^= 0xFF  # within the deflated stream
    (tmp_path / "damaged.npz").write_bytes(whole)
    for name in ("text", "other.npz", "damaged.npz", "none"):
        with pytest.raises(OperationsError, match="holds no saved monitor"):
            Monitor.read(tmp_path / name)
