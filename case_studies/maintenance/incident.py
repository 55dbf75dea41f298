"""A live plant in virtual time: what a policy costs when units wear, and when a firmware misreads one sensor model.

Readings come, the current release reads and decides them, the crew replaces overnight; what fails, fails in the
evening. Replacing changes what is seen later, so each day's readings follow from the decisions of the day before. The
bad release here is a firmware whose vibration of sensor model B drifts further each day.
"""

from typing import Any

import numpy as np
import pandas as pd

from case_studies.kit import LiveSystem, Rollback
from case_studies.maintenance.data import DAY, RIGHT, sent
from case_studies.maintenance.features import FIRST_DAYS, MONTH, features_of
from case_studies.maintenance.labels import LabelPolicy
from case_studies.maintenance.models import Release, fit_release
from case_studies.maintenance.monitor import monitor_of, window_of
from case_studies.maintenance.policy import PLANNED_EUR, ReplacementPolicy
from mlsd_lib.datasets.fleet_simulator import MEAN_LIFE_DAYS, START, FleetSimulator


class Plant(LiveSystem[Release]):
    """A live plant: its readings as it read them and as they were, its features, its units and its release."""

    def __init__(self, simulator: FleetSimulator, readings: pd.DataFrame, features: pd.DataFrame, release: Release):
        self.simulator, self.readings, self.read, self.features = simulator, readings, readings, features
        self.pending = readings.iloc[:0]
        self.first_rows: list[int] = []
        super().__init__(release, monitor_of(features, readings, self.now))

    @classmethod
    def opened(
        cls,
        rng: np.random.Generator,
        history_days: int = 240,
        model: str = "linear",
        policy: ReplacementPolicy | None = None,
        label_policy: LabelPolicy = "matured",
        **options: Any,
    ) -> "Plant":
        """A plant on the day of its first release, after `history_days` of running to failure."""
        simulator = FleetSimulator(rng, **options)
        readings, units = simulator.advance(history_days)
        features, now = features_of(readings), START + history_days * DAY
        release = fit_release(readings, units, features, now, model, policy, label_policy)
        return cls(simulator, readings, features, release)

    @property
    def now(self) -> pd.Timestamp:
        """The midnight before the next day."""
        return START + self.simulator.today * DAY

    def week(self, rollback: Rollback = "release and state") -> None:
        """Lives seven days."""
        for _ in range(7):
            self.day(None, rollback)

    def live_day(self, arrivals: None) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Reads and decides what arrives on the next day, and replaces overnight; the monitor sees what was read."""
        release, date, first = self.release, self.now, len(self.readings)
        today, failed = self.simulator.day()
        self.first_rows.append(first)
        come = self._arrived(today, date + DAY)
        self.readings = pd.concat([self.readings, come], ignore_index=True)
        self.read = pd.concat([self.read, self._read(come, release)], ignore_index=True)
        features = self._features_from(first)
        self.features = pd.concat([self.features, features])
        in_place = come["unit_id"].isin(today["unit_id"]) & (come["time"] >= date - 3 * DAY)
        asked = (in_place & ~come["unit_id"].duplicated(keep="last")).to_numpy()
        wanted, replaced = release.decide(features[asked], come["time"][asked])
        ordered = np.setdiff1d(come["unit_id"][asked][replaced], failed)
        self.simulator.replace(ordered)
        stake = release.policy.failure_eur * self.simulator.positions / MEAN_LIFE_DAYS
        cost = PLANNED_EUR * len(ordered) + release.policy.failure_eur * len(failed)
        figures = {
            "date": date,
            "saved_eur": stake - cost,
            "at_stake_eur": stake,
            "failures": len(failed),
            "replaced": len(ordered),
            "wanted": int(wanted.sum()),
        }
        return window_of(features, come["sensor_model"]), figures

    def spoils(self, release: Release) -> bool:
        """Whether a release misreads sensors: what it read stays in the windows of units for four weeks."""
        return release.calibration != RIGHT

    def restore_state(self, day: int) -> None:
        """Reads what was sent since then again, rightly, and computes the features since then anew."""
        first = self.first_rows[day]
        self.read = self.readings
        self.features = pd.concat([self.features.iloc[:first], self._features_from(first)])

    def retrain(self, label_policy: LabelPolicy = "matured") -> None:
        """Fits the same kind of model, and a monitor for it, on what is known by now."""
        self.deploy(self._fitted(self.release.policy, label_policy), monitor_of(self.features, self.read, self.now))

    def change_policy(self, policy: ReplacementPolicy) -> None:
        """Puts a release of the same kind under another policy in charge; there is no way back from it."""
        self.release = self._fitted(policy)
        self.earlier.clear()

    def misread(self) -> int:
        """How many of the remembered readings are not what was sent."""
        return int((self.read["vibration"] != self.readings["vibration"]).sum())

    def _fitted(self, policy: ReplacementPolicy, label_policy: LabelPolicy = "matured") -> Release:
        units, old = self.simulator.unit_table(), self.release
        learned = (self.read, units, self.features, self.now, old.model_name, policy, label_policy)
        return fit_release(*learned, calibration=old.calibration)

    def _arrived(self, today: pd.DataFrame, midnight: pd.Timestamp) -> pd.DataFrame:
        """What arrives before `midnight`, of today's readings and of those still on their way, by when it was taken."""
        waiting = pd.concat([self.pending, today], ignore_index=True)
        here = (waiting["arrives"] < midnight).to_numpy()
        self.pending = waiting[~here]
        return waiting[here].sort_values("time", ignore_index=True)

    def _read(self, readings: pd.DataFrame, release: Release) -> pd.DataFrame:
        """The readings as the release reads them; the right calibration gives back what was sent, without rounding."""
        return readings if release.calibration == RIGHT else release.calibration.parsed(sent(readings))

    def _features_from(self, first: int) -> pd.DataFrame:
        """The features of the rows from `first` on: their windows, and each unit's first days."""
        new = self.read.iloc[first:]
        seen = (self.read["time"] > new["time"].min() - MONTH * DAY) | (self.read["age_days"] < FIRST_DAYS)
        return features_of(self.read[seen & self.read["unit_id"].isin(new["unit_id"])]).iloc[-len(new) :]
