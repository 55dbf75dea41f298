"""The model that lessons put under load: the same answers alone and in a batch, one stall, and over HTTP."""

import sys
import time

import pytest

from lessons.latency_and_throughput.wide_model import WideModel
from mlsd_lib.serving import ServerProcess, post


def test_a_batch_gives_each_row_the_answer_that_it_gets_alone():
    model = WideModel()
    together = model([3, 1, 4])
    assert together == pytest.approx([model([row])[0] for row in (3, 1, 4)], abs=1e-5)
    assert len({round(score, 6) for score in together}) == 3
    assert model.calls == 4


def test_it_stands_still_once():
    model = WideModel(stall=(0.0, 0.3))
    begun = time.monotonic()
    model([1])
    assert time.monotonic() - begun >= 0.3
    assert model.stall is None


def test_it_answers_over_http_and_refuses_what_is_no_customer():
    with ServerProcess(
        [sys.executable, "-m", "lessons.latency_and_throughput.wide_model", "{port}", "--most-rows", "4"]
    ) as server:
        status, answer = post(server.url + "/predict", {"rows": [{"customer": 7}, {"customer": 8}]})
        assert status == 200
        assert [row["customer"] for row in answer["rows"]] == [7, 8]
        assert post(server.url + "/predict", {"customer": -1})[0] == 422
