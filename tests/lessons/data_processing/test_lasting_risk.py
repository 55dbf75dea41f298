"""The world of lasting risk holds what it assumes."""

import numpy as np

from lessons.data_processing.lasting_risk import lasting_risk_payments


def test_a_customers_frauds_of_the_first_half_tell_those_of_the_second():
    table = lasting_risk_payments(np.random.default_rng(0))
    half = np.where(table["day"] < 45, "first", "second")
    share = table.groupby(["customer_id", half])["is_fraud"].mean().unstack()
    assert share["first"].corr(share["second"]) > 0.3


def test_reports_come_after_their_payment_and_for_frauds_only():
    table = lasting_risk_payments(np.random.default_rng(0), days=10, payments=20_000)
    assert table["time"].is_monotonic_increasing
    assert (table["report_time"].notna() == table["is_fraud"]).all()
    assert (table["report_time"].dropna() >= table["time"][table["is_fraud"]]).all()
