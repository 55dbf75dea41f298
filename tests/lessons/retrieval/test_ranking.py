"""Scores and places against the formulas, written out slowly."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.retrieval import ranking

WORDS = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8)


def bm25_by_hand(passages, words, k1=1.5, b=0.75):
    """The formula of Lucene's BM25, without its constant factor k1 + 1."""
    mean = sum(map(len, passages)) / len(passages)
    scores = []
    for passage in passages:
        score = 0.0
        for word in words:
            holding, often = sum(word in other for other in passages), passage.count(word)
            if holding and often:
                rarity = math.log(1 + (len(passages) - holding + 0.5) / (holding + 0.5))
                score += rarity * often / (often + k1 * (1 - b + b * len(passage) / mean))
        scores.append(score)
    return scores


@given(
    passages=st.lists(WORDS, min_size=1, max_size=6), words=st.lists(st.sampled_from("abcz"), min_size=1, max_size=4)
)
def test_bm25_is_the_formula(passages, words):
    found = ranking.bm25_scores(passages, [words])
    assert found[0] == pytest.approx(bm25_by_hand(passages, words), abs=1e-4)


def test_passages_with_equal_scores_come_in_random_order():
    scores, right = np.array([[0.0, 0.0, 0.0, -1.0], [3.0, 2.0, 1.0, 0.0]]), np.array([1, 1])
    found = [ranking.recall(scores, right, first) for first in (1, 2, 3)]
    assert found == pytest.approx([(1 / 3 + 0) / 2, (2 / 3 + 1) / 2, 1])


@given(st.lists(st.permutations(range(6)), min_size=1, max_size=3))
def test_rank_fusion_adds_one_over_constant_and_place(orders):
    scores = [-np.argsort(order)[None, :].astype(float) for order in orders]
    slow = [sum(1 / (60 + order.index(number) + 1) for order in orders) for number in range(6)]
    assert ranking.reciprocal_rank_fusion(*scores)[0] == pytest.approx(slow)


def test_a_mixture_does_not_depend_on_the_unit_of_its_scores():
    first, second = np.random.default_rng(0).normal(size=(2, 5, 9))
    mixed = ranking.score_mixture(first, second)
    assert ranking.score_mixture(100 * first + 7, second) == pytest.approx(mixed)
    assert ranking.score_mixture(first * 0, second) == pytest.approx(ranking.score_mixture(second))
