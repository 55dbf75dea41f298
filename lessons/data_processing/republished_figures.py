"""Figures that are published again and again while reports come in: each row says what was known when."""

import numpy as np
import pandas as pd

WEEK_DAYS = 7


def weekly_fraud_shares(payments: pd.DataFrame, weeks: int) -> pd.DataFrame:
    """For each Monday, each earlier week and each terminal: the week's share of fraud, as reported by that Monday.

    `payments` has `time`, `day` (days since the first midnight, a fraction), `terminal_id` (0, 1, 2, ...) and
    `report_time` (missing without a report). Rows hold `terminal_id`, `event_time` (the week's end), `known_time` (the
    Monday) and `share`, in the order of publication; a week without payments has the share 0.
    """
    terminals, start = int(payments["terminal_id"].max()) + 1, payments["time"].iloc[0].normalize()
    cell = ((payments["day"] // WEEK_DAYS).astype(int) * terminals + payments["terminal_id"]).to_numpy()
    reported_day = ((payments["report_time"] - start) / pd.Timedelta(days=1)).to_numpy()
    paid = np.bincount(cell, minlength=weeks * terminals)
    published = []
    for monday in range(1, weeks + 1):
        frauds = np.bincount(cell[reported_day < WEEK_DAYS * monday], minlength=weeks * terminals)
        week, terminal = np.divmod(np.arange(monday * terminals), terminals)
        share = frauds[: len(week)] / np.maximum(paid[: len(week)], 1)
        ended = start + pd.to_timedelta(WEEK_DAYS * (week + 1), unit="D")
        known = start + pd.Timedelta(days=WEEK_DAYS * monday)
        columns = {"terminal_id": terminal, "event_time": ended, "known_time": known, "share": share}
        published.append(pd.DataFrame(columns))
    return pd.concat(published, ignore_index=True)


def report_counts(payments: pd.DataFrame, entity: str) -> pd.DataFrame:
    """A row each time a report arrives: `entity`, `report_time`, and how many `reports` there are by then about it.

    `payments` has the column `entity` (say, customer_id) and `report_time`, missing without a report.
    """
    reported = payments[payments["report_time"].notna()].sort_values("report_time", kind="stable", ignore_index=True)
    return reported[[entity, "report_time"]].assign(reports=reported.groupby(entity).cumcount() + 1)
