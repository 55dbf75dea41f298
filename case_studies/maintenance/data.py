"""What comes in: the readings' contract, what each sensor model sends, and the calibration that reads it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from case_studies.kit import bodies
from case_studies.kit.stream_times import between, microseconds_of
from mlsd_lib.data import admit
from mlsd_lib.datasets.fleet import Fleet, simulate
from mlsd_lib.datasets.fleet_simulator import SENSOR_MODELS, SENSORS
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

DAY = pd.Timedelta(days=1)
DAY_US = 86_400_000_000
SENT_PER_UNIT = {"A": (1.0, 1.0, 1.0), "B": (0.1, 1.0, 100.0), "C": (1_000.0, 10.0, 1.0)}
"""What each sensor model sends for 1 mm/s, 1 degree Celsius, 1 bar: B counts cm/s and kPa, C um/s and tenths."""
MESSAGE = ["reading_id", "time", "unit_id", "sensor_model", "age_days", "load", *SENSORS]
RANGES = {"vibration": (0, 50), "temperature": (-40, 250), "pressure": (0, 60)}
"""What a sensor can read, in units."""
DRIFT_A_DAY = 0.08


class MaintenanceError(CourseError):
    """Something that the maintenance system cannot do: names the thing, the value, the rule and the fix."""


def contract() -> "DataFrameSchema":
    """What a table of readings must keep."""
    import pandera.pandas as pa

    ordered = pa.Check(lambda time: time.is_monotonic_increasing, name="ordered")
    return pa.DataFrameSchema(
        {
            "reading_id": pa.Column("int64", unique=True),
            "time": pa.Column("datetime64[us]", ordered),
            "unit_id": pa.Column("int64", pa.Check.ge(0)),
            "sensor_model": pa.Column(checks=pa.Check.isin(SENSOR_MODELS)),
            "age_days": pa.Column("int64", pa.Check.ge(0)),
            "load": pa.Column("float64", pa.Check.in_range(0, 3)),
            **{name: pa.Column("float64", pa.Check.in_range(*limits)) for name, limits in RANGES.items()},
        },
        strict=False,
    )


def load_fleet(
    source: str = "simulator", quarantine: Path | None = None, seed: int = 0, days: int = 240, **options: Any
) -> Fleet:
    """The fleet from `source`, admitted by the contract; a broken table is set aside whole and refused.

    Only the simulator has what a release needs. The published files are for `report --protocol`.
    """
    if source != "simulator":
        raise MaintenanceError(
            f"The source is {source!r}; a release learns from the simulator's fleet, which has sensor models and "
            'prices. Give "simulator", or use report --protocol fd001 with --source for published ones.'
        )
    fleet = simulate(np.random.default_rng(seed), days, **options)
    admit(fleet.readings, contract(), "readings", quarantine)
    return fleet


@dataclass(frozen=True)
class Calibration:
    """The part of a release that turns what a sensor model sends into units.

    A firmware that integrates acceleration wrongly drifts: the vibration that it makes of the sensor model `drifting`
    grows by `drift_a_day` of itself each day from the day of `since_us` on.
    """

    drifting: str = ""
    drift_a_day: float = 0.0
    since_us: int = 0

    def _factors(self, sensor_model: np.ndarray, time_us: np.ndarray) -> np.ndarray:
        """What each sensor's value is multiplied by, (n, sensors)."""
        days = np.maximum(time_us // DAY_US - self.since_us // DAY_US + 1, 0)
        drift = self.drift_a_day * days * (sensor_model == self.drifting)
        return 1 + drift[:, None] * [name == "vibration" for name in SENSORS]

    def parsed_one(self, sensor_model: str, time_us: int, sent: Iterable[float]) -> list[float]:
        """One message's vibration, temperature and pressure, in units."""
        factors = self._factors(np.array([sensor_model]), np.array([time_us]))[0].tolist()
        per_unit = SENT_PER_UNIT[sensor_model]
        return [value / per * factor for value, per, factor in zip(sent, per_unit, factors, strict=True)]

    def parsed(self, messages: pd.DataFrame) -> pd.DataFrame:
        """The readings that this calibration makes of messages."""
        factors = self._factors(messages["sensor_model"].to_numpy().astype(str), microseconds_of(messages["time"]))
        return _scaled(messages, factors / _per_unit(messages["sensor_model"]))


RIGHT = Calibration()
"""How the sensors really send."""


def drifting(since: pd.Timestamp, sensor_model: str = "B", drift_a_day: float = DRIFT_A_DAY) -> Calibration:
    """The calibration of a firmware whose vibration of one sensor model drifts from the day `since` on."""
    return Calibration(sensor_model, drift_a_day, int(since.to_datetime64().astype("datetime64[us]").astype(np.int64)))


def sent(readings: pd.DataFrame) -> pd.DataFrame:
    """The messages in which the sensors would send these readings."""
    return _scaled(readings, _per_unit(readings["sensor_model"]))


def messages(readings: pd.DataFrame) -> list[dict[str, Any]]:
    """The bodies for POST /predict, in the order of the readings."""
    return bodies(sent(readings)[MESSAGE])


def failures(fleet: Fleet) -> pd.DataFrame:
    """Every failure: the `reading_id` of the unit's last reading, `unit_id`, and the `time`, the midnight after it."""
    failed = fleet.units[fleet.units["end"] == "failed"]
    last = fleet.readings.groupby("unit_id")["reading_id"].max()
    known = failed.index.intersection(last.index)
    columns = {"reading_id": last[known].to_numpy(), "unit_id": known.to_numpy(), "time": failed["ended"][known]}
    return pd.DataFrame(columns).reset_index(drop=True)


def report_messages(fleet: Fleet, first: pd.Timestamp, end: pd.Timestamp) -> list[dict[str, Any]]:
    """The bodies for POST /reports of the failures noted from `first` until before `end`: in their last minute."""
    table = failures(fleet)
    table["time"] = (table["time"] - pd.Timedelta(minutes=1)).astype("datetime64[us]")
    return bodies(table[between(table["time"], first, end)])


def _per_unit(sensor_model: pd.Series) -> np.ndarray:
    return np.array([SENT_PER_UNIT[name] for name in SENSOR_MODELS])[
        np.searchsorted(SENSOR_MODELS, sensor_model.to_numpy().astype(str))
    ]


def _scaled(table: pd.DataFrame, factor: np.ndarray) -> pd.DataFrame:
    values = table[list(SENSORS)].to_numpy() * factor
    return table.assign(**dict(zip(SENSORS, values.T, strict=True)))
