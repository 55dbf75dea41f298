"""Machines that wear out: the simulated fleet, and the readers of C-MAPSS, AI4I and NAB by their published names."""

import json
import os
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
    plain,
    read_csv,
    refuse_other_separators,
    refuse_rows,
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
AI4I_COLUMNS = (
    *("UDI", "Product ID", "Type", "Air temperature [K]", "Process temperature [K]", "Rotational speed [rpm]"),
    *("Torque [Nm]", "Tool wear [min]", "Machine failure", "TWF", "HDF", "PWF", "OSF", "RNF"),
)
AI4I_PUBLISHED = {
    "rows": 10_000,
    "failures": 339,
    "TWF": 46,
    "HDF": 115,
    "PWF": 95,
    "OSF": 98,
    "RNF": 19,
    "parts of type L": 6_000,
    "parts of type M": 2_997,
    "parts of type H": 1_003,
    "Nm as the sum of Torque": 399_869.1,
    "min as the sum of Tool wear": 1_079_510,
    "rows whose PWF is not that of its rule": 0,
    "rows whose OSF is not that of its rule": 0,
}
OVERSTRAIN = {"L": 11_000, "M": 12_000, "H": 13_000}
"""Minutes of wear times Nm above which a part of this type fails (OSF); a power outside of 3,500 to 9,000 W fails too
(PWF). Both by the description of the data set."""
NAB_COLUMNS = ("timestamp", "value")
NAB_PUBLISHED = {"realKnownCause/machine_temperature_system_failure.csv": (22_695, 1_950_101.88, 2_268)}
"""Of the series that a machine sent: rows, the sum of its values, and rows in windows of anomalies."""


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
    place = _cmapss_folder() if folder is None else Path(folder)
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


def ai4i(path: str | Path) -> tuple[pd.DataFrame, DataCard]:
    """AI4I 2020, a row a part with the columns `AI4I_COLUMNS`, and its card. Raises `DataError`."""
    table = read_csv(Path(path), AI4I_COLUMNS, encoding="utf-8-sig")
    for column in AI4I_COLUMNS[8:]:
        if not table[column].isin([0, 1]).all():
            odd = table[column][~table[column].isin([0, 1])].iloc[0]
            raise DataError(f"{path}, column {column}: {odd}; it is 0 or 1. Fix or drop those rows.")
    for column in AI4I_COLUMNS[3:8]:
        number = pd.to_numeric(table[column], errors="coerce")
        refuse_rows(~np.isfinite(number), table, column, "it is a number", Path(path))
    torque, wear, kind = table["Torque [Nm]"], table["Tool wear [min]"], table["Type"]
    power = torque * table["Rotational speed [rpm]"] * 2 * np.pi / 60
    by_rule = {"PWF": (power < 3_500) | (power > 9_000), "OSF": wear * torque > kind.map(OVERSTRAIN)}
    found = (
        *(len(table), *(table[name].sum() for name in AI4I_COLUMNS[8:])),
        *((kind == variant).sum() for variant in OVERSTRAIN),
        *(torque.sum(), wear.sum(), *((table[name] != rule).sum() for name, rule in by_rule.items())),
    )
    notes = ("synthetic; rows are parts, not one machine over time",)
    return table, DataCard(
        "AI4I 2020", len(table), "CC BY 4.0", False, str(path), notes, differences(AI4I_PUBLISHED, found)
    )


def nab(path: str | Path, windows: str | Path) -> tuple[pd.DataFrame, DataCard]:
    """One series of NAB: `timestamp`, `value` and whether it lies in an `anomaly` window, in order; and its card.

    `windows`: NAB's combined_windows.json, which names a series by folder and file. Raises `DataError`.
    """
    path = Path(path)
    table = read_csv(path, NAB_COLUMNS, encoding="utf-8-sig")[list(NAB_COLUMNS)]
    time = pd.to_datetime(table["timestamp"], errors="coerce")
    value = pd.to_numeric(table["value"], errors="coerce")
    for column, bad in (("timestamp", time.isna()), ("value", ~np.isfinite(value))):
        if bad.any():
            row = int(np.argmax(bad.to_numpy()))
            raise DataError(
                f"{path}, column {column}: {plain(table[column].iloc[row])!r} in row {row}. Fix or drop it."
            )
    known = _windows(Path(windows), name := f"{path.parent.name}/{path.name}")
    anomaly = np.zeros(len(table), dtype=bool)
    for first, last in known:
        anomaly |= ((time >= first) & (time <= last)).to_numpy()
    series = pd.DataFrame({"timestamp": time, "value": value, "anomaly": anomaly})
    found = (len(series), value.sum(), anomaly.sum())
    names = ("rows", "as the sum of values", "rows in windows")
    published = dict(zip(names, NAB_PUBLISHED.get(name, found), strict=True))
    notes = (f"{len(known)} windows", *(() if name in NAB_PUBLISHED else ("not compared with a published figure",)))
    card = DataCard(f"NAB {name}", len(series), "MIT", True, str(path), notes, differences(published, found))
    return series.sort_values("timestamp", kind="stable", ignore_index=True), card


def _windows(path: Path, name: str) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """The first and the last moment of each window of the series `name`, from NAB's combined_windows.json."""
    try:
        known = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise DataError(f"{path} is no JSON: {error}. Take the published combined_windows.json.") from None
    if not isinstance(known, dict) or name not in known:
        raise DataError(f"{path} has no windows for {name}; keep the file in its published folder, one of NAB's.")
    try:
        found = [(pd.Timestamp(first), pd.Timestamp(last)) for first, last in known[name]]
        if any(pd.isna(moment) for pair in found for moment in pair):
            raise ValueError("a moment is missing")
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{path}, windows of {name}: {error}; each is a first and a last moment. Take the published file."
        ) from None
    return found


def _text(path: Path) -> str:
    """The text of a file; raises `DataError` where there is none or it is not UTF-8."""
    if not path.exists():
        raise DataError(f"{path} does not exist. Put the published file there, or name its folder.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}. Published files are UTF-8: download it again.") from None


def _cmapss_folder() -> Path:
    folder = os.environ.get("MLSD_DATA_DIR")
    if not folder:
        raise DataError("MLSD_DATA_DIR is not set. Set it to the folder that holds maintenance/CMAPSS, or give a path.")
    return Path(folder, "maintenance", "CMAPSS")


def _engines(path: Path) -> pd.DataFrame:
    table = pd.DataFrame(_numbers(path, len(CMAPSS_COLUMNS)), columns=list(CMAPSS_COLUMNS))
    steps = table.groupby("unit")["cycle"].diff().dropna()
    if (steps != 1).any():
        row = int(steps.index[(steps != 1).to_numpy()][0])
        raise DataError(
            f"{path}, column cycle: {table['cycle'][row]:.0f} in row {row} does not follow the cycle before it. "
            "Each engine's cycles count up by one: take the published file, unsorted and whole."
        )
    return table.astype({"unit": int, "cycle": int})


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


__all__ = ["DAY", "START", "Engines", "Fleet", "ai4i", "cmapss", "fleet_card", "nab", "run_to_failure", "simulate"]
