"""Machines that wear out: the simulated fleet, and the reader of C-MAPSS by its published names."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataCard, DataError
from mlsd_lib.datasets.fleet_simulator import DAY, START, FleetSimulator
from mlsd_lib.datasets.published import (
    differences,
    other_contents,
    published_file,
    refuse_other_separators,
    whole_numbers,
)

CMAPSS_COLUMNS = ("unit", "cycle", *(f"setting_{i}" for i in (1, 2, 3)), *(f"sensor_{i}" for i in range(1, 22)))
CMAPSS_PUBLISHED = {
    "FD001": (20_631, 100, 13_096, 100),
    "FD002": (53_759, 260, 33_991, 259),
    "FD003": (24_720, 100, 16_596, 100),
    "FD004": (61_249, 249, 41_214, 248),
}
"""Rows and engines to learn from, rows and engines of the test, as counted in the files themselves.

NASA's readme gives the same engines, but for FD004 the two the other way round.
"""
CMAPSS_FIGURES = (
    *("rows of train", "engines of train", "rows of test", "engines of test", "cycles left in all"),
    *("temperatures at the intake", "rows with another one"),
)
CMAPSS_RUL_TOTAL = {"FD001": 7_552, "FD002": 21_027, "FD003": 7_532, "FD004": 21_465}
CMAPSS_INTAKE = {"FD001": 1, "FD002": 6, "FD003": 1, "FD004": 6}
CMAPSS_CHECKSUM = {"FD001": "693236914662cacf"}
"""Of the sum of all rests; of the temperature at the intake (sensor 1, degrees Rankine), which at a height of flight is
always the same, the number of values; of all values in ten-thousandths, where a whole subset could be read."""
INTAKE_RANKINE = (518.67, 489.05, 491.19, 462.54, 449.44, 445.00)


@dataclass(frozen=True)
class Fleet:
    """Readings of machines, ordered by time, and apart from them their units.

    `readings`: as `FleetSimulator.day` gives them. `units`: as its `unit_table`, of which `life_days` and `sudden` are
    the truth, which no owner knows.
    """

    readings: pd.DataFrame
    units: pd.DataFrame
    card: DataCard

    @property
    def now(self) -> pd.Timestamp:
        """The midnight after the last reading."""
        return self.readings["time"].iloc[-1].normalize() + DAY


@dataclass(frozen=True)
class Engines:
    """C-MAPSS: a row an engine and cycle, columns `CMAPSS_COLUMNS`; `test_rul`, cycles left after each test engine."""

    train: pd.DataFrame
    test: pd.DataFrame
    test_rul: np.ndarray
    card: DataCard

    def relative(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """`train` and `test` with each sensor as its distance from the mean at its condition of operation, in the
        spread there, both of `train`; `unit`, `cycle` and the sensors that move, no settings.

        At sea level the settings only tremble, which is one condition; elsewhere rounding shows the six.
        """
        sensors = [name for name in CMAPSS_COLUMNS if name.startswith("sensor")]
        keys = [part[list(CMAPSS_COLUMNS[2:5])].round(1).astype(str).agg(" ".join, axis=1) for part in self._parts]
        if keys[0].nunique() > 10:
            keys = [pd.Series("", index=part.index) for part in self._parts]
        by_condition = self.train[sensors].groupby(keys[0].to_numpy())
        mean, spread = by_condition.mean(), by_condition.std().fillna(0)
        moving = [name for name in sensors if spread[name].max() > 1e-6]
        tables = []
        for part, key in zip(self._parts, keys, strict=True):
            known = key.where(key.isin(mean.index), mean.index[0]).to_numpy()
            usual = np.maximum(spread.loc[known, moving].to_numpy(), 1e-9)
            scaled = (part[moving].to_numpy() - mean.loc[known, moving].to_numpy()) / usual
            tables.append(part[["unit", "cycle"]].join(pd.DataFrame(scaled, columns=moving, index=part.index)))
        return tables[0], tables[1]

    @property
    def _parts(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        return self.train, self.test


def simulate(rng: np.random.Generator, days: int = 240, **options: Any) -> Fleet:
    """A fleet watched for `days` days from its first commissioning. `options` are those of `FleetSimulator`."""
    readings, units = FleetSimulator(rng, **options).advance(days)
    return Fleet(readings, units, fleet_card(len(readings), f"watched for {days} days"))


def run_to_failure(rng: np.random.Generator, units: int = 150) -> Fleet:
    """New units on a test rig, each run until it fails: whole lives, none censored."""
    simulator = FleetSimulator(rng, units, commissioned_days=1, withdrawn=False)
    parts: list[pd.DataFrame] = []
    while len(parts) == 0 or not set(range(units)) <= set(simulator.removed):
        readings, _ = simulator.day()
        parts.append(readings[readings["unit_id"] < units])
    table, every = pd.concat(parts, ignore_index=True), simulator.unit_table()
    table["reading_id"] = np.arange(len(table))
    return Fleet(table, every[every.index < units], fleet_card(len(table), "a test rig: every unit runs to failure"))


def fleet_card(rows: int, note: str) -> DataCard:
    """The card of `rows` simulated readings."""
    source = "mlsd_lib.datasets.fleet_simulator"
    return DataCard("simulated pumps", rows, "MIT", real=False, source=source, notes=(note,))


def cmapss(subset: str = "FD001", folder: str | Path | None = None) -> Engines:
    """The engines of one subset of C-MAPSS, from `train_`, `test_` and `RUL_` files named as NASA names them.

    `folder`: where they lie; maintenance/CMAPSS below MLSD_DATA_DIR if not given. Raises `DataError`.
    """
    if subset not in CMAPSS_PUBLISHED:
        raise DataError(f"subset is {subset!r}; C-MAPSS has {', '.join(CMAPSS_PUBLISHED)}. Name one of these.")
    place = published_file("maintenance/CMAPSS") if folder is None else Path(folder)
    train, test = (_engines(place / f"{part}_{subset}.txt") for part in ("train", "test"))
    rul = _numbers(place / f"RUL_{subset}.txt", 1)[:, 0]
    engines = test["unit"].nunique()
    if len(rul) != engines:
        raise DataError(f"{place}/RUL_{subset}.txt has {len(rul)} rows for {engines} test engines. Take one a engine.")
    intake = pd.concat([train["sensor_1"], test["sensor_1"]])
    found = (
        *(len(train), train["unit"].nunique(), len(test), engines, rul.sum()),
        *(intake.nunique(), (~intake.isin(INTAKE_RANKINE)).sum()),
    )
    published = (*CMAPSS_PUBLISHED[subset], CMAPSS_RUL_TOTAL[subset], CMAPSS_INTAKE[subset], 0)
    differs = differences(dict(zip(CMAPSS_FIGURES, published, strict=True)), found)
    if not differs and subset in CMAPSS_CHECKSUM:
        values = [(10_000 * part.to_numpy()).round().ravel() for part in (train, test)]
        differs = other_contents([*values, rul], CMAPSS_CHECKSUM[subset])
    notes = ("simulated by NASA's C-MAPSS", "one row an engine and cycle; test engines stop before they fail")
    source = f"{place}/*_{subset}.txt"
    card = DataCard(f"C-MAPSS {subset}", len(train), "public domain", False, source, notes, differs)
    return Engines(train, test, rul, card)


def _text(path: Path) -> str:
    """The text of a file; raises `DataError` where there is none or it is not UTF-8."""
    if not path.exists():
        raise DataError(f"{path} does not exist. Put the published file there, or name its folder.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}. Published files are UTF-8: download it again.") from None


def _engines(path: Path) -> pd.DataFrame:
    table = pd.DataFrame(_numbers(path, len(CMAPSS_COLUMNS)), columns=list(CMAPSS_COLUMNS))
    table = table.assign(**{name: whole_numbers(table, name, path) for name in ("unit", "cycle")})
    steps = table.groupby("unit")["cycle"].diff().dropna()
    if (steps != 1).any():
        row = int(steps.index[(steps != 1).to_numpy()][0])
        raise DataError(
            f"{path}, column cycle: {table['cycle'][row]} in row {row} does not follow the cycle before it. "
            "Each engine's cycles count up by one: take the published file, unsorted and whole."
        )
    return table


def _numbers(path: Path, columns: int) -> np.ndarray:
    """A file of numbers separated by spaces, (rows, columns)."""
    refuse_other_separators(path, " ")
    rows = [line.split() for line in _text(path).splitlines() if line.strip()]
    for number, row in enumerate(rows, 1):
        if len(row) != columns:
            raise DataError(f"{path}, line {number}: {len(row)} columns, published {columns}. Take the published file.")
    try:
        found = np.array(rows, dtype=float).reshape(-1, columns)
    except ValueError as error:
        raise DataError(f"{path}: {error}; it holds numbers only. Take the published file.") from None
    if not len(found) or not np.isfinite(found).all():
        raise DataError(f"{path} is empty or holds a number that is not finite. Take the published file.")
    return found


__all__ = ["DAY", "START", "Engines", "Fleet", "cmapss", "fleet_card", "run_to_failure", "simulate"]
