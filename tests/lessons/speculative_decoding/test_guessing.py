"""Speculative decoding: exact against slow references, on small models with random weights."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from lessons.speculative_decoding.guessing import chances_of, distribution, draw, excess, verify, write
from mlsd_lib.modeling.decoder import Decoder

VOCABULARY = 6


@pytest.fixture(scope="module")
def models():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # a second thread would only wait: the products are small
    rng = np.random.default_rng(0)
    yield Decoder(16, 2, 2, rng, VOCABULARY), Decoder(8, 1, 2, rng, VOCABULARY)
    torch.set_num_threads(threads)


def two_distributions(rng):
    return rng.dirichlet(np.full(VOCABULARY, 0.5), 2)


def whole_target(target, draft):
    return target


def p_value(counts, chances):
    return chisquare(counts, chances * counts.sum()).pvalue


@given(seed=st.integers(0, 2**32))
def test_what_comes_out_is_the_targets_distribution_whatever_the_draft(seed):
    target, draft = two_distributions(np.random.default_rng(seed))
    assert distribution(target, draft) == pytest.approx(target)


def test_a_token_drawn_from_the_whole_target_after_a_rejection_shifts_the_distribution():
    target, draft = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.7, 0.1])
    assert distribution(target, draft, whole_target) == pytest.approx([0.4, 0.42, 0.18])


@pytest.mark.parametrize(("leftover", "is_right"), [(excess, True), (whole_target, False)])
def test_drawn_tokens_have_the_distribution_that_was_computed(leftover, is_right):
    rng = np.random.default_rng(1)
    target, draft = two_distributions(rng)
    counts = np.zeros(VOCABULARY)
    for _ in range(4_000):
        guess = draw(draft, rng)
        kept, token = verify(np.array([target, target]), draft[None], [guess], rng, leftover)
        counts[guess if kept else token] += 1
    assert p_value(counts, distribution(target, draft, leftover)) > 1e-3
    assert (p_value(counts, target) > 1e-3) == is_right


def test_a_text_of_three_tokens_has_the_chances_of_the_target_alone(models):
    target, draft = models
    texts = dict.fromkeys(product(range(VOCABULARY), repeat=2), 0)
    rng = np.random.default_rng(2)
    for _ in range(1_500):
        texts[tuple(write(target, draft, [1, 2], 3, 2, rng).text[2:4])] += 1
    first = chances_of(target(torch.tensor([[1, 2]])))[0]
    second = chances_of(target(torch.tensor([[1, 2, token] for token in range(VOCABULARY)])))
    assert p_value(np.array([*texts.values()]), (first[:, None] * second).ravel()) > 1e-3


@settings(deadline=None, max_examples=20)
@given(new=st.integers(1, 12), length=st.integers(0, 5), seed=st.integers(0, 99))
def test_exactly_as_many_tokens_are_written_as_were_asked_for(models, new, length, seed):
    run = write(*models, [1, 2, 3], new, length, np.random.default_rng(seed))
    assert len(run.text) == 3 + new
    assert run.accepted + run.passes == new
    assert run.accepted <= run.checked


@settings(deadline=None, max_examples=10)
@given(length=st.integers(1, 5), seed=st.integers(0, 99))
def test_a_draft_that_is_the_target_is_always_accepted(models, length, seed):
    target, _ = models
    run = write(target, target, [1, 2], 12, length, np.random.default_rng(seed))
    assert run.accepted == run.checked
    assert run.passes == -(-12 // (length + 1))


def test_rejected_tokens_are_forgotten_by_both_models(models):
    """A target that is certain writes one text; a stale cache would lead it, or its draft, to another one."""
    certain = Decoder(16, 2, 2, np.random.default_rng(3), VOCABULARY)
    certain.output.weight.mul_(1e4)
    _, draft = models
    plain = write(certain, draft, [1, 2], 20, 0, np.random.default_rng(0))
    for seed in range(5):
        run = write(certain, draft, [1, 2], 20, 4, np.random.default_rng(seed))
        assert run.text == plain.text
        assert run.accepted < run.checked
