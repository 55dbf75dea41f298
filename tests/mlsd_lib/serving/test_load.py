"""Open and closed loops against a real server: what each counts, and what a stall looks like to each."""

import asyncio
import json
import re
import socket
import sys
import urllib.request

import numpy as np
import pytest

from mlsd_lib.serving import LoadResult, ServerProcess, ServingError, capacity_per_s, closed_loop, load, open_loop
from mlsd_lib.serving.load import NO_ANSWER, TIMED_OUT

FAST = {"amount": 1.0}


def answered(service):
    text = urllib.request.urlopen(service.url + "/metrics").read().decode()
    return sum(float(n) for n in re.findall(r'requests_total\{route="/predict",status="\d+"\} (\S+)', text))


def test_an_open_loop_sends_each_due_request_once_and_its_schedule_follows_the_seed(service):
    before = answered(service)
    result = open_loop(service.url + "/predict", [FAST, {"amount": "x"}], 200, 0.5, np.random.default_rng(1))
    assert answered(service) - before == len(result)
    assert set(result.status) == {200, 422}
    assert abs((result.status == 200).sum() - (result.status == 422).sum()) <= 1  # the bodies went out in turn
    rng = np.random.default_rng(1)
    assert np.array_equal(result.scheduled_s, np.sort(rng.uniform(0, 0.5, rng.poisson(100))))
    assert (result.sent_s >= result.scheduled_s).all()


def around_a_stall(service):
    """What holds of an open and of a closed loop while the server stands still for 0.8 s, by what it says."""
    bodies = [FAST] * 50 + [FAST | {"wait_s": 0.8}] + [FAST] * 20_000
    opened = open_loop(service.url + "/predict", bodies, 200, 2.0, np.random.default_rng(2))
    closed = closed_loop(service.url + "/predict", bodies, 1, 2.0)
    answered_s = opened.scheduled_s + opened.latency_ms / 1000
    meanwhile = (opened.sent_s > opened.sent_s[50]) & (opened.sent_s < answered_s[50])
    return {
        "no request fails": opened.error_share() == closed.error_share() == 0,
        "160 of the open loop's 400 requests are due meanwhile, and wait": (opened.latency_ms > 200).sum() > 60,
        "its 99th percentile shows that": opened.percentile_ms(99) > 400,
        "it goes on sending while nothing comes back": meanwhile.sum() > 60,
        "the closed loop has one slow sample": 1 <= (closed.latency_ms > 400).sum() <= 2,
        "which is the stall": (closed.latency_ms > 799).any(),
        "and hides it": len(closed) <= 250 or closed.percentile_ms(99) < 400,  # if this machine is fast enough
    }


def test_a_stall_is_many_slow_samples_to_an_open_loop_and_one_to_a_closed(service):
    """A busy machine makes stalls of its own: what does not hold is looked at again, twice at most."""
    for _ in range(3):
        held = around_a_stall(service)
        if all(held.values()):
            return
    assert [what for what, holds in held.items() if not holds] == []


def test_all_clients_of_a_closed_loop_wait_side_by_side(service):
    body = FAST | {"meets": 8, "pause_s": 0.2}  # answered once all eight have come, and after the last is sent
    result = closed_loop(service.url + "/predict", [body], 8, 0.1, timeout_s=60)
    assert result.status.tolist() == [200] * 8


def test_latency_counts_from_the_time_a_request_was_due_not_from_when_it_was_sent():
    result = LoadResult(np.array([0.0]), np.array([0.4]), np.array([500.0]), np.array([200]), 1.0)
    assert result.goodput_per_s(450) == 0


def test_a_timeout_is_counted_and_waited_for_as_long_as_was_allowed(service):
    bodies = [FAST | {"wait_s": 0.6}, FAST]
    result = closed_loop(service.url + "/predict", bodies, 1, 0.25, timeout_s=0.2)
    assert result.timeouts >= 1
    assert result.status[0] == TIMED_OUT
    assert 200 <= result.latency_ms[0] < np.inf
    assert result.error_share() > 0


