"""Simulated labels are wrong as often as asked, and where they say."""

import numpy as np
import pytest

from lessons.data_collection.annotators import labels_given, rules_with_copies
from mlsd_lib.datasets import DataError

RNG = np.random.default_rng(0)
FEATURES, TARGET = RNG.normal(size=(1_000, 2)), RNG.integers(0, 2, 1_000)


@pytest.mark.parametrize(("kind", "wrong"), [("clean", 0), ("random", 200), ("systematic", 200)])
def test_as_many_labels_are_wrong_as_asked(kind, wrong):
    given = labels_given(FEATURES, TARGET, kind, 0.2, np.random.default_rng(1))
    assert (given != TARGET).sum() == wrong


def test_systematic_mistakes_are_the_positives_above_a_value():
    wrong = labels_given(FEATURES, TARGET, "systematic", 0.2, np.random.default_rng(1)) != TARGET
    positives = TARGET == 1
    assert not wrong[~positives].any()
    assert FEATURES[wrong, 0].min() > FEATURES[positives & ~wrong, 0].max()


def test_an_unknown_kind_is_refused():
    with pytest.raises(DataError, match=r"kind is 'flipped'.*clean, random, systematic"):
        labels_given(FEATURES, TARGET, "flipped", 0.2, np.random.default_rng(1))


def test_rules_are_right_as_often_as_said_and_copies_follow_the_worst():
    votes, truth = rules_with_copies(3, np.random.default_rng(0), items=20_000)
    right = (votes == truth[:, None]).mean(axis=0)
    assert right[:9] == pytest.approx(np.linspace(0.55, 0.9, 9), abs=0.02)
    assert (votes[:, 9:] == votes[:, [0]]).mean(axis=0) == pytest.approx([0.95] * 3, abs=0.01)
