"""Tests of data: what a payment may be, and what no row shows."""

import pandas as pd
import pandera.pandas as pa
from train import DATA

PAYMENTS = pa.DataFrameSchema(
    {
        "payment_id": pa.Column(int, unique=True),
        "day": pa.Column(int, pa.Check.in_range(0, 400)),
        "hour": pa.Column(int, pa.Check.in_range(0, 23)),
        "amount_eur": pa.Column(float, pa.Check.in_range(0.01, 2_000)),
        "customer_days": pa.Column(int, pa.Check.ge(0)),
        "country": pa.Column(str, pa.Check.isin(["DE", "FR", "IT"])),
        "home": pa.Column(str),
        "fraud": pa.Column(int, pa.Check.isin([0, 1])),
    },
)


def test_every_row_is_a_payment():
    PAYMENTS.validate(pd.read_csv(DATA), lazy=True)


def test_no_day_is_missing_and_none_is_twice_as_large_as_usual():
    rows = pd.read_csv(DATA)["day"].value_counts()
    assert sorted(rows.index) == list(range(len(rows)))
    assert rows.max() < 2 * rows.median()
