"""How texts are read, what the features count, and what no later post may change."""

import numpy as np
import pytest

from case_studies.moderation.data import STEPS, Normaliser
from case_studies.moderation.features import FEATURES, features_of, text_features
from case_studies.moderation.incident import HURRIED
from mlsd_lib.datasets.moderation_simulator import EVASIONS, INSULTS, SCAMS, hidden


@pytest.mark.parametrize("how", EVASIONS)
def test_every_hidden_word_is_read_by_its_step_and_by_no_other(how):
    for word in INSULTS + SCAMS:
        text = f"you are a {hidden(word, how)}, stop"
        assert Normaliser().read(text) == f"you are a {word}, stop"
        others = Normaliser(tuple(step for step in STEPS if step != how)).read(text)
        assert (word in others) == (hidden(word, how) == word)


def test_words_of_another_script_are_left_alone_and_an_honest_cost_is_known():
    assert Normaliser().read("Привет, soup at 10") == "привет, soup at 10"
    assert Normaliser().read("the 4x4") == "the axa"  # what reading digits as letters breaks
    assert Normaliser(("spacing", "look-alikes")).read("the 4x4") == "the 4x4"


def test_the_hurried_table_makes_plain_words_unreadable():
    plain, spoiled = (text_features(one.read("you are a donkey")) for one in (Normaliser(), HURRIED))
    assert plain[1] == 1
    assert spoiled[1] == 0
    assert plain[3] == 0
    assert spoiled[3] >= 0.5


def test_features_before_a_day_do_not_change_when_later_posts_are_cut_off(prepared, release_day):
    stream, whole = prepared
    rows = (stream.posts["time"] < release_day).to_numpy()
    cut = features_of(stream.posts[rows], stream.truth[rows])
    np.testing.assert_array_equal(cut, whole[rows])


def test_histories_equal_a_slow_count(prepared):
    stream, table = prepared
    posts, rng = stream.posts, np.random.default_rng(0)
    hits = np.array([sum(text_features(text)[1:3]) for text in posts["read"]])
    time = posts["time"].to_numpy()
    for row in rng.integers(5_000, len(posts), 20):
        age = time[row] - time
        for who, days in (("author", 7), ("thread", 2)):
            same = (posts[f"{who}_id"] == posts[f"{who}_id"].iloc[row]).to_numpy()
            mine = same & (age > np.timedelta64(0)) & (age <= np.timedelta64(days, "D"))
            assert table[f"{who}_posts_{days}d"].iloc[row] == mine.sum()
            assert table[f"{who}_hits_{days}d"].iloc[row] == hits[mine].sum()
    assert list(table) == list(FEATURES)
