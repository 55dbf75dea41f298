"""The made-up shop: each question has one right passage, and its kinds differ in the words they share with it."""

import itertools

import numpy as np
import pytest

from lessons.retrieval.chunks import chunks, document
from lessons.retrieval.corpus import KINDS, TOPICS, Shop


@pytest.fixture(scope="module")
def shop():
    return Shop(np.random.default_rng(0), 30)


def test_every_product_has_a_passage_a_topic_and_a_name_of_its_own(shop):
    assert [(passage.product, passage.topic) for passage in shop.passages] == [
        (p, t) for p in range(30) for t in range(len(TOPICS))
    ]
    assert len(set(shop.names)) == 30
    assert len({passage.code for passage in shop.passages}) == len(shop.passages)


def test_words_of_customers_and_of_the_shop_are_different_and_belong_to_one_topic():
    words = [word for both in TOPICS.values() for half in both for word in half.split()]
    assert len(words) == len(set(words)) == 6 * len(TOPICS)


@pytest.mark.parametrize(
    ("kind", "shared"), list(zip(KINDS, ({"name", "term"}, {"name"}, {"name"}, {"code"}), strict=True)), ids=KINDS
)
def test_a_kind_of_question_shares_with_its_passage_what_it_says(shop, kind, shared):
    rng = np.random.default_rng(1)
    for place in rng.integers(len(shop.passages), size=50):
        passage, asked = shop.passages[place], set(shop.question(rng, int(place), kind, ordinary=0).words)
        parts = {"name": set(shop.names[passage.product]), "term": {passage.term}, "code": {passage.code}}
        assert {name for name, words in parts.items() if words <= asked} == shared


def test_a_new_paraphrase_uses_no_word_of_any_other_kind(shop):
    rng = np.random.default_rng(2)
    new = {w for place in range(60) for w in shop.question(rng, place, "new paraphrase", 0).words}
    old = {w for kind in ("exact words", "paraphrase") for place in range(60) for _ in range(20)
           for w in shop.question(rng, place, kind, 0).words}  # fmt: skip
    names = {word for name in shop.names for word in name}
    assert not (new - names) & old


def test_a_revised_passage_differs_in_its_answer_and_not_in_what_it_is_about(shop):
    new, old = shop.revised(np.random.default_rng(3), 17), shop.passages[17]
    assert (new.product, new.topic, new.term, new.code) == (old.product, old.topic, old.term, old.code)
    assert new.answer not in {passage.answer for passage in shop.passages}
    assert new.answer in new.words
    assert old.answer not in new.words[:5]


def test_rights_leave_the_share_and_nothing_of_a_topic_that_is_kept_away(shop):
    topic = np.array([passage.topic for passage in shop.passages])
    rights = np.array([shop.readable(np.random.default_rng(number), 0.1, without=5) for number in range(200)])
    assert not rights[:, topic == 5].any()
    assert rights.mean() == pytest.approx(0.1, abs=0.01)
    assert shop.readable(np.random.default_rng(0), 0.5)[topic == 5].any()


@pytest.mark.parametrize("size", [7, 20, 40, 1_000])
@pytest.mark.parametrize("titled", [False, True])
def test_chunks_hold_every_word_once_and_say_which_answers_are_whole(shop, size, titled):
    whole = document(np.random.default_rng(4), shop, 3)
    cut = chunks(whole, size, titled)
    bare = [
        chunk.words[len(whole.title) :] if titled or number == 0 else chunk.words for number, chunk in enumerate(cut)
    ]
    assert sum(bare, ()) == whole.words
    for chunk, words in zip(cut, bare, strict=True):
        for place, at in whole.facts.items():
            passage = shop.passages[place]
            pairs = list(itertools.pairwise(words))
            assert (place in chunk.holds) == ((passage.term, passage.answer) in pairs), (place, at)
