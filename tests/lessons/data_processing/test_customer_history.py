"""The history of last midnight, against counting by hand."""

import pandas as pd

from lessons.data_processing.customer_history import history_of_last_midnight

COLUMNS = ["customer_count_1d", "customer_count_30d", "customer_mean_amount_30d"]


def test_the_payment_is_known_and_what_was_paid_since_midnight_is_not():
    times = ["2026-01-05 09:00", "2026-01-06 08:00", "2026-01-06 12:00", "2026-01-06 13:00"]
    payments = pd.DataFrame({"time": pd.to_datetime(times), "customer_id": [1, 1, 2, 1], "amount": [10.0, 20, 99, 40]})
    inputs = pd.DataFrame(0, index=[1, 3], columns=COLUMNS)
    stale = history_of_last_midnight(inputs, payments)
    assert stale.to_numpy().tolist() == [[2, 2, 15.0], [2, 2, 25.0]]
    assert (inputs == 0).all().all()
