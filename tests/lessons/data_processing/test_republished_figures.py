"""Weekly figures and counts of reports, against counting by hand."""

import pandas as pd

from lessons.data_processing.republished_figures import report_counts, weekly_fraud_shares


def test_a_week_is_published_again_with_the_reports_that_have_come_in_since():
    start = pd.Timestamp("2026-01-05")
    day = [0.5, 3.0, 6.9, 8.0]
    payments = pd.DataFrame({"day": day, "terminal_id": [0, 0, 0, 1]})
    payments["time"] = start + pd.to_timedelta(day, unit="D")
    payments["report_time"] = start + pd.to_timedelta([2.0, 13.0, None, 30.0], unit="D")
    figures = weekly_fraud_shares(payments, weeks=2)
    days = ((figures[name] - start) / pd.Timedelta(days=1) for name in ("event_time", "known_time"))
    rows = list(zip(figures["terminal_id"], *days, figures["share"].round(3), strict=True))
    assert rows == [
        (0, 7.0, 7.0, 0.333),
        (1, 7.0, 7.0, 0.0),
        (0, 7.0, 14.0, 0.667),
        (1, 7.0, 14.0, 0.0),
        (0, 14.0, 14.0, 0.0),
        (1, 14.0, 14.0, 0.0),
    ]


def test_reports_are_counted_in_the_order_of_their_arrival():
    payments = pd.DataFrame({"customer_id": [7, 7, 8, 7], "report_time": pd.to_datetime(["2026-01-09", None] * 2)})
    payments.loc[3, "report_time"] = pd.Timestamp("2026-01-06")
    counts = report_counts(payments, "customer_id")
    assert counts["customer_id"].tolist() == [7, 7, 8]
    assert counts["reports"].tolist() == [1, 2, 1]
    assert counts["report_time"].is_monotonic_increasing
