"""The service in its own process: right answers, hostile requests, an incident and its end."""

import shutil
import urllib.request

import numpy as np
import pytest

from case_studies.fraud import monitor, release, replay, service
from case_studies.fraud.data import Adapter
from case_studies.fraud.state import State
from mlsd_lib.serving import open_loop


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


@pytest.fixture
def days(stream, stream_features, release_day):
    """For each day after the release: messages, reports, and rows of the offline table."""

    def day(number):
        date = release_day + number * monitor.DAY
        rows = replay.day_rows(stream.payments, date)
        reports = replay.report_messages(stream, date, date + monitor.DAY)
        return replay.messages(stream.payments.iloc[rows], Adapter.of()), reports, rows

    return day


@pytest.fixture
def payment(days):
    return days(0)[0][0]


def test_the_service_decides_as_the_offline_table_does(server, run, days, trained, stream, stream_features):
    first_release = release.Release.read(trained / "releases" / "versions" / "v1")
    for number in (0, 1):
        messages, reports, rows = days(number)
        answers = replay.replay(server.url, messages, reports)
        score, value, reviewed = first_release.decide(stream_features.iloc[rows], stream.payments["time"].iloc[rows])
        seen = State(run / "state.db").decided(after=messages[0]["transaction_id"] - 1)
        assert monitor.feature_skew(seen, stream_features.iloc[rows]) < monitor.SKEW_TOLERANCE
        np.testing.assert_allclose(answers["score"], score, atol=1e-9)  # logistic: no split that roundings could cross
        np.testing.assert_allclose(answers["value"], value, atol=1e-6)
        assert answers["review"].tolist() == reviewed.tolist()
        assert reviewed.any()


def test_a_payment_sent_twice_is_counted_once_and_answered_the_same(server, payment):
    first, again = (replay.post(f"{server.url}/predict", payment) for _ in range(2))
    assert first == again
    later = {**payment, "transaction_id": payment["transaction_id"] + 10**9, "time": payment["time"][:10] + "T23:59:59"}
    counted = replay.post(f"{server.url}/predict", later)[1]
    assert counted["score"] != first[1]["score"]


BAD = [
    ({"amount": "12.5"}, 422, "amount"),
    ({"amount": None}, 422, "amount"),
    ({"amount": -1.0}, 422, "amount"),
    ({"amount": 1e12}, 422, "amount"),
    ({"customer_id": 1.5}, 422, "customer_id"),
    ({"terminal_id": True}, 422, "terminal_id"),
    ({"transaction_id": 2**63}, 422, "transaction_id"),
    ({"time": "yesterday"}, 422, "time"),
    ({"time": "2026-04-05T10:00:00+02:00"}, 422, "time"),
    ({"time": "1850-04-05T10:00:00"}, 422, "time"),
    ({"colour": "red"}, 422, "colour"),
]


@pytest.fixture(scope="module")
def shared_server(trained, tmp_path_factory):
    import sys

    from mlsd_lib.serving import ServerProcess

    copy = shutil.copytree(trained, tmp_path_factory.mktemp("hostile") / "run")
    with ServerProcess(
        [sys.executable, "-m", "case_studies.fraud", "serve", "--run", str(copy), "--port", "{port}"]
    ) as process:
        yield process


@pytest.mark.parametrize(("change", "status", "field"), BAD)
def test_a_bad_value_gets_a_clear_4xx_and_the_service_lives_on(shared_server, payment, change, status, field):
    found, answer = replay.post(f"{shared_server.url}/predict", {**payment, **change})
    assert (found, answer["error"]["field"]) == (status, field)
    assert answer["error"]["fix"]
    assert replay.post(f"{shared_server.url}/predict", payment)[0] == 200


@pytest.fixture(scope="module")
def ask(trained, tmp_path_factory):
    """Status and answer of a POST to an app of this process, which no other test has asked."""
    run = shutil.copytree(trained, tmp_path_factory.mktemp("asked") / "run")
    client = service.app_of(run).test_client()

    def post(route, body):
        answer = client.post(route, json=body)
        return answer.status_code, answer.get_json()

    post.metrics = lambda: client.get("/metrics").get_data(as_text=True)
    return post


def test_another_payment_under_a_known_id_is_refused_and_a_repeat_is_answered_alike(ask, days):
    first, second, *_ = days(2)[0]
    answered = ask("/predict", first)
    for name, value in {"amount": 0.5, "customer_id": 0, "terminal_id": 0, "time": second["time"]}.items():
        status, answer = ask("/predict", {**first, name: value})
        assert (status, answer["error"]["field"]) == (409, "transaction_id")
        assert "id of its own" in answer["error"]["fix"]
    assert ask("/predict", first) == answered


def test_of_a_batch_with_a_reused_id_nothing_is_decided_or_counted(ask, days):
    def counted():
        return [line for line in ask.metrics().splitlines() if line.startswith("payment_amount_eur")]

    first, second, third, *_ = days(2)[0]
    ask("/predict", first)
    before, new = counted(), {**second, "transaction_id": 10**12}
    assert ask("/predict", {"rows": [new, {**first, "amount": 0.5}]})[0] == 409
    assert counted() == before
    assert ask("/predict", {**third, "transaction_id": 10**12})[0] == 200


