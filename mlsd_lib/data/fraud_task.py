"""The fraud stream as a task for models: seven signs of a payment, weeks to learn from, later weeks to judge on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlsd_lib.data.payment_signs import payment_signs
from mlsd_lib.data.windows import WindowIndex
from mlsd_lib.datasets.fraud import PaymentStream

WEEK = np.timedelta64(7, "D")


@dataclass(frozen=True)
class FraudTask:
    """Payments with what is known of each at its moment, and what came out; all arrays have a row a payment.

    `signs`: numbers, in float32; `fraud`: bool; `kind`: "stolen", "burst", "terminal" or ""; `day`: whole days since
    the first; `learn`, `test`: bool, the weeks to learn from and the weeks after them.
    """

    payments: pd.DataFrame
    signs: pd.DataFrame
    fraud: np.ndarray
    kind: np.ndarray
    day: np.ndarray
    learn: np.ndarray
    test: np.ndarray


def fraud_task(stream: PaymentStream, warm_up_days: int, learn_days: int) -> FraudTask:
    """`stream` as a task: what comes after the days of warming up and of learning is for judging.

    The signs are the five of `payment_signs`, the `terminal_risk` (fraud reports that arrived about the terminal in the
    seven days before the payment, over its payments of the seven days that ended a week before it) and `payments_7d`
    (the customer's in seven days). The labels are the true ones, as if known at once.
    """
    payments, truth = stream.payments.reset_index(drop=True), stream.truth
    day = ((payments["time"] - payments["time"].iloc[0].normalize()) // pd.Timedelta(days=1)).to_numpy()
    signs = payment_signs(payments).assign(
        terminal_risk=terminal_risk(payments, truth["label_time"].to_numpy()), payments_7d=_payments_7d(payments)
    )
    return FraudTask(
        payments,
        signs.astype(np.float32),
        truth["is_fraud"].to_numpy(),
        truth["mechanism"].astype(str).to_numpy(),
        day,
        learn=(day >= warm_up_days) & (day < warm_up_days + learn_days),
        test=day >= warm_up_days + learn_days,
    )


def terminal_risk(payments: pd.DataFrame, report_time: np.ndarray) -> np.ndarray:
    """For each payment the reports about its terminal in the week before, over the payments of a week earlier, (n,).

    `report_time`: (n,) datetime64, not a time where a payment was never reported. The denominator lies a week back
    because a report takes about that long; where there were no payments it is 1.
    """
    terminal, time = payments["terminal_id"].to_numpy(), payments["time"].to_numpy()
    known = ~np.isnat(report_time)
    reported = WindowIndex(terminal[known], report_time[known], np.ones(known.sum()))
    paid, _ = WindowIndex(terminal, time, np.ones(len(time))).totals(terminal, time, WEEK, WEEK)
    return reported.totals(terminal, time, WEEK)[0] / np.maximum(paid, 1)


def _payments_7d(payments: pd.DataFrame) -> np.ndarray:
    customer, time = payments["customer_id"].to_numpy(), payments["time"].to_numpy()
    return WindowIndex(customer, time, np.ones(len(time))).totals(customer, time, WEEK)[0].astype(float)
