"""The reading, the mean of the machine's readings so far, and how often it failed before."""

import numpy as np
import pandas as pd

from mlsd_lib.data import WindowIndex

FEATURES = ("degrees", "mean_degrees", "failures")


def features_of(readings):
    failed = readings[readings["failed_at"].notna()]
    failures = WindowIndex(failed["machine_id"], failed["failed_at"], np.ones(len(failed)))
    before, _ = failures.totals(readings["machine_id"], readings["time"], np.timedelta64(365, "D"))
    mean = readings.groupby("machine_id")["degrees"].transform(lambda own: own.expanding().mean())
    columns = zip(FEATURES, (readings["degrees"], mean, before), strict=True)
    return pd.DataFrame({name: np.asarray(values, dtype=float) for name, values in columns})


def online_features(memory, machine, degrees):
    heat = "SELECT COUNT(*), TOTAL(degrees) FROM heat WHERE machine_id = ?"
    count, total = memory.execute(heat, (machine,)).fetchone()
    (failures,) = memory.execute("SELECT COUNT(*) FROM failures WHERE machine_id = ?", (machine,)).fetchone()
    return np.array([degrees, (total + degrees) / (count + 1), failures], dtype=float)
