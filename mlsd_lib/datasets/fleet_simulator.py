"""A fleet of pumps that run until they fail or are replaced, with a known hazard and faults of their sensors.

A position is a place in a plant; the unit in it is replaced when it fails or when somebody decides so. The life of a
unit is Weibull with a rising hazard, and shorter under a heavy load (an accelerated failure time). Most units give
signs before they fail: vibration and temperature rise and pressure falls, slowly, then fast. Some fail suddenly and
give none. Each position reads by a sensor of one of three models, which send the same quantities in different units.
Sensors jump at times, stick for days, and a gateway that loses its connection sends what it kept when it is back.

The mechanisms and all their sizes are this course's own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataError

START = pd.Timestamp("2026-01-05")
DAY = pd.Timedelta(days=1)
SENSOR_MODELS = ("A", "B", "C")
SENSORS = ("vibration", "temperature", "pressure")
SHAPE = 2.5
"""Of the Weibull hazard: it rises with age, so a replacement can pay."""
MEAN_LIFE_DAYS = 120.0
"""At the mean load of 1; the fleet's mean is within a few percent of it."""
LOAD_EFFECT = 0.8
"""A unit at load x lives exp(-LOAD_EFFECT (x - 1)) times as long."""
SUDDEN_SHARE = 0.12
SIGN_DAYS = (25.0, 60.0)
"""How long before its failure a unit begins to show signs."""
NORMAL = np.array([2.0, 60.0, 8.0])
BETWEEN_UNITS = np.array([0.25, 3.0, 0.35])
NOISE = np.array([0.12, 1.0, 0.15])
SIGNS = np.array([2.2, 14.0, -1.6])
"""How far the sensors have moved when a unit fails: mm/s, degrees Celsius, bar."""
WITHDRAWN_A_DAY = 0.0015
"""How likely a unit is taken out for another reason, such as a rebuilt plant: it tells nothing of its life."""
STUCK_A_DAY, STUCK_DAYS = 0.0004, 10
JUMP_SHARE = 0.003
OUTAGE_A_DAY, OUTAGE_DAYS = 0.004, 4


@dataclass
class Units:
    """What is true of units, by their number: when installed, how long they would live, whether they give signs."""

    position: np.ndarray
    installed_day: np.ndarray
    life_days: np.ndarray
    sign_days: np.ndarray
    sudden: np.ndarray
    normal: np.ndarray

    def joined(self, other: "Units") -> "Units":
        """These units and then the others."""
        return Units(
            *(np.concatenate([one, two]) for one, two in zip(vars(self).values(), vars(other).values(), strict=True))
        )


