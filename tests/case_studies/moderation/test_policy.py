"""Actions, prices, the queue and labels, each against its definition."""

import numpy as np
import pandas as pd
import pytest

from case_studies.moderation import labels, policy
from case_studies.moderation.data import ModerationError
from case_studies.moderation.policy import ModerationPolicy, waited_hours


def test_a_likely_post_is_removed_and_a_costly_or_unreadable_one_is_for_people():
    probability = np.array([[0.02, 0.98, 0.0], [0.6, 0.4, 0.0], [0.6, 0.4, 0.0], [0.99, 0.01, 0.0]])
    followers, unread = np.array([100, 1_000, 10, 10]), np.array([0, 0, 0, 0.5])
    rule = ModerationPolicy()
    harm = rule.expected_harm(probability, followers)
    action, category, reason = rule.actions(probability, unread, harm)
    assert action.tolist() == ["remove", "review", "keep", "review"]
    assert category.tolist() == ["insult", "insult", "fine", "insult"]
    assert reason.tolist() == ["likely", "expected harm", "below every threshold", "unreadable"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"remove_from": {"rude": 0.5}}, "remove_from holds 'rude'"),
        ({"remove_from": {"scam": 1.5}}, "1.5"),
        ({"order": "luck"}, "order is 'luck'"),
        ({"reviews_per_hour": 0}, "reviews_per_hour is 0"),
    ],
)
def test_a_policy_that_means_nothing_is_refused(options, told):
    with pytest.raises(ModerationError, match=told):
        ModerationPolicy(**options)


def test_money_counts_harm_prevented_wrong_removals_and_reviews():
    action = np.array(["remove", "remove", "review", "review", "review", "keep"])
    category = np.array(["scam", "fine", "scam", "fine", "scam", "scam"])
    verdict = np.array(["scam", "fine", "scam", "fine", "scam", "scam"])
    waited = np.array([1.0, 1.0, policy.HALF_READ_HOURS, 1.0, np.inf, np.inf])
    saved = policy.saved_eur(action, category, np.full(6, 1_000), verdict, waited)
    price = policy.REVIEW_COST_EUR
    np.testing.assert_allclose(saved, [60, -policy.WRONG_REMOVAL_EUR, 30 - price, -price, 0, 0])


def test_people_see_only_what_is_for_them_by_harm_or_by_arrival():
    action = np.array(["review", "keep", "review", "remove", "review"])
    waited = {}
    for order in ("harm", "arrival"):
        rule = ModerationPolicy(reviews_per_hour=0.5, order=order)
        waited[order] = waited_hours(np.zeros(5), action, np.array([1.0, 9, 2, 9, 3]), rule).tolist()
    assert waited == {"harm": [6, np.inf, 4, np.inf, 2], "arrival": [2, np.inf, 4, np.inf, 6]}


@pytest.fixture
def live():
    """Ten posts of each fate: kept ones are scams that nobody saw."""
    now = pd.Timestamp("2026-03-01")
    action = np.repeat(["keep", "review", "remove", ""], 10)
    truth = pd.DataFrame(
        {
            "category": np.repeat(["scam", "fine", "fine", "insult"], 10),
            "label": np.repeat(["fine", "fine", "insult", "insult"], 10),
            "verdict": np.repeat(["scam", "fine", "fine", "insult"], 10),
            "label_time": now - pd.Timedelta(days=1),
            "lottery": np.tile([0.01] + [0.9] * 9, 4),
            "appeal": np.tile([0.3, 0.9] * 5, 4),
        }
    )
    return pd.Series([now - pd.Timedelta(days=2)] * 40), truth, action, now


def test_appeals_alone_take_kept_posts_for_fine_and_silence_for_guilt(live):
    learned = labels.training_labels(*live, "appeals")
    assert learned.use.all()
    assert set(learned.label[:10]) == {"fine"}
    assert learned.label[20:30].tolist() == ["fine", "insult"] * 5
    assert (learned.weight == 1).all()


def test_an_audit_learns_of_kept_posts_only_where_the_lot_fell(live):
    learned = labels.training_labels(*live, "audit")
    assert learned.use[:10].tolist() == [True] + [False] * 9
    assert learned.label[0] == "scam"
    assert learned.weight[0] == 1 / labels.AUDIT_RATE
    assert learned.use[10:].all()
    assert (learned.weight[10:] == 1).all()


def test_labels_that_have_not_arrived_are_not_used(live):
    time, truth, action, now = live
    truth["label_time"] = truth["label_time"].where(action != "", now)
    truth.loc[action == "review", "label_time"] = pd.NaT
    learned = labels.training_labels(time, truth, action, now, "audit")
    assert not learned.use[10:20].any()
    assert not learned.use[30:].any()
    with pytest.raises(ModerationError, match="label policy is 'hope'"):
        labels.training_labels(time, truth, action, now, "hope")
