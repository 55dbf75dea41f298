"""What the model sees of a reading: computed for whole tables, and for one reading at a time.

For each sensor its value, its mean over a week, how far that mean is above the unit's first week (`rise`) and above
its last four weeks (`trend`); and the unit's age and load. A window ends with the reading itself and holds no later
one, by the time at which a reading was taken, not by when it arrived.

The service computes the same by SQL, from what it remembers: two implementations of one definition, which a test
compares over days of readings. The engines of C-MAPSS get the same features, a cycle taken as a day.
"""

import sqlite3
from collections.abc import Sequence

import numpy as np
import pandas as pd

from case_studies.maintenance.data import DAY_US
from mlsd_lib.data import WindowIndex
from mlsd_lib.datasets.fleet_simulator import SENSORS

WEEK, MONTH = 7, 28
FIRST_DAYS = 7
"""The unit's first days say what is normal for it."""
OF_A_SENSOR = ("", "_7d", "_rise", "_trend")
FEATURES = ("age_days", "load", *(f"{sensor}{kind}" for sensor in SENSORS for kind in OF_A_SENSOR))
ITSELF = np.timedelta64(1, "us")


def features_of(readings: pd.DataFrame) -> pd.DataFrame:
    """One row of features a reading, in the order of `readings`, indexed by `reading_id`."""
    unit, time, age = (readings[name].to_numpy() for name in ("unit_id", "time", "age_days"))
    columns = {"age_days": age.astype(float), "load": readings["load"].to_numpy()}
    columns |= rolling(unit, time, age, readings, SENSORS)
    return pd.DataFrame(columns, index=pd.Index(readings["reading_id"], name="reading_id"))[list(FEATURES)]


def rolling(
    unit: np.ndarray,
    time: np.ndarray,
    age: np.ndarray,
    table: pd.DataFrame,
    sensors: Sequence[str],
    windows: tuple[int, int] = (WEEK, MONTH),
) -> dict[str, np.ndarray]:
    """The four columns of each of the `sensors` of `table`, (n,) each; `unit`, `time` and `age` in days, (n,).

    `windows`: the days of the two windows, the shorter first.
    """
    columns: dict[str, np.ndarray] = {}
    first = age < FIRST_DAYS
    asked = time + ITSELF
    for sensor in sensors:
        value = table[sensor].to_numpy(float)
        index = WindowIndex(unit, time, value)
        early = WindowIndex(unit[first], time[first], value[first])
        (week_count, week), (month_count, month) = (
            index.totals(unit, asked, np.timedelta64(days, "D")) for days in windows
        )
        early_count, early_total = early.totals(unit, asked, np.timedelta64(36_500, "D"))
        weekly = week / week_count
        normal = np.where(early_count > 0, early_total / np.maximum(early_count, 1), weekly)
        values = (value, weekly, weekly - normal, weekly - month / month_count)
        columns |= {f"{sensor}{kind}": column for kind, column in zip(OF_A_SENSOR, values, strict=True)}
    return columns


def _sums() -> str:
    conditions = (
        f"(time_us > :time_us - {WEEK * DAY_US})",
        f"(time_us > :time_us - {MONTH * DAY_US})",
        f"(age_days < {FIRST_DAYS})",
    )
    sums = [
        f"SUM({condition}{times})" for condition in conditions for times in ("", *(f" * {name}" for name in SENSORS))
    ]
    return f"SELECT {', '.join(sums)} FROM readings WHERE unit_id = :unit AND time_us <= :time_us"


SUMS = _sums()


def online_features(
    memory: sqlite3.Connection, unit_id: int, time_us: int, age_days: int, load: float, values: Sequence[float]
) -> np.ndarray:
    """The features of one reading, (14,), in the order of `FEATURES`, from `memory`, which holds it already.

    `memory` has the table `readings` (reading_id, unit_id, time_us, age_days, and a column a sensor).
    """
    found = memory.execute(SUMS, {"unit": unit_id, "time_us": time_us}).fetchone()
    week, month, first = (found[start : start + 1 + len(SENSORS)] for start in range(0, len(found), 1 + len(SENSORS)))
    row = [float(age_days), load]
    for number, value in enumerate(values, 1):
        weekly = week[number] / week[0]
        normal = first[number] / first[0] if first[0] else weekly
        row += [value, weekly, weekly - normal, weekly - month[number] / month[0]]
    return np.array(row, dtype=float)
