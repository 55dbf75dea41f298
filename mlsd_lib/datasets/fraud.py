"""Card payments: the simulator's, the Fraud Detection Handbook's, and ULB's, behind one `load`.

All three come back as a `PaymentStream` with the same columns, so that whoever uses it need not know which it was.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataCard, DataError
from mlsd_lib.datasets.fraud_simulator import FraudSimulator
from mlsd_lib.datasets.pickled_tables import read_pickled_table
from mlsd_lib.datasets.published import (
    differences,
    finite_numbers,
    published_file,
    read_table,
    refuse_rows,
    require_columns,
    times,
    whole_numbers,
)

HANDBOOK_COLUMNS = ("TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD")
HANDBOOK_ROWS, HANDBOOK_FRAUDS, HANDBOOK_TOTAL = 1_754_155, 14_681, 94_079_370.08
HANDBOOK_SCENARIOS = {0: "", 1: "large amount", 2: "terminal", 3: "stolen"}
HANDBOOK_FIRST = pd.Timestamp("2018-04-01")
HANDBOOK_LIMIT = 220
"""Every amount above it is a fraud in the Handbook's transactions (its first scenario)."""
ULB_COLUMNS = ("Time", *(f"V{i}" for i in range(1, 29)), "Amount", "Class")
ULB_PUBLISHED = {
    "rows": 284_807,
    "frauds": 492,
    "as the sum of Amount": 25_162_590.01,
    "as the Amount of all frauds": 60_127.97,
    "s as the last Time": 172_792,
    "thousandths as the spread of V1": 1_958.696,
    "thousandths as the spread of V28": 330.083,
    "thousandths as the mean of V14 over frauds": -6_971.723,
}
"""As `describe` shows of the published file and of its frauds."""
FIXED_DELAY = pd.Timedelta(days=7)
"""When the published files' frauds count as known: the Handbook's protocol; the files do not say."""


@dataclass(frozen=True)
class PaymentStream:
    """Payments, and apart from them the truth.

    `payments`, ordered by time: `transaction_id`, `time`, `customer_id`, `terminal_id`, `amount`; ULB has no customers
    and terminals but `V1` to `V28`. `truth`, same order, indexed by `transaction_id`: `is_fraud`, `mechanism`,
    `label_time`.
    """

    payments: pd.DataFrame
    truth: pd.DataFrame
    card: DataCard


def load(source: str | Path = "simulator", seed: int = 0, days: int = 90, **options: Any) -> PaymentStream:
    """The stream from `source`: "simulator", "handbook" (below MLSD_DATA_DIR), or the path of a published file.

    A path may be a Parquet file, a CSV file, or the Handbook's folder of daily pickles, of which nothing is run.
    `seed`, `days` and `options` belong to the simulator. Raises `DataError`.
    """
    if source == "simulator":
        return simulate(np.random.default_rng(seed), days, **options)
    path = published_file("fraud/*.parquet") if source == "handbook" else Path(source)
    if not path.exists():
        raise DataError(f'{path} does not exist. Give "simulator", "handbook" or the path of a published file.')
    table = _read_table(path)
    if "Class" in table.columns or "V1" in table.columns:
        return _from_ulb(table, path)
    return _from_handbook(table, path)


def simulate(rng: np.random.Generator, days: int = 90, **options: Any) -> PaymentStream:
    """`days` of simulated payments. `options` are those of `FraudSimulator`."""
    payments, truth = FraudSimulator(rng, **options).advance(days)
    return PaymentStream(payments, truth, simulator_card(len(payments)))


def simulator_card(rows: int) -> DataCard:
    """The card of `rows` simulated payments."""
    return DataCard(
        "simulated card payments",
        rows,
        "MIT",
        real=False,
        source="mlsd_lib.datasets.fraud_simulator",
        notes=("a fraud becomes known when its chargeback arrives, on average 4 to 20 days later",),
    )


def _read_table(path: Path) -> pd.DataFrame:
    pickles = sorted(path.glob("*.pkl")) if path.is_dir() else [path] if path.suffix == ".pkl" else []
    if pickles:
        return pd.concat(map(read_pickled_table, pickles), ignore_index=True)
    return read_table(path, "a folder of .pkl files")


