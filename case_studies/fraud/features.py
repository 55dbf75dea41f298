"""What the model sees of a payment: computed for whole tables, and for one payment at a time.

The fifteen features are those of the Fraud Detection Handbook (Le Borgne et al., 2022, chapter 3): amount, weekend,
night; how often and how much the customer paid over 1, 7 and 30 days; how busy and how risky the terminal was. Each
uses only what was known just before the payment. A terminal's risk counts the fraud *reports* that arrived in the
window over the payments of the window that ended `TERMINAL_DELAY` earlier; where each report takes exactly that
long, this is the Handbook's definition, and where it takes longer or shorter nothing from the future slips in.

The service computes the same by SQL, from what it remembers: two implementations of one definition, which a test
compares over days of payments.
"""

import sqlite3

import numpy as np
import pandas as pd

from case_studies.fraud.data import reports_of
from mlsd_lib.data import WindowIndex

WINDOW_DAYS = (1, 7, 30)
TERMINAL_DELAY = np.timedelta64(7, "D")
DAY_US = 86_400_000_000
HISTORY = TERMINAL_DELAY + np.timedelta64(max(WINDOW_DAYS), "D")
"""How far back a feature looks: a model's first rows, and the service's memory, need that much before them."""
FEATURES = (
    "amount",
    "weekend",
    "night",
    *(f"customer_{what}_{days}d" for days in WINDOW_DAYS for what in ("count", "mean_amount")),
    *(f"terminal_{what}_{days}d" for days in WINDOW_DAYS for what in ("count", "risk")),
)


def features_of(payments: pd.DataFrame, truth: pd.DataFrame, first: int = 0) -> pd.DataFrame:
    """One row of features a payment, from row `first` on; of `truth` only the times of the reports are used.

    The rows before `first` are history. Where payments have no customers and terminals (ULB), their `V` columns
    stand in.
    """
    asked = payments.iloc[first:]
    time = asked["time"].dt
    columns = {"amount": asked["amount"].to_numpy()}
    columns["weekend"] = (time.day_of_week >= 5).to_numpy(float)
    columns["night"] = (time.hour <= 6).to_numpy(float)
    if "customer_id" in payments:
        columns |= _customer_features(payments, asked)
        columns |= _terminal_features(payments, asked, reports_of(payments, truth))
        columns = {name: columns[name] for name in FEATURES}
    else:
        columns |= {name: asked[name].to_numpy() for name in payments.columns if name.startswith("V")}
    return pd.DataFrame(columns, index=pd.Index(asked["transaction_id"], name="transaction_id"))


def _customer_features(payments: pd.DataFrame, asked: pd.DataFrame) -> dict[str, np.ndarray]:
    index = WindowIndex(*(payments[name].to_numpy() for name in ("customer_id", "time", "amount")))
    customer, time, amount = (asked[name].to_numpy() for name in ("customer_id", "time", "amount"))
    columns = {}
    for days in WINDOW_DAYS:
        count, total = index.totals(customer, time, np.timedelta64(days, "D"))
        columns[f"customer_count_{days}d"] = count + 1.0  # with the payment itself
        columns[f"customer_mean_amount_{days}d"] = (total + amount) / (count + 1)
    return columns


def _terminal_features(payments: pd.DataFrame, asked: pd.DataFrame, reports: pd.DataFrame) -> dict[str, np.ndarray]:
    paid, reported = (
        WindowIndex(events["terminal_id"].to_numpy(), events["time"].to_numpy(), np.ones(len(events)))
        for events in (payments, reports)
    )
    terminal, time = asked["terminal_id"].to_numpy(), asked["time"].to_numpy()
    columns = {}
    for days in WINDOW_DAYS:
        window = np.timedelta64(days, "D")
        count, _ = paid.totals(terminal, time, window, TERMINAL_DELAY)
        frauds, _ = reported.totals(terminal, time, window)
        columns[f"terminal_count_{days}d"] = count.astype(float)
        columns[f"terminal_risk_{days}d"] = frauds / np.maximum(count, 1)
    return columns


# One pass over the longest window answers all three: each sum keeps the rows that are young enough.
def _window_query(table: str, group: str, value: str = "") -> str:
    young = [f"(time_us >= :time_us - {days * DAY_US})" for days in WINDOW_DAYS]
    sums = [f"SUM({is_young}{times})" for is_young in young for times in (["", f" * {value}"] if value else [""])]
    longest = max(WINDOW_DAYS) * DAY_US
    where = f"{group} = :group AND time_us >= :time_us - {longest} AND time_us < :time_us"
    return f"SELECT {', '.join(sums)} FROM {table} WHERE {where}"


CUSTOMER_PAID = _window_query("payments", "customer_id", "amount")
TERMINAL_SEEN = _window_query("payments", "terminal_id")
TERMINAL_REPORTED = _window_query("reports", "terminal_id")
DELAY_US = int(TERMINAL_DELAY / np.timedelta64(1, "us"))


def online_features(
    memory: sqlite3.Connection, time_us: int, customer_id: int, terminal_id: int, amount: float
) -> np.ndarray:
    """The features of one payment, (15,), in the order of `FEATURES`, from what is older than it in `memory`.

    `memory` has the tables `payments` (customer_id, terminal_id, time_us, amount) and `reports` (terminal_id, time_us).
    """

    def sums(query: str, group: int, now_us: int) -> list[float]:
        return [x or 0 for x in memory.execute(query, {"group": group, "time_us": now_us}).fetchone()]

    time, paid = pd.Timestamp(time_us, unit="us"), sums(CUSTOMER_PAID, customer_id, time_us)
    seen = sums(TERMINAL_SEEN, terminal_id, time_us - DELAY_US)
    reported = sums(TERMINAL_REPORTED, terminal_id, time_us)
    row = [amount, float(time.day_of_week >= 5), float(time.hour <= 6)]
    for count, total in zip(paid[::2], paid[1::2], strict=True):
        row += [count + 1, (total + amount) / (count + 1)]
    for count, frauds in zip(seen, reported, strict=True):
        row += [count, frauds / max(count, 1)]
    return np.array(row, dtype=float)
