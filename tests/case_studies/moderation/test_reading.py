"""How texts are read, what the features count, and what no later post may change."""

import numpy as np

from case_studies.moderation.data import Normaliser
from case_studies.moderation.features import FEATURES, features_of, text_features
from case_studies.moderation.incident import HURRIED


def test_the_hurried_table_makes_plain_words_unreadable():
    plain, spoiled = (text_features(normaliser.read("you are a donkey")) for normaliser in (Normaliser(), HURRIED))
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
