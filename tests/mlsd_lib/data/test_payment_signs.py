"""The signs of a payment equal a slow reference, and later payments do not change them."""

import numpy as np
import pandas as pd
import pytest

from mlsd_lib.data.payment_signs import SIGNS, payment_signs
from mlsd_lib.datasets.fraud import load


@pytest.fixture(scope="module")
def payments():
    return load("simulator", seed=1, days=35, customers=30, terminals=40).payments


def slowly(payments, row):
    payment = payments.iloc[row]
    before = payments[(payments.time < payment.time) & (payments.customer_id == payment.customer_id)]
    month = before[before.time >= payment.time - pd.Timedelta(days=30)]
    return [
        np.log(payment.amount),
        np.log(payment.amount / np.append(month.amount, payment.amount).mean()),
        (before.time >= payment.time - pd.Timedelta(days=1)).sum(),
        payment.terminal_id not in set(month.terminal_id),
        payment.time.hour < 6,
    ]


def test_signs_equal_a_slow_reference(payments):
    signs = payment_signs(payments)
    assert list(signs.columns) == SIGNS
    for row in range(0, len(payments), 37):
        assert signs.iloc[row].to_numpy() == pytest.approx(np.array(slowly(payments, row), dtype=float), abs=1e-6)


def test_later_payments_change_nothing(payments):
    half = len(payments) // 2
    pd.testing.assert_frame_equal(payment_signs(payments[:half]), payment_signs(payments)[:half])
