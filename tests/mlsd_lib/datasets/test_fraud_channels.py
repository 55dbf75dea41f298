"""The channel of a payment: drawn with the shares that are stated, the same for one seed."""

import numpy as np
import pytest

from mlsd_lib.datasets.fraud import load
from mlsd_lib.datasets.fraud_channels import payments_with_channel

SIZE = {"weeks": 8, "customers": 300, "terminals": 100}


@pytest.fixture(scope="module")
def payments():
    return payments_with_channel(0, **SIZE)


def test_each_kind_of_payment_is_online_as_often_as_stated(payments):
    mechanism = load("simulator", 0, days=56, customers=300, terminals=100).truth["mechanism"].to_numpy()
    online = (payments["channel"] == "online").to_numpy()
    of_cards = np.isin(mechanism, ["stolen", "burst"])
    for rows, share in ((of_cards, 0.9), (~of_cards, 0.3)):
        assert rows.sum() > 50
        assert abs(online[rows].mean() - share) < 4 * np.sqrt(share * (1 - share) / rows.sum())


def test_one_seed_gives_one_table_and_another_another(payments):
    assert payments_with_channel(0, **SIZE).equals(payments)
    assert not payments_with_channel(1, **SIZE).equals(payments)