def test_a_payment_of_the_history_keeps_its_content_too(ask, stream, release_day):
    old = stream.payments[stream.payments["time"] < release_day].tail(1)
    message = replay.messages(old, Adapter.of())[0]
    assert ask("/predict", {**message, "amount": message["amount"] + 1})[0] == 409


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"transaction_id": 10**13}, 404, "transaction_id"),
        ({"terminal_id": 10**6}, 422, "terminal_id"),
        ({"time": "2001-01-01T00:00:00"}, 422, "time"),
    ],
)
def test_a_report_that_fits_no_payment_is_refused_and_the_right_one_taken(ask, payment, change, status, field):
    ask("/predict", payment)
    right = {name: payment[name] for name in ("transaction_id", "terminal_id", "time")}
    found, answer = ask("/reports", {**right, **change})
    assert (found, answer["error"]["field"]) == (status, field)
    assert answer["error"]["fix"]
    assert ask("/reports", right)[0] == 200


def test_a_missing_field_nan_and_a_huge_body_get_a_clear_4xx(shared_server, payment):
    url = f"{shared_server.url}/predict"
    missing = {name: value for name, value in payment.items() if name != "amount"}
    assert replay.post(url, missing)[1]["error"]["field"] == "amount"
    status, answer = replay.post(url, b'{"amount": NaN}')
    assert (status, answer["error"]["field"]) == (422, "amount")
    assert replay.post(url, b"[" * 500_000)[0] == 413
    assert replay.post(url, b"{nonsense")[0] == 400
    assert replay.post(f"{shared_server.url}/reports", {"transaction_id": "1"})[0] == 422
    assert replay.post(f"{shared_server.url}/reports", b"x" * 200_000)[0] == 413
    assert replay.post(url, payment)[0] == 200


def test_health_and_metrics_tell_the_release_and_the_reviews(shared_server, payment):
    replay.post(f"{shared_server.url}/predict", payment)
    assert '"version": "v1"' in get(f"{shared_server.url}/healthz")
    metrics = get(f"{shared_server.url}/metrics")
    assert 'reviews_total{release="v1"}' in metrics
    assert "payment_amount_eur_bucket" in metrics
    assert 'requests_total{route="/predict",status="200"}' in metrics


def test_every_request_of_an_open_loop_is_answered(shared_server, days):
    messages, _, _ = days(3)
    load = open_loop(f"{shared_server.url}/predict", messages, 60, 2, np.random.default_rng(0))
    assert len(load) > 60
    assert load.error_share() == 0


def test_the_incident_is_seen_rolled_back_and_leaves_nothing(server, run, days, stream, stream_features, release_day):
    registry, state = release.registry_of(run), State(run / "state.db")
    good = release.Release.read(registry.path("v1"))
    watch = monitor.monitor_of(good, stream_features, stream.payments["time"], release_day)

    def live(number):
        messages, reports, rows = days(number)
        replay.replay(server.url, messages, reports)
        seen = state.decided(after=messages[0]["transaction_id"] - 1)
        window = monitor.window_of(seen, seen["score"].to_numpy(), seen["value"].to_numpy(), good.threshold)
        skew = monitor.feature_skew(seen, stream_features.iloc[rows])
        return monitor.acting(watch.observe(window, number)), skew

    assert live(0) == ([], pytest.approx(0, abs=monitor.SKEW_TOLERANCE))
    registry.add("v2", good.with_adapter(Adapter()).save)
    registry.promote("v2", "an adapter that lost its list")
    alerts, error = live(1)
    assert "feature_drift:amount" in [alert.metric for alert in alerts]
    assert error > 10
    current, fixed = monitor.roll_back(run, "amounts read as a hundredfold")
    assert current == "v1"
    assert fixed > 100
    assert live(2) == ([], pytest.approx(0, abs=monitor.SKEW_TOLERANCE))
    assert [entry["action"] for entry in registry.history()] == ["promote", "promote", "rollback"]


def test_a_rollback_that_keeps_the_state_leaves_wrong_scores(server, run, days, stream, stream_features):
    registry = release.registry_of(run)
    good = release.Release.read(registry.path("v1"))
    registry.add("v2", good.with_adapter(Adapter()).save)
    registry.promote("v2", "an adapter that lost its list")
    replay.replay(server.url, *days(0)[:2])
    assert monitor.roll_back(run, "half a rollback", restore_state=False) == ("v1", 0)
    messages, reports, rows = days(1)
    answers = replay.replay(server.url, messages, reports)
    expected = good.decide(stream_features.iloc[rows], stream.payments["time"].iloc[rows])[0]
    assert np.abs(answers["score"] - expected).max() > 0.1
    assert set(answers["release"]) == {"v1"}
