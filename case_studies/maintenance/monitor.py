"""After the release: what a normal day looks like, and what is watched of the days that follow.

Watched are steps: how far a reading lies from its unit's own week, apart for each sensor model, so that an alert names
the model. Levels were tried and dropped, as were the risk and the share of units wanted: units wear and the policy
itself takes the worn ones away, so all of these move for weeks without any fault.
"""

import numpy as np
import pandas as pd

from case_studies.maintenance.data import DAY, between
from mlsd_lib.datasets.fleet_simulator import SENSOR_MODELS, SENSORS
from mlsd_lib.operations import Monitor

MONITORED = tuple(f"{sensor} {model}" for sensor in SENSORS for model in SENSOR_MODELS)
REFERENCE_DAYS = 56
THIN = 4


def window_of(features: pd.DataFrame, sensor_model: pd.Series) -> pd.DataFrame:
    """What the monitor looks at, a row a reading: the step of each sensor in the column of its model."""
    model = np.asarray(sensor_model).astype(str)
    columns = {}
    for sensor in SENSORS:
        step = (features[sensor] - features[f"{sensor}_7d"]).to_numpy()
        for name in SENSOR_MODELS:
            columns[f"{sensor} {name}"] = np.where(model == name, step, np.nan)
    return pd.DataFrame(columns)


def monitor_of(
    features: pd.DataFrame, sensor_model: pd.Series, time: pd.Series, now: pd.Timestamp, rate: float | None = None
) -> Monitor:
    """A monitor that knows the `REFERENCE_DAYS` days before `now` as normal and rings on about one such day in all.

    `rate`: another share of clean days on which it may ring.
    """
    recent = between(time, now - REFERENCE_DAYS * DAY, now)
    day = time[recent].dt.normalize().to_numpy()
    normal = window_of(features[recent], sensor_model[recent])
    clean = [rows for _, rows in normal.groupby(day)]
    return Monitor(MONITORED, false_alarm_rate=rate or 1 / (len(clean) + 1)).fit(normal.iloc[::THIN], clean)
