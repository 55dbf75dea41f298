"""The arithmetic of a step, and the made-up requests."""

import numpy as np
import pytest

from lessons.serving_language_models.cards import CARDS, LLAMA_8B, Card, mixed_requests, room_tokens, step_cost


def test_the_published_model_keeps_128_kib_a_token():
    assert LLAMA_8B.kv_bytes == 131_072
    assert LLAMA_8B.weight_bytes == pytest.approx(16e9, rel=0.01)


def test_a_step_of_one_token_reads_the_weights_and_a_long_one_computes():
    cost = step_cost(CARDS["H100"], LLAMA_8B)
    balance = cost.weights_s / cost.token_s
    assert cost.seconds(1) == pytest.approx(16.06 / 3_350)
    assert cost.seconds(0.99 * balance) == cost.seconds(1)
    assert cost.seconds(2 * balance) == pytest.approx(2 * cost.seconds(1))


def test_half_of_a_card_takes_twice_as_long():
    whole, half = step_cost(CARDS["L4"], LLAMA_8B), step_cost(CARDS["L4"], LLAMA_8B, 0.5, 0.5)
    assert half.seconds(1_000, 5_000) == pytest.approx(2 * whole.seconds(1_000, 5_000))


def test_room_is_what_the_weights_leave():
    card = Card(1.0, 1.0, 2 * LLAMA_8B.weight_bytes)
    assert room_tokens(card, LLAMA_8B, usable=1.0) == LLAMA_8B.weight_bytes // LLAMA_8B.kv_bytes
    assert room_tokens(card, LLAMA_8B, usable=0.5) == 0


def test_mixed_requests_keep_their_ranges_and_their_rate():
    requests = mixed_requests(np.random.default_rng(0), 20_000)
    long = requests.prompt > 2_000
    assert long.mean() == pytest.approx(0.15, abs=0.01)
    assert (requests.prompt.min(), requests.prompt.max()) >= (10, 7_900)
    assert requests.output.max() <= 1_000
    assert requests.output.mean() == pytest.approx(200, rel=0.03)
    assert len(requests.prompt) / requests.arrived_s[-1] == pytest.approx(1.0, rel=0.03)
