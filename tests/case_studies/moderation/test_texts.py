"""The text model: numbers count beside words, weights count, and a class is predicted by its probability."""

import numpy as np
import pytest

from case_studies.moderation.texts import TextModel

TEXTS = np.array(["red fish swims", "red fish sleeps", "old tree grows", "old tree falls"] * 10, dtype=object)
LABEL = np.array(["fish", "fish", "tree", "tree"] * 10)


@pytest.mark.parametrize("pieces", [True, False])
def test_words_tell_the_class(pieces):
    model = TextModel(pieces).fit(TEXTS, LABEL)
    assert (model.predict(TEXTS) == LABEL).all()
    probability = model.probability(TEXTS)
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    assert (model.classes_[probability.argmax(axis=1)] == model.predict(TEXTS)).all()


def test_only_pieces_read_a_word_that_was_never_seen():
    known, unknown = (TextModel(pieces).fit(TEXTS, LABEL).probability(["fishes"]) for pieces in (True, False))
    assert known[0, 0] > unknown[0, 0]


def test_numbers_tell_what_the_same_text_does_not_in_any_unit():
    texts, number = np.array(["the same text"] * 40, dtype=object), np.arange(40.0)[:, None]
    label = np.where(number[:, 0] < 20, "low", "high")
    for unit in (1, 1_000):
        model = TextModel().fit(texts, label, unit * number)
        assert (model.predict(texts, unit * number) == label).mean() > 0.9


def test_a_weight_moves_the_probability():
    mixed = np.where(np.arange(40) % 3 == 0, "tree", "fish")
    plain, heavy = (TextModel().fit(TEXTS, mixed, weight=np.where(mixed == "tree", w, 1.0)) for w in (1.0, 5.0))
    assert heavy.probability(TEXTS)[:, 1].mean() > plain.probability(TEXTS)[:, 1].mean()