class FleetSimulator:
    """A fleet that can be continued: `advance` lives the next days; `replace` puts new units into positions.

    `rng` is the only source of randomness. With `commissioned_days` the positions start evenly over so many days.
    Without `withdrawn`, no unit is taken out for another reason.
    """

    def __init__(
        self, rng: np.random.Generator, positions: int = 200, commissioned_days: int = 60, withdrawn: bool = True
    ):
        if positions < 3:
            raise DataError(f"positions is {positions}; a fleet needs 3, one for each sensor model. Ask for more.")
        self.rng, self.positions, self.today, self.next_id = rng, positions, 0, 0
        self.withdrawn_a_day = WITHDRAWN_A_DAY if withdrawn else 0.0
        self.sensor_model = np.array(SENSOR_MODELS)[np.arange(positions) % len(SENSOR_MODELS)]
        self.load = rng.uniform(0.7, 1.3, positions)
        self.second = 6 * 3_600 + rng.permutation(positions) * (6 * 3_600 // positions)
        self.units = self._new_units(np.arange(positions), rng.integers(0, max(commissioned_days, 1), positions))
        self.in_place = np.arange(positions)
        self.removed: dict[int, tuple[int, str]] = {}
        self._stuck_until = np.full(positions, -1)
        self._stuck_at = np.zeros((positions, len(SENSORS)))
        self._offline_until = np.full(positions, -1)

    def _new_units(self, position: np.ndarray, day: np.ndarray) -> Units:
        count = len(position)
        scale = MEAN_LIFE_DAYS / _GAMMA * np.exp(-LOAD_EFFECT * (self.load[position] - 1))
        life = np.maximum(np.ceil(scale * self.rng.weibull(SHAPE, count)), 2.0)
        normal = NORMAL + BETWEEN_UNITS * self.rng.normal(size=(count, len(SENSORS)))
        sudden = self.rng.random(count) < SUDDEN_SHARE
        return Units(position, day, life, self.rng.uniform(*SIGN_DAYS, count), sudden, normal)

    def replace(self, units: Iterable[int], reason: str = "replaced") -> None:
        """Takes units out at the end of the day that was lived last and installs new ones for the next day."""
        old = [int(unit) for unit in units if int(unit) not in self.removed]
        if not old:
            return
        position = self.units.position[old]
        for unit in old:
            self.removed[unit] = (self.today, reason)
        first = len(self.units.position)
        self.units = self.units.joined(self._new_units(position, np.full(len(old), self.today)))
        self.in_place[position] = first + np.arange(len(old))

    def day(self) -> tuple[pd.DataFrame, np.ndarray]:
        """The readings of the next day, and the units that fail in its evening; they are replaced overnight.

        Readings: `reading_id`, `time`, `unit_id`, `sensor_model`, `age_days`, `load`, `vibration` (mm/s),
        `temperature` (degrees Celsius), `pressure` (bar), and `arrives`, later than `time` where a connection was lost.
        """
        unit = self.in_place[self.units.installed_day[self.in_place] <= self.today]
        age = self.today - self.units.installed_day[unit]
        readings = self._readings(unit, age)
        failed = unit[age + 1 >= self.units.life_days[unit]]
        withdrawn = unit[self.rng.random(len(unit)) < self.withdrawn_a_day]
        self.today += 1
        self.replace(failed, "failed")
        self.replace(withdrawn, "withdrawn")
        return readings, failed

    def advance(self, days: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The readings of the next `days` days on which nobody decides, and all units so far, see `unit_table`."""
        if days < 1:
            raise DataError(f"days is {days}; a fleet can only be continued by at least 1 day.")
        return pd.concat([self.day()[0] for _ in range(days)], ignore_index=True), self.unit_table()

    def unit_table(self) -> pd.DataFrame:
        """A row a unit installed so far, by `unit_id`: what the owner knows, and apart from it `life_days`, the truth.

        `position`, `load`, `sensor_model`, `installed` (a time), `ended` (NaT while it runs), `end` ("failed",
        "replaced", "withdrawn" or "" while it runs); `life_days`, `sudden`.
        """
        position, installed = self.units.position, self.units.installed_day
        end = [self.removed.get(unit, (None, "")) for unit in range(len(position))]
        table = pd.DataFrame(
            {
                "position": position,
                "load": self.load[position],
                "sensor_model": self.sensor_model[position],
                "installed": START + installed * DAY,
                "ended": [START + day * DAY if day is not None else pd.NaT for day, _ in end],
                "end": [reason for _, reason in end],
                "life_days": self.units.life_days,
                "sudden": self.units.sudden,
            }
        )
        started = installed <= self.today
        return table[started].rename_axis("unit_id")

    def _readings(self, unit: np.ndarray, age: np.ndarray) -> pd.DataFrame:
        units, position = self.units, self.units.position[unit]
        left = (units.life_days[unit] - age) / units.sign_days[unit]
        wear = np.where(units.sudden[unit], 0.0, np.clip(1 - left, 0, 1) ** 2)
        noise = NOISE * self.rng.normal(size=(len(unit), len(SENSORS)))
        values = units.normal[unit] + wear[:, None] * SIGNS + noise
        values[:, 1] += 8 * (self.load[position] - 1)
        values = self._with_faults(position, values)
        time = _moment(self.today, self.second[position])
        columns = {"time": time, "unit_id": unit, "sensor_model": self.sensor_model[position], "age_days": age}
        columns |= {"load": self.load[position].round(3), **dict(zip(SENSORS, values.round(3).T, strict=True))}
        columns["arrives"] = self._arrival(position, time)
        first, order = self.next_id, np.argsort(self.second[position])
        self.next_id += len(unit)
        in_time = {name: column[order] for name, column in columns.items()}
        return pd.DataFrame({"reading_id": first + np.arange(len(unit)), **in_time})

    def _with_faults(self, position: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Sensors that stick at what they last read, and single readings that jump."""
        sticks = self.rng.random(len(position)) < STUCK_A_DAY
        self._stuck_until[position[sticks]] = self.today + STUCK_DAYS
        self._stuck_at[position[sticks]] = values[sticks]
        jumps = self.rng.random(values.shape) < JUMP_SHARE
        values = np.where(jumps, values * self.rng.uniform(1.3, 2.0, values.shape), values)
        return np.where((self._stuck_until[position] >= self.today)[:, None], self._stuck_at[position], values)

    def _arrival(self, position: np.ndarray, time: np.ndarray) -> np.ndarray:
        """Readings of a gateway without a connection arrive on the morning after it is back."""
        lost = self.rng.random(len(position)) < OUTAGE_A_DAY
        self._offline_until[position[lost]] = self.today + self.rng.integers(1, OUTAGE_DAYS + 1, lost.sum())
        back = self._offline_until[position]
        return np.where(back > self.today, _moment(back, 5 * 3_600), time)


def _moment(day: np.ndarray | int, second: np.ndarray | int) -> np.ndarray:
    """The times so many days after the start and so many seconds after midnight, in microseconds."""
    return START.to_datetime64() + (np.asarray(day) * 86_400 + second).astype("timedelta64[s]")


_GAMMA = 0.8872638
"""The mean of a Weibull variable of scale 1 and this shape: gamma(1 + 1 / SHAPE)."""
