"""The last four weeks of a payment stream, as they looked one week before its end: weeks to learn from, and to test."""

import numpy as np
import pandas as pd

from mlsd_lib.datasets.fraud import PaymentStream


class LastWeeks:
    """One stream with its features and votes, rows in the stream's order, and masks of its weeks.

    `learn` is the last week but one, and `test` the last; `last_two` is both, and `before` the two weeks before them.
    `fraud` is the truth, `kind` the mechanism of each fraud, and `reported` says which frauds had been reported when
    `learn` ended.
    """

    def __init__(self, stream: PaymentStream, days: int, features: pd.DataFrame, votes: np.ndarray) -> None:
        start = stream.payments["time"].iloc[0].normalize()
        day = ((stream.payments["time"] - start) / pd.Timedelta(days=1)).to_numpy() - days
        self.features, self.votes = features, votes
        self.amount = stream.payments["amount"].to_numpy()
        self.fraud, self.kind = stream.truth["is_fraud"].to_numpy(), stream.truth["mechanism"].to_numpy()
        self.reported = (stream.truth["label_time"] <= start + pd.Timedelta(days=days - 7)).to_numpy()
        self.test, self.last_two = day >= -7, day >= -14
        self.learn = self.last_two & ~self.test
        self.before = (day >= -28) & ~self.last_two
