"""Machines that send a temperature every three minutes; some readings are of a machine that fails a day later."""

import numpy as np
import pandas as pd

DAY = pd.Timedelta(days=1)
START = pd.Timestamp("2026-03-01")
HISTORY_DAYS = 8


def load(source="simulator", seed=0, days=14):
    """Readings in the order of their times, and `failed_at`, NaT for most."""
    rng = np.random.default_rng(seed)
    count = 480 * days
    time = START + pd.to_timedelta(np.arange(count) * 180, unit="s")
    machine = rng.integers(0, 20, count)
    failing = rng.random(count) < 0.02
    degrees = (60 + machine + rng.normal(0, 5, count) + 15 * failing).round(2)
    readings = pd.DataFrame({"reading_id": np.arange(count), "time": time, "machine_id": machine, "degrees": degrees})
    return readings.assign(failed_at=pd.Series(time + DAY + pd.Timedelta(seconds=90)).where(failing))


def bodies(table):
    return table.assign(time=table["time"].dt.strftime("%Y-%m-%dT%H:%M:%S")).to_dict("records")