def _from_handbook(table: pd.DataFrame, path: Path) -> PaymentStream:
    require_columns(table, HANDBOOK_COLUMNS, path)
    time = times(table, "TX_DATETIME", path)
    ids = {name: whole_numbers(table, name, path) for name in HANDBOOK_COLUMNS if name.endswith("_ID")}
    refuse_rows(ids["TRANSACTION_ID"].duplicated(), table, "TRANSACTION_ID", "each may occur once", path)
    amount = finite_numbers(table, "TX_AMOUNT", path)
    refuse_rows(amount < 0, table, "TX_AMOUNT", "amounts are not negative", path)
    fraud = finite_numbers(table, "TX_FRAUD", path)
    refuse_rows(~fraud.isin([0, 1]), table, "TX_FRAUD", "it is 0 or 1", path)
    columns = {name.lower(): values for name, values in ids.items()}
    payments = pd.DataFrame({**columns, "amount": amount.astype(float)})
    payments.insert(1, "time", time)
    told = "TX_FRAUD_SCENARIO" in table  # if not, frauds are of a scenario without a name
    scenario = whole_numbers(table, "TX_FRAUD_SCENARIO", path, empty=-1) if told else len(HANDBOOK_SCENARIOS) * fraud
    mechanism = scenario.map(HANDBOOK_SCENARIOS).fillna("unknown").where(fraud == 1, "")
    card = DataCard(
        "Fraud Detection Handbook transactions",
        len(table),
        "CC BY-SA 4.0",
        real=False,
        source=str(path),
        notes=("simulated by the Handbook's authors", "a fraud counts as known after 7 days"),
        differences=_of_the_handbook(payments, fraud, table.assign(TX_FRAUD_SCENARIO=scenario)),
    )
    return _ordered(payments, fraud == 1, mechanism, card)


def _from_ulb(table: pd.DataFrame, path: Path) -> PaymentStream:
    require_columns(table, ULB_COLUMNS, path)
    numbers = pd.DataFrame({name: finite_numbers(table, name, path) for name in ULB_COLUMNS})
    refuse_rows(numbers["Amount"] < 0, table, "Amount", "amounts are not negative", path)
    late = ~numbers["Time"].between(0, 1e9)
    refuse_rows(late, table, "Time", "it holds the seconds since the first payment, 0 to 1,000,000,000", path)
    refuse_rows(~numbers["Class"].isin([0, 1]), table, "Class", "it is 0 or 1", path)
    payments = numbers.drop(columns=["Time", "Class"]).rename(columns={"Amount": "amount"})
    payments.insert(0, "transaction_id", np.arange(len(table)))
    payments.insert(1, "time", pd.Timestamp("2013-09-01") + pd.to_timedelta(numbers["Time"], unit="s"))
    fraud = numbers["Class"] == 1
    card = DataCard(
        "ULB credit card transactions",
        len(table),
        "DbCL 1.0",
        real=True,
        source=str(path),
        notes=("no customers or terminals; V1 to V28 are principal components", "day 0 is set to 2013-09-01"),
        differences=_of_ulb(numbers, fraud),
    )
    return _ordered(payments, fraud, fraud.map({True: "unknown", False: ""}), card)


def _of_the_handbook(payments: pd.DataFrame, fraud: pd.Series, table: pd.DataFrame) -> tuple[str, ...]:
    """How payments differ from the Handbook's: from all of them, and where they are a part, from the rules of all."""
    ids, amount, rows = payments["transaction_id"], payments["amount"], len(payments)
    since = pd.to_numeric(table.get("TX_TIME_SECONDS", pd.Series(np.nan, table.index)), errors="coerce")
    scenario, total = table["TX_FRAUD_SCENARIO"], amount.sum()
    published = {
        "rows": HANDBOOK_ROWS,
        "frauds": HANDBOOK_FRAUDS,
        "EUR in all": HANDBOOK_TOTAL if rows == HANDBOOK_ROWS else total,
        "transaction ids missing between the ends": 0,
        f"honest payments above {HANDBOOK_LIMIT} EUR": 0,
        "payments whose TX_TIME_SECONDS are not those since the first day": 0,
        "payments whose scenario is not that of a fraud": 0,
    }
    found = (
        *(rows, fraud.sum(), total, int(ids.max() - ids.min()) + 1 - rows),
        ((amount > HANDBOOK_LIMIT) & (fraud == 0)).sum(),
        (since.notna() & (since != (payments["time"] - HANDBOOK_FIRST).dt.total_seconds())).sum(),
        ((scenario > 0) != (fraud == 1)).sum(),
    )
    return differences(published, found)


def _of_ulb(numbers: pd.DataFrame, fraud: pd.Series) -> tuple[str, ...]:
    found = (
        *(len(numbers), fraud.sum(), numbers["Amount"].sum(), numbers["Amount"][fraud].sum(), numbers["Time"].max()),
        *(1_000 * value for value in (numbers["V1"].std(), numbers["V28"].std(), numbers["V14"][fraud].mean())),
    )
    return differences(ULB_PUBLISHED, found)


def _ordered(payments: pd.DataFrame, fraud: pd.Series, mechanism: pd.Series, card: DataCard) -> PaymentStream:
    truth = pd.DataFrame(
        {
            "is_fraud": fraud.to_numpy(dtype=bool),
            "mechanism": mechanism.to_numpy(dtype=str),
            "label_time": (payments["time"] + FIXED_DELAY).where(fraud).to_numpy(),
        },
        index=pd.Index(payments["transaction_id"], name="transaction_id"),
    )
    order = np.lexsort([payments["transaction_id"], payments["time"]])
    return PaymentStream(payments.iloc[order].reset_index(drop=True), truth.iloc[order], card)