def test_a_server_that_is_not_there_gives_no_answers_of_infinite_latency():
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # and does not listen
        result = closed_loop(f"http://127.0.0.1:{deaf.getsockname()[1]}/predict", [FAST], 2, 0.05)
    assert (result.status == NO_ANSWER).all()
    assert result.percentile_ms(50) == np.inf
    assert (result.error_share(), result.goodput_per_s(np.inf)) == (1, 0)


def test_a_redirect_to_another_host_is_not_followed(service):
    result = closed_loop(service.url + "/elsewhere", [FAST], 1, 0.05)
    assert set(result.status) == {307}
    assert result.error_share() == 1


def test_load_runs_where_an_event_loop_runs_already_as_in_a_notebook(service):
    async def cell():
        return closed_loop(service.url + "/predict", [json.dumps(FAST), json.dumps(FAST).encode()], 2, 0.1)

    result = asyncio.run(cell())
    assert len(result) > 0
    assert result.error_share() == 0
    assert np.array_equal(result.sent_s, result.scheduled_s)


def test_capacity_is_the_rate_of_good_answers_alone(service):
    assert capacity_per_s(service.url + "/predict", [FAST], clients=2, duration_s=0.2) > 0
    assert capacity_per_s(service.url + "/predict", [{"amount": -1}], clients=2, duration_s=0.2) == 0


@pytest.mark.parametrize(
    "url", ["http://example.org/", "http://127.0.0.1@example.org/", "http://127.0.0.1.example.org/", "http://10.0.0.1/"]
)
def test_only_this_machine_is_loaded(url):
    with pytest.raises(ServingError, match=re.escape(url) + ".*forward a port"):
        closed_loop(url, [FAST], 1, 0.1)


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda url, rng: open_loop(url, [], 10, 1, rng), "bodies is empty"),
        (lambda url, rng: open_loop(url, [FAST], 0, 1, rng), "rate_per_s is 0"),
        (lambda url, rng: closed_loop(url, [FAST], 0, 1), "clients is 0"),
    ],
)
def test_a_load_that_makes_no_sense_is_refused(call, rule):
    with pytest.raises(ServingError, match=rule):
        call("http://127.0.0.1:1/", np.random.default_rng(0))


def test_a_result_summarises_all_requests_not_only_the_answered():
    latency_ms = np.array([10.0, 20.0, 30.0, np.inf])
    result = LoadResult(np.arange(4.0), np.arange(4.0), latency_ms, np.array([200, 500, 204, NO_ANSWER]), 2.0)
    assert [result.percentile_ms(q) for q in (25, 50, 75, 100)] == [10, 20, 30, np.inf]
    assert result.goodput_per_s(25) == 0.5
    assert result.goodput_per_s(np.inf) == 1.0
    assert result.error_share() == 0.5


def test_a_known_delay_is_measured_to_a_fifth_of_it():
    """What HTTP adds is measured beside it, without a delay; of each the quickest request, which met no other process.

    On a machine whose cores are lent to others that one comes some milliseconds late, so the delay is long.
    """
    worker = [sys.executable, "-m", "lessons.reliability_and_cost.steady_worker", "{port}", "--work-ms"]
    bodies = [{"number": number, "within_s": 10.0} for number in range(100)]

    def quickest_ms(work_ms):
        with ServerProcess([*worker, str(work_ms)]) as server:
            return open_loop(server.url + "/predict", bodies, 3, 4.0, np.random.default_rng(0)).latency_ms.min()

    assert quickest_ms(200) - quickest_ms(0) == pytest.approx(200, rel=0.2)


def test_a_client_that_falls_behind_says_so(monkeypatch, service):
    records = np.array([[0.0, 0.5, 0.6, 200], [0.1, 0.5, 0.6, 200]])
    monkeypatch.setattr(load, "_run_client", lambda *_: records)
    with pytest.warns(UserWarning, match=r"sent 49\d ms late"):
        result = open_loop(service.url, [FAST], 1, 1.0, np.random.default_rng(0))
    assert 490 < result.behind_ms <= 500
