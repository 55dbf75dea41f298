"""Comparisons of two models against what can be counted by hand or by a slow sum."""

import numpy as np
import pytest
import torch

from lessons.speculative_decoding import comparison
from lessons.speculative_decoding.guessing import excess
from mlsd_lib.modeling.decoder import Decoder


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # a second thread would only wait: the products are small
    yield
    torch.set_num_threads(threads)


def test_agreement_is_counted_by_kind_the_most_certain_first():
    p = np.array([[0.5, 0.5], [1.0, 0.0], [1.0, 0.0]])
    q = np.array([[0.4, 0.6], [0.25, 0.75], [0.75, 0.25]])
    table = comparison.agreement(p, q, np.array(["name", "value", "value"]))
    assert table.index.tolist() == ["value", "name"]
    assert table.loc["name"].tolist() == pytest.approx([90, 0, 1])
    assert table.loc["value"].tolist() == pytest.approx([50, 50, 0])


def test_loops_are_added_up_over_all_beginnings():
    rng = np.random.default_rng(0)
    target, draft = Decoder(16, 2, 2, rng, 6), Decoder(8, 1, 2, rng, 6)
    loops = {("plain", 0): (target, draft, 0), ("own", 3): (target, target, 3), ("draft", 3): (target, draft, 3)}
    runs = comparison.in_turn(loops, [[1, 2], [3, 4, 5]], 8, rng)
    assert runs["passes"][["plain", "own"]].tolist() == [16, 4]
    assert 4 < runs["passes"]["draft", 3] <= 16
    assert (runs["cpu_s"] > 0).all()


def test_a_distance_is_the_tokens_that_would_have_to_be_exchanged():
    assert comparison.moved(np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.42, 0.18])) == pytest.approx(12)


def test_counts_of_the_distribution_pass_and_counts_of_another_do_not():
    rng = np.random.default_rng(1)
    p = np.array([0.5, 0.3, 0.15, 0.049, 0.001])
    assert comparison.p_value(rng.multinomial(1_000, p), p) > 1e-3
    assert comparison.p_value(rng.multinomial(1_000, [0.4, 0.4, 0.15, 0.049, 0.001]), p) < 1e-6


def test_a_rule_that_draws_from_the_whole_target_is_found_by_its_tokens():
    rng = np.random.default_rng(2)
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.8, 0.1])
    right, wrong = (comparison.tokens_drawn(p, q, rule, 2_000, rng) for rule in (excess, lambda p, q: p))
    assert right.sum() == wrong.sum() == 2_000
    assert comparison.p_value(right, p) > 1e-3 > 1e-6 > comparison.p_value(wrong, p)


def test_a_cost_is_that_of_calls_behind_the_same_context_each(monkeypatch):
    decoder, seen = Decoder(16, 1, 2, np.random.default_rng(3), 10), set()

    def noted(model, tokens, cache):
        seen.add((tuple(tokens.shape), *cache.lengths.tolist()))
        return logits(model, tokens, cache)

    logits = Decoder.logits
    monkeypatch.setattr(Decoder, "logits", noted)
    assert comparison.cost_of(decoder, 2, 3, 7) > 0
    assert seen == {((2, 3), 7, 7)}
