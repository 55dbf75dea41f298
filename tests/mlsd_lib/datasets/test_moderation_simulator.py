"""The simulated posts: their known truth has the shares that are stated, and one seed gives one stream."""

import numpy as np
import pytest

from mlsd_lib.datasets import DataError
from mlsd_lib.datasets.moderation import simulate
from mlsd_lib.datasets.moderation_simulator import CATEGORIES, PostSimulator, Rates, hidden


@pytest.fixture(scope="module", params=[0, 1])
def stream(request):
    return simulate(np.random.default_rng(request.param), 28, authors=400)


def share_is(found, share, size):
    return abs(found - share) < 4 * np.sqrt(share * (1 - share) / size) + 1e-9


def test_posts_come_in_order_and_truth_stands_apart(stream):
    assert stream.posts["time"].is_monotonic_increasing
    assert stream.posts["post_id"].tolist() == stream.truth.index.tolist()
    assert not set(stream.posts) & {"category", "label", "group", "verdict"}
    assert set(stream.truth["category"]) == set(CATEGORIES)


def test_annotators_and_reviewers_err_as_stated_and_annotators_more_on_greetings(stream):
    truth, rates = stream.truth, Rates()
    usual = truth[truth["kind"] != "greeting"]
    assert share_is((usual["label"] != usual["category"]).mean(), rates.annotator_error, len(usual))
    assert share_is((truth["verdict"] != truth["category"]).mean(), rates.reviewer_error, len(truth))
    greeted = truth[truth["kind"] == "greeting"]
    expected = 1 - (1 - rates.greeting_called_insult) * (1 - rates.annotator_error)
    assert share_is((greeted["label"] != "fine").mean(), expected, len(greeted))
    assert set(greeted["group"]) == {"hill"}


def test_only_posts_against_the_rules_hide_words_or_use_new_ones(stream):
    truth = stream.truth
    bad = truth["category"] != "fine"
    assert not (truth["evasion"] != "")[~bad].any()
    assert share_is((truth["evasion"] != "")[bad].mean(), Rates().evasion, bad.sum())
    assert not truth["new_word"][~bad].any()


def test_new_words_come_into_use_week_by_week(stream):
    bad = (stream.truth["category"] != "fine").to_numpy()
    week = ((stream.posts["time"] - stream.posts["time"].iloc[0]).dt.days // 7).to_numpy()
    share = [stream.truth["new_word"].to_numpy()[bad & (week == number)].mean() for number in range(4)]
    assert share[0] == 0
    assert share[3] > share[1]


def test_a_stream_can_be_continued_and_its_rates_changed():
    simulator = PostSimulator(np.random.default_rng(0), authors=200, rates=Rates(evasion=0.0))
    first, calm = simulator.advance(3)
    simulator.rates = Rates(evasion=1.0)
    posts, wave = simulator.advance(3)
    assert posts["post_id"].iloc[0] == first["post_id"].iloc[-1] + 1
    assert posts["time"].iloc[0] > first["time"].iloc[-1]
    assert (calm["evasion"] == "").all()
    assert ((wave["evasion"] != "") == (wave["category"] != "fine")).all()


def test_one_seed_gives_one_stream():
    one, same, other = (simulate(np.random.default_rng(seed), 3, authors=100) for seed in (0, 0, 1))
    assert one.posts.equals(same.posts)
    assert one.truth.equals(same.truth)
    assert not one.posts.equals(other.posts)


def test_what_cannot_be_simulated_is_refused():
    with pytest.raises(DataError, match="authors is 10"):
        PostSimulator(np.random.default_rng(0), authors=10)
    with pytest.raises(DataError, match="days is 0"):
        PostSimulator(np.random.default_rng(0)).advance(0)


@pytest.mark.parametrize("how", ["spacing", "digits", "look-alikes"])
def test_a_hidden_word_is_another_text(how):
    assert hidden("donkey", how) != "donkey"
