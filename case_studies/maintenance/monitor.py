"""After the release: what a normal day looks like, and what is watched of the days that follow.

Watched are steps: how far a reading lies from its unit's own week, apart for each sensor model, so that an alert names
the model. Levels were tried and dropped, as were the risk and the share of units wanted: units wear and the policy
itself takes the worn ones away, so all of these move for weeks without any fault.

Two things made a first version ring four times as often as it should. A day was the readings taken on it, as a table
shows them afterwards; a live day is what arrives on it, and lacks whatever a lost connection still keeps. And a unit's
first week is short: its mean holds the reading itself, so steps are smaller, and after a release there are more young
units. Days now go by arrival, and a step is in the spread that it has over a full week.
"""

import numpy as np
import pandas as pd

from case_studies.kit.stream_times import between
from case_studies.maintenance.data import DAY
from case_studies.maintenance.features import WEEK
from mlsd_lib.datasets.fleet_simulator import SENSOR_MODELS, SENSORS
from mlsd_lib.operations.monitor import Monitor

MONITORED = tuple(f"{sensor} {model}" for sensor in SENSORS for model in SENSOR_MODELS)
REFERENCE_DAYS = 56
THIN = 4


def window_of(features: pd.DataFrame, sensor_model: pd.Series) -> pd.DataFrame:
    """What the monitor looks at, a row a reading: the step of each sensor in the column of its model.

    A unit's first reading has no step and no row. The mean of k readings, the last among them, leaves 1 - 1 / k of the
    variance of one; `age_days` stands for k, as if none were missing.
    """
    held = np.minimum(features["age_days"].to_numpy() + 1, WEEK)
    model, later = np.asarray(sensor_model).astype(str), held > 1
    short = np.sqrt((1 - 1 / WEEK) / (1 - 1 / held[later]))
    columns = {}
    for sensor in SENSORS:
        step = (features[sensor] - features[f"{sensor}_7d"]).to_numpy()[later] * short
        for name in SENSOR_MODELS:
            columns[f"{sensor} {name}"] = np.where(model[later] == name, step, np.nan)
    return pd.DataFrame(columns, index=np.flatnonzero(later))


def monitor_of(features: pd.DataFrame, readings: pd.DataFrame, now: pd.Timestamp, rate: float | None = None) -> Monitor:
    """A monitor that knows the `REFERENCE_DAYS` days before `now` as normal and rings on about one such day in all.

    `readings` and their `features`, a row each. `rate`: another share of clean days on which it may ring.
    """
    recent = between(readings["arrives"], now - REFERENCE_DAYS * DAY, now)
    normal = window_of(features[recent], readings["sensor_model"][recent])
    day = readings["arrives"][recent].dt.normalize().to_numpy()[normal.index]
    clean = [rows for _, rows in normal.groupby(day)]
    return Monitor(MONITORED, false_alarm_rate=rate or 1 / (len(clean) + 1)).fit(normal.iloc[::THIN], clean)
