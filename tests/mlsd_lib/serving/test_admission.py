"""Turns: never two at once, in order, so many in line and no more; deadlines; and an app whose requests take turns."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pydantic
import pytest
from prometheus_client.parser import text_string_to_metric_families

from mlsd_lib.serving import create_app
from mlsd_lib.serving.admission import Admission
from mlsd_lib.serving.batcher import Shed
from tests.waiting import PATIENCE_S, until


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as made:
        yield made


def in_line(admission, pool, work, count):
    """`count` threads that wait, in the order in which they came, and do `work(number)` in their turn."""

    def one(number):
        turn = admission.enter(count, PATIENCE_S)
        try:
            return work(number)
        finally:
            admission.leave(turn)

    sent = []
    for number in range(count):
        sent.append(pool.submit(one, number))
        until(lambda: admission.waiting() == len(sent), "the thread in the line")
    return sent


def test_turns_come_one_at_a_time_in_the_order_of_arrival_whatever_fails(pool):
    admission, at_work, order = Admission(), [], []

    def work(number):
        at_work.append(number)
        order.append(number)
        assert at_work == [number]
        at_work.remove(number)
        if number % 3 == 0:
            raise ValueError(number)

    first = admission.enter(0)
    sent = in_line(admission, pool, work, 7)
    admission.leave(first)
    failed = [isinstance(future.exception(PATIENCE_S), ValueError) for future in sent]
    assert failed == [True, False, False] * 2 + [True]
    assert order == list(range(7))
    assert admission.waiting() == 0


def test_many_threads_never_work_at_once_and_none_is_forgotten():
    admission, at_work, most, done = Admission(), [], [], []

    def come(number):
        for _ in range(50):
            turn = admission.enter(8, PATIENCE_S)
            at_work.append(number)
            most.append(len(at_work))
            at_work.pop()
            done.append(number)
            admission.leave(turn)

    threads = [threading.Thread(target=come, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert sorted(done) == sorted(list(range(8)) * 50)


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_so_many_wait_and_the_next_is_refused_until_one_has_gone(pool, limit):
    admission = Admission()
    first = admission.enter(limit)
    sent = in_line(admission, pool, lambda number: number, limit)
    with pytest.raises(Shed, match=f"{limit} requests wait already") as refused:
        admission.enter(limit, PATIENCE_S)
    assert (refused.value.code, dict(refused.value.get_headers())["Retry-After"]) == (503, "1")
    admission.leave(first)
    assert [future.result(PATIENCE_S) for future in sent] == list(range(limit))
    admission.leave(admission.enter(limit, PATIENCE_S))


def test_a_turn_that_comes_after_the_deadline_is_handed_on():
    """By a clock of the test: the turn is free at once, and it is too late all the same."""
    times = iter([0.0, 2.0, 0.0, 0.5])
    admission = Admission(clock=lambda: next(times))
    with pytest.raises(Shed, match=r"did not come within 1 s"):
        admission.enter(4, within_s=1.0)
    admission.leave(admission.enter(0, within_s=1.0))


def test_one_that_gave_up_leaves_its_place_and_those_behind_it_their_turns(pool):
    admission = Admission()
    first = admission.enter(0)
    hurried = pool.submit(admission.enter, 2, 0.05)
    until(lambda: admission.waiting() == 1, "the thread in a hurry")
    patient = pool.submit(admission.enter, 2, PATIENCE_S)
    assert isinstance(hurried.exception(PATIENCE_S), Shed)
    assert not patient.done()
    until(lambda: admission.waiting() == 1, "the place that is free again")
    admission.leave(first)
    admission.leave(patient.result(PATIENCE_S))


class Row(pydantic.BaseModel):
    x: float


class Slow:
    """A model that stands still until its gate is opened, and counts its calls."""

    def __init__(self):
        self.gate, self.calls = threading.Event(), []

    def __call__(self, rows):
        self.calls.append(rows)
        assert self.gate.wait(PATIENCE_S)
        return [{"score": row.x} for row in rows]


@pytest.fixture
def slow():
    return Slow()


@pytest.fixture
def app(slow):
    return create_app(Row, slow, name="row", version="1", queue_limit=1)


def ask(app, **headers):
    patient = {"X-Deadline-Ms": f"{1000 * PATIENCE_S:.0f}"}  # so that a test fails and does not hang
    return app.test_client().post("/predict", json={"x": 0.5}, headers={**patient, **headers})


def counted(app, name):
    text = app.test_client().get("/metrics").get_data(as_text=True)
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def test_an_app_with_a_queue_refuses_in_the_form_of_its_other_errors_and_counts_it(app, slow, pool):
    served = [pool.submit(ask, app)]
    until(lambda: slow.calls, "the first call of the model")
    served.append(pool.submit(ask, app))
    until(lambda: counted(app, "requests_waiting") == {(): 1.0}, "the one that waits")
    refused = ask(app)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.get_json()["error"] == {
        "field": None, "value": None, "rule": "1 requests wait already.",
        "fix": "Send it again after the seconds of the Retry-After header.",
    }  # fmt: skip
    assert app.test_client().post("/made/up", headers={"X-Deadline-Ms": "10000"}).status_code == 503
    for page in ("healthz", "readyz", "metrics"):
        assert app.test_client().get(f"/{page}").status_code == 200
    slow.gate.set()
    assert [future.result(PATIENCE_S).status_code for future in served] == [200, 200]
    found = counted(app, "requests_total")
    assert (found["/predict", "200"], found["/predict", "503"], found["unknown", "503"]) == (2, 1, 1)
    assert counted(app, "request_latency_seconds_count")[("/predict",)] == 3


def test_a_request_past_its_deadline_never_reaches_the_model(app, slow, pool):
    first = pool.submit(ask, app)
    until(lambda: slow.calls, "the first call of the model")
    late = ask(app, **{"X-Deadline-Ms": "20"})
    assert (late.status_code, late.get_json()["error"]["rule"]) == (503, "Its turn did not come within 0.02 s.")
    slow.gate.set()
    assert first.result(PATIENCE_S).status_code == 200
    assert ask(app, **{"X-Deadline-Ms": "3600000"}).status_code == 200
    assert len(slow.calls) == 2


def test_the_wait_for_a_turn_counts_as_latency(slow, pool):
    """While one works and one waits, a third waits for all of its deadline: none is faster than that."""
    app = create_app(Row, slow, name="row", version="1", queue_limit=2)
    served = [pool.submit(ask, app) for _ in range(2)]
    until(lambda: slow.calls and counted(app, "requests_waiting") == {(): 1.0}, "one at work and one that waits")
    assert ask(app, **{"X-Deadline-Ms": "50"}).status_code == 503
    slow.gate.set()
    assert [future.result(PATIENCE_S).status_code for future in served] == [200, 200]
    found = counted(app, "request_latency_seconds_bucket")
    assert (found["0.02", "/predict"], found["+Inf", "/predict"]) == (0, 3)


@pytest.mark.parametrize("deadline", ["soon", "0", "-1", "1.5", "3600001", "1" * 400, "\xb2", ""])
def test_a_deadline_that_is_none_is_refused_by_name(app, slow, deadline):
    answer = ask(app, **{"X-Deadline-Ms": deadline})
    assert (answer.status_code, answer.get_json()["error"]["field"]) == (400, "X-Deadline-Ms")
    assert slow.calls == []


def test_a_request_that_fails_ends_its_turn():
    app = create_app(Row, lambda rows: 1 / 0, name="row", version="1", queue_limit=0)
    assert [ask(app).status_code for _ in range(3)] == [500, 500, 500]
