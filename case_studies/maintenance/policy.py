"""From a forecast to a decision, in money: which units to replace before they fail, with how large a crew.

A planned replacement costs the unit and the crew's hours, and throws away the life that was left. A failure costs
that and the standstill. What counts is the cost of a position and day, see `case_studies.maintenance.replacement`.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from case_studies.kit import first_come
from case_studies.maintenance.data import MaintenanceError
from case_studies.maintenance.replacement import Prices
from notebook_runner.errors import require_one_of

PLANNED_EUR = 1_000.0
FAILURE_EUR = 6_000.0
LOOK_EUR = 40.0
"""An hour of the crew, to look at a unit for an alarm."""
WORN_DAYS = 20
"""A unit that gives signs shows them to whoever looks when it has so many days left."""


@dataclass(frozen=True)
class ReplacementPolicy:
    """How many units a day the crew can replace, by what they are chosen, and what a failure costs."""

    crew_per_day: int = 6
    by: Literal["prediction", "age"] = "prediction"
    failure_eur: float = FAILURE_EUR

    def __post_init__(self) -> None:
        require_one_of("by", self.by, ("prediction", "age"), MaintenanceError)
        if self.crew_per_day < 1:
            raise MaintenanceError(f"crew_per_day is {self.crew_per_day}; the crew replaces at least one unit a day.")
        if not self.failure_eur > PLANNED_EUR:
            raise MaintenanceError(
                f"failure_eur is {self.failure_eur}; a failure costs more than the {PLANNED_EUR:.0f} EUR of a planned "
                "replacement, or nobody would plan one."
            )

    @property
    def prices(self) -> Prices:
        """What a planned replacement and a failure cost."""
        return Prices(PLANNED_EUR, self.failure_eur)

    def value(self, risk: Any, age_days: Any) -> Any:
        """What units are chosen by, (n,) or one number: the risk, 0 to 1, or the age in days."""
        return risk if self.by == "prediction" else age_days

    def replaced(self, time: pd.Series, wanted: np.ndarray) -> np.ndarray:
        """Which of the `wanted`, (n,) of bool, are replaced: those that come while the crew has room."""
        return first_come(time, wanted, self.crew_per_day)


def looked_after(
    readings: pd.DataFrame, alarm: np.ndarray, units: pd.DataFrame, looks_a_day: int, rng: np.random.Generator
) -> dict[str, float]:
    """What alarms come to where each asks for a look, and the crew has time for `looks_a_day` of them.

    `alarm`: (n,) of bool, a row of `readings` each; `units`: with the truth. A look finds the wear of a unit that has
    at most `WORN_DAYS` left and gives signs; that unit is replaced, and its later readings are left out. Any other
    unit stays, and may ring again tomorrow. Which of a day's alarms is looked at is chance: nobody knows the true one.
    Gives `alarms` and `looks` a day, and the cost of all positions in `eur` a day.
    """
    of_unit = units.reindex(readings["unit_id"])
    left = of_unit["life_days"].to_numpy() - readings["age_days"].to_numpy()
    worn = (left <= WORN_DAYS) & (left > 1) & ~of_unit["sudden"].to_numpy(bool)
    unit, found = readings["unit_id"].to_numpy(), np.zeros(int(readings["unit_id"].max()) + 1, dtype=bool)
    alarms, looks, failures, days, lived = 0, 0, 0, 0, 0
    for rows in readings.groupby(readings["time"].dt.normalize()).indices.values():
        running = rows[~found[unit[rows]]]
        rang = running[alarm[running]]
        seen = rng.permutation(rang)[:looks_a_day]
        found[unit[seen[worn[seen]]]] = True
        failures += int((left[running] <= 1).sum())
        alarms, looks, days, lived = alarms + len(rang), looks + len(seen), days + 1, lived + len(running)
    cost = LOOK_EUR * looks + PLANNED_EUR * found.sum() + FAILURE_EUR * failures
    eur = float(cost / lived) * units["position"].nunique()
    return {"alarms": alarms / days, "looks": looks / days, "eur": eur}
