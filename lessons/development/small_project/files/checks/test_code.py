"""Tests of code: small inputs whose answers are known, and two programs that must agree."""

import pandas as pd
from features import COLUMNS, features_of
from serve import signs

PAYMENT = {"amount_eur": 20.0, "hour": 12, "customer_days": 400, "country": "DE", "home": "DE", "day": 1}


def row(**changed):
    return features_of(pd.DataFrame([PAYMENT | changed])).iloc[0]


def test_an_ordinary_payment_has_no_sign():
    assert row()[["night", "new_customer", "abroad"]].sum() == 0


def test_each_sign_is_seen():
    assert row(hour=23)["night"] == row(hour=5)["night"] == 1
    assert row(customer_days=3)["new_customer"] == 1
    assert row(country="FR")["abroad"] == 1
    assert row(amount_eur=50)["log_amount"] > row()["log_amount"]


def test_the_service_computes_what_training_does():
    payments = [PAYMENT | {"hour": hour, "customer_days": 4 * hour, "amount_eur": 3.5 * hour} for hour in range(24)]
    table = features_of(pd.DataFrame(payments))
    assert list(table.columns) == list(COLUMNS)
    assert table.round(9).to_numpy().tolist() == [[round(sign, 9) for sign in signs(payment)] for payment in payments]
