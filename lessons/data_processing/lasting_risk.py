"""A world of payments whose customers differ in a risk that never changes: the assumption, made for contrast."""

import numpy as np
import pandas as pd

DAY_S = 86_400
DELAY_SHAPE, DELAY_SCALE_DAYS = 2, 4.5
"""A report takes nine days on average (gamma)."""


def lasting_risk_payments(
    rng: np.random.Generator, days: int = 90, customers: int = 2_000, payments: int = 120_000
) -> pd.DataFrame:
    """Payments in the order of time: `time`, `customer_id`, `amount`, `is_fraud`, `report_time`, `day` (a fraction).

    A payment's log odds of fraud rise by 1.2 for each standard deviation of its customer's risk and by 0.25 for each
    step of e in the amount. `report_time` is missing for payments that are no fraud.
    """
    customer = rng.integers(0, customers, payments)
    second = np.sort(rng.uniform(0, days * DAY_S, payments)).astype(int)
    risk, amount = rng.normal(size=customers), rng.lognormal(3, 1, payments)
    odds = np.exp(-5.2 + 1.2 * risk[customer] + 0.25 * (np.log(amount) - 3))
    is_fraud = rng.random(payments) < odds / (1 + odds)
    delay_s = (rng.gamma(DELAY_SHAPE, DELAY_SCALE_DAYS, payments) * DAY_S).astype(int)
    time = pd.Series(pd.Timestamp("2026-01-05") + pd.to_timedelta(second, unit="s").as_unit("s"))
    reported = (time + pd.to_timedelta(delay_s, unit="s").as_unit("s")).where(is_fraud)
    columns = {"time": time, "customer_id": customer, "amount": amount, "is_fraud": is_fraud, "report_time": reported}
    return pd.DataFrame(columns).assign(day=second / DAY_S)
