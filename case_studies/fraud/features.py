"""What the model sees of a payment: computed for whole tables here, and for one payment at a time by `state`.

The fifteen features are those of the Fraud Detection Handbook (Le Borgne et al., 2022, chapter 3): amount, weekend,
night; how often and how much the customer paid over 1, 7 and 30 days; how busy and how risky the terminal was. Each
uses only what was known just before the payment. A terminal's risk counts the fraud *reports* that arrived in the
window over the payments of the window that ended `TERMINAL_DELAY` earlier; where each report takes exactly that
long, this is the Handbook's definition, and where it takes longer or shorter nothing from the future slips in.
"""

import numpy as np
import pandas as pd

from mlsd_lib.data import WindowIndex

WINDOW_DAYS = (1, 7, 30)
TERMINAL_DELAY = np.timedelta64(7, "D")
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


def reports_of(payments: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Every fraud report: `transaction_id`, `terminal_id`, and the `time` at which it arrives."""
    known = truth["label_time"].notna().to_numpy()
    reports = payments.loc[known, ["transaction_id", "terminal_id"]]
    return reports.assign(time=truth["label_time"].to_numpy()[known])
