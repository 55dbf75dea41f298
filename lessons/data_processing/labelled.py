"""Payments next to their truth, in one table, for lessons that ask what was known when."""

import pandas as pd

from mlsd_lib.datasets.fraud import PaymentStream


def labelled(stream: PaymentStream) -> pd.DataFrame:
    """The payments of `stream` with `day` (days since the first midnight, a fraction), `is_fraud` and `report_time`.

    `report_time` is when the fraud became known, missing for payments that were never reported.
    """
    payments, truth = stream.payments, stream.truth
    return payments.assign(
        day=(payments["time"] - payments["time"].iloc[0].normalize()) / pd.Timedelta(days=1),
        is_fraud=truth["is_fraud"].to_numpy(),
        report_time=truth["label_time"].to_numpy(),
    )
