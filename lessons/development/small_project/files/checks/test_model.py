"""Tests of the model: better than a rule, not better than can be, and of one mind with common sense."""

import pandas as pd
import pytest
from features import features_of
from sklearn.metrics import roc_auc_score
from train import CONFIG, DATA, train


@pytest.fixture(scope="module")
def trained():
    payments = pd.read_csv(DATA)
    return payments, *train(payments)


def test_it_beats_the_rule_it_replaces(trained):
    payments, _, metrics = trained
    new = payments[payments["day"] >= CONFIG["first_test_day"]]
    assert metrics["auc"] > roc_auc_score(new["fraud"], features_of(new)["abroad"]) + 0.04


def test_it_is_not_too_good_to_be_true(trained):
    assert trained[2]["auc"] < 0.95


def test_a_payment_abroad_is_no_safer(trained):
    _, model, _ = trained
    home = pd.DataFrame([{"amount_eur": 90.0, "hour": 23, "customer_days": 9, "country": "DE", "home": "DE"}])
    at_home, abroad = (model.predict_proba(features_of(payment))[0, 1] for payment in (home, home.assign(country="FR")))
    assert abroad > at_home
