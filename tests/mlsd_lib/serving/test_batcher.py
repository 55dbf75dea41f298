"""The dynamic batcher: nobody is lost or gets another's answer, whatever fails; deadlines, limits, shedding."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsd_lib.serving import ServerProcess, ServingError, closed_loop
from mlsd_lib.serving.batcher import DynamicBatcher, Shed
from tests.waiting import PATIENCE_S, until

SERVICE = [sys.executable, str(Path(__file__).with_name("batched_service.py")), "{port}"]


class Model:
    """Squares rows; `gate` holds a call until it is opened; the row -1 makes its batch fail."""

    def __init__(self):
        self.gate, self.calls = threading.Event(), []
        self.gate.set()

    def __call__(self, rows):
        self.calls.append(list(rows))
        assert self.gate.wait(PATIENCE_S)
        if -1 in rows:
            raise ValueError("minus one")
        return [row * row for row in rows]


@pytest.fixture
def model():
    return Model()


def held(model, batcher, pool):
    """The model busy with a row of its own, until its gate is opened."""
    model.gate.clear()
    first = pool.submit(batcher.submit, 100)
    until(lambda: len(model.calls) == 1, "the first call of the model")
    return first


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(-1, 60), min_size=1, max_size=60), st.integers(1, 9), st.sampled_from([0.0, 0.002]),
    st.integers(1, 16),
)  # fmt: skip
def test_everyone_gets_the_answer_of_their_own_row_or_the_error_of_their_own_batch(rows, most_rows, wait_s, threads):
    model = Model()
    with DynamicBatcher(model, most_rows, wait_s) as batcher, ThreadPoolExecutor(threads) as pool:

        def ask(row):
            try:
                return batcher.submit(row)
            except ValueError:
                return "failed"

        answers = list(pool.map(ask, rows))
    served = [row for call in model.calls for row in call]
    assert sorted(served) == sorted(rows)  # nobody lost, nobody twice
    assert max(map(len, model.calls)) <= most_rows
    assert sum(size * times for size, times in batcher.batches.items()) == len(rows)
    failed = sorted(row for call in model.calls if -1 in call for row in call)
    assert sorted(row for row, answer in zip(rows, answers, strict=True) if answer == "failed") == failed
    assert all(answer in (row * row, "failed") for row, answer in zip(rows, answers, strict=True))


def test_who_arrives_while_the_model_works_is_served_together_in_order(model):
    with DynamicBatcher(model, most_rows=4) as batcher, ThreadPoolExecutor(8) as pool:
        first = held(model, batcher, pool)
        later = []
        for row in range(6):
            later.append(pool.submit(batcher.submit, row))
            until(lambda row=row: batcher.waiting() == row + 1, "the row in the queue")
        model.gate.set()
        assert [future.result(PATIENCE_S) for future in [first, *later]] == [10_000, 0, 1, 4, 9, 16, 25]
    assert model.calls == [[100], [0, 1, 2, 3], [4, 5]]


def test_a_window_waits_for_company_and_a_full_batch_does_not(model):
    with DynamicBatcher(model, most_rows=2, wait_s=60.0) as batcher, ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(batcher.submit, [3, 4])) == [9, 16]
    assert sorted(model.calls[0]) == [3, 4]


def test_a_full_queue_refuses_at_once_and_says_when_to_come_again(model):
    with DynamicBatcher(model, most_rows=2, queue_limit=2) as batcher, ThreadPoolExecutor(4) as pool:
        held(model, batcher, pool)
        waiting = [pool.submit(batcher.submit, row) for row in (1, 2)]
        until(lambda: batcher.waiting() == 2, "two rows in the queue")
        with pytest.raises(Shed, match="2 requests wait already") as refused:
            batcher.submit(3)
        assert refused.value.code == 503
        assert dict(refused.value.get_headers())["Retry-After"] == "1"
        model.gate.set()
        assert sorted(future.result(PATIENCE_S) for future in waiting) == [1, 4]


def test_who_gave_up_is_not_served_any_more(model):
    with DynamicBatcher(model) as batcher, ThreadPoolExecutor(4) as pool:
        held(model, batcher, pool)
        with pytest.raises(Shed, match=r"No answer within 0\.01 s"):
            batcher.submit(7, within_s=0.01)
        model.gate.set()
        assert batcher.submit(8, within_s=PATIENCE_S) == 64
    assert model.calls == [[100], [8]]


def test_who_gave_up_leaves_its_place_in_a_full_queue(model):
    with DynamicBatcher(model, 1, queue_limit=2) as batcher, ThreadPoolExecutor(4) as pool:
        first = held(model, batcher, pool)
        gone = [pool.submit(batcher.submit, row, 0.05) for row in (1, 2)]
        for future in gone:
            with pytest.raises(Shed, match=r"No answer within 0\.05 s"):
                future.result(PATIENCE_S)
        late = pool.submit(batcher.submit, 3)
        until(lambda: batcher.waiting() == 1, "the row that came later")
        model.gate.set()
        assert (first.result(PATIENCE_S), late.result(PATIENCE_S)) == (10_000, 9)


@pytest.mark.parametrize("ends", [SystemExit, KeyboardInterrupt])
def test_a_model_that_ends_its_thread_fails_its_batch_and_not_the_next(ends):
    def predict(rows):
        if rows == [1]:
            raise ends
        return rows

    with DynamicBatcher(predict) as batcher:
        with pytest.raises(ServingError, match=f"predict ended with {ends.__name__}"):
            batcher.submit(1, PATIENCE_S)
        assert batcher.submit(2, PATIENCE_S) == 2


def test_closing_serves_who_waits_and_refuses_who_comes(model):
    batcher = DynamicBatcher(model, wait_s=60.0, most_rows=8)
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(batcher.submit, 5)
        until(lambda: batcher.waiting() == 1, "a row in the queue")
        batcher.close()
        assert waiting.result(PATIENCE_S) == 25
    with pytest.raises(Shed, match="The service ends"):
        batcher.submit(6)


def test_a_model_that_forgets_a_row_fails_its_batch_and_not_the_next():
    answers = iter([[1, 2, 3], [4]])
    with DynamicBatcher(lambda rows: next(answers)) as batcher:
        with pytest.raises(ServingError, match="3 answers for 1 rows"):
            batcher.submit("a")
        assert batcher.submit("b") == 4


@pytest.mark.parametrize("values", [{"most_rows": 0}, {"wait_s": -1.0}, {"most_rows": 9, "queue_limit": 8}])
def test_values_out_of_range_are_refused(values):
    with pytest.raises(ServingError, match="Correct the one"):
        DynamicBatcher(len, **values)


def test_behind_flask_an_overload_is_shed_and_every_answer_is_its_own():
    """Forty clients before a model of 20 ms a call: batches answer all; one by one, four may wait."""
    bodies = [{"x": float(i)} for i in range(1_000)]
    with ServerProcess([*SERVICE, "32", "256"]) as server:
        batched = closed_loop(server.url + "/predict", bodies, 40, 2.0, timeout_s=PATIENCE_S)
        wrong = urlopen(server.url + "/wrong")
    with ServerProcess([*SERVICE, "1", "4"]) as server:
        single = closed_loop(server.url + "/predict", bodies, 40, 2.0, timeout_s=PATIENCE_S)
    assert batched.error_share() == 0
    assert wrong == "0"
    assert set(single.status) == {200, 503}
    assert single.error_share() > 0.1


def urlopen(url):
    import urllib.request

    return urllib.request.urlopen(url).read().decode()
