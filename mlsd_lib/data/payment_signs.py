"""Five signs of fraud that need no label, as of the moment of each payment."""

import numpy as np
import pandas as pd

from mlsd_lib.data.windows import WindowIndex

DAY = np.timedelta64(1, "D")
SIGNS = ["log_amount", "log_over_usual", "payments_1d", "strange_terminal", "night"]


def payment_signs(payments: pd.DataFrame) -> pd.DataFrame:
    """For each row of `payments` (a `PaymentStream`'s), in its order and with its index, the numbers `SIGNS`.

    The logarithm of the amount, and of the amount over the customer's mean of 30 days, this payment included; the
    customer's payments in the 24 hours before; whether the customer was not at this terminal in the 30 days before;
    whether it is before six in the morning. Only earlier payments are looked at.
    """
    customer, terminal, time, amount = (
        payments[name].to_numpy() for name in ("customer_id", "terminal_id", "time", "amount")
    )
    card = WindowIndex(customer, time, amount)
    pair = customer * (terminal.max() + 1) + terminal
    count_30d, total_30d = card.totals(customer, time, 30 * DAY)
    visits_30d, _ = WindowIndex(pair, time, amount).totals(pair, time, 30 * DAY)
    return pd.DataFrame(
        {
            "log_amount": np.log(amount),
            "log_over_usual": np.log(amount * (count_30d + 1) / (total_30d + amount)),
            "payments_1d": card.totals(customer, time, DAY)[0],
            "strange_terminal": visits_30d == 0,
            "night": payments["time"].dt.hour.to_numpy() < 6,
        },
        index=payments.index,
    ).astype(float)
