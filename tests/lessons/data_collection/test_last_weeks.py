"""The weeks of a stream follow each other without overlap, and only reports that had come in are seen."""

import numpy as np
import pandas as pd

from lessons.data_collection.last_weeks import LastWeeks
from mlsd_lib.datasets import fraud


def test_the_weeks_and_the_reports_of_a_simulated_stream():
    stream = fraud.load(seed=0, days=40, customers=50, terminals=50)
    rows = len(stream.payments)
    weeks = LastWeeks(stream, 40, pd.DataFrame(index=range(rows)), np.zeros((rows, 1)))
    day = (stream.payments["time"] - stream.payments["time"].iloc[0].normalize()).dt.days.to_numpy()
    assert set(day[weeks.before]) == set(range(12, 26))
    assert set(day[weeks.learn]) == set(range(26, 33))
    assert set(day[weeks.test]) == set(range(33, 40))
    assert (weeks.last_two == (weeks.learn | weeks.test)).all()
    reported = stream.truth["label_time"][weeks.reported]
    assert 0 < len(reported) < weeks.fraud.sum()
    assert reported.max() <= stream.payments["time"].iloc[0].normalize() + pd.Timedelta(days=33)
    assert weeks.fraud[weeks.reported].all()
