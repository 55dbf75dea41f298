"""Questions to the shop, and caches of answers against a slow reference."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.cascades_and_guards.support import (
    NUMBERS,
    PROPERTIES,
    SERIES,
    SLIPS,
    draw_questions,
    named_product,
    normalised,
)
from notebook_runner import course_root
from tests.lessons.lesson_cells import Lesson, run

NOTEBOOK = course_root() / "chapters/07_beyond_the_book/07_cascades_and_guards.ipynb"
CELLS = {"np": np, "pd": pd}
run(Lesson(NOTEBOOK).by_id["cache-keys"].source, CELLS, "cache-keys")


@pytest.fixture(scope="module")
def log():
    return draw_questions(np.random.default_rng(0), 2_000)


def slow_likeness_cache(likeness, intent, threshold, same):
    stored, hits, wrong = [], [], []
    for place in range(len(intent)):
        near = [(likeness[place, one], -one) for one in stored if same[one] == same[place]]
        best = max(near, default=(-1, 0))
        if near and best[0] >= threshold:
            hits.append(place)
            wrong += [place] if intent[-best[1]] != intent[place] else []
        else:
            stored.append(place)
    return hits, wrong


@given(
    seed=st.integers(0, 999),
    count=st.integers(1, 12),
    threshold=st.sampled_from([0.0, 0.3, 0.6, 1.0]),
    kinds=st.integers(1, 3),
)
def test_a_likeness_cache_answers_as_the_slow_one(seed, count, threshold, kinds):
    rng = np.random.default_rng(seed)
    likeness = rng.integers(0, 11, (count, count)) / 10
    intent, same = rng.integers(0, 3, count), rng.integers(0, kinds, count)
    answered_by = CELLS["by_likeness"](likeness, threshold, same)
    hits, wrong = slow_likeness_cache(likeness, intent, threshold, same)
    assert np.flatnonzero(answered_by < np.arange(count)).tolist() == hits
    assert np.flatnonzero(intent != intent[answered_by]).tolist() == wrong


def test_a_key_cache_answers_what_has_a_key_seen_before_with_its_first_answer():
    assert CELLS["by_key"](["a", "b", "a", "a", "b"]).tolist() == [0, 1, 0, 0, 1]


def test_a_product_is_named_in_all_questions_but_some_with_a_slip(log):
    per_product = len(PROPERTIES)
    names = [f"{series} {number}" for series in SERIES for number in NUMBERS]
    told = [named_product(text) for text in log.texts]
    asked_for = [names[intent // per_product] for intent in log.intent]
    assert all(name in ("", right) for name, right in zip(told, asked_for, strict=True))
    assert 0 < told.count("") / len(told) < SLIPS


def test_words_that_say_something_are_kept_in_one_order():
    assert normalised("Hello, what is the price of the Aldera 300? Thanks") == "300 aldera price"
    assert normalised("Aldera 300: the price?") == "300 aldera price"
    assert normalised("Tell me the price for the Aldera 310.") != "300 aldera price"


def test_frequent_intents_come_far_more_often_than_rare_ones(log):
    counts = np.sort(np.bincount(log.intent))[::-1]
    assert counts[:10].sum() > 10 * counts[100:110].sum()
