"""A customer's history as a nightly job knows it: complete up to the last midnight, and blind since then."""

import numpy as np
import pandas as pd

from mlsd_lib.data.windows import WindowIndex


def history_of_last_midnight(inputs: pd.DataFrame, payments: pd.DataFrame) -> pd.DataFrame:
    """`inputs` with the customer's figures of the last midnight before each payment, the payment itself added.

    `payments` has `customer_id`, `time` and `amount` of all payments; `inputs` has some of its index labels, and the
    columns `customer_count_1d`, `customer_count_30d` and `customer_mean_amount_30d`, which are replaced.
    """
    index = WindowIndex(*(payments[name].to_numpy() for name in ("customer_id", "time", "amount")))
    asked = payments.loc[inputs.index]
    customer, midnight = asked["customer_id"].to_numpy(), asked["time"].dt.normalize().to_numpy()
    day_count, _ = index.totals(customer, midnight, np.timedelta64(1, "D"))
    count, total = index.totals(customer, midnight, np.timedelta64(30, "D"))
    mean = (total + asked["amount"].to_numpy()) / (count + 1)
    figures = {"customer_count_1d": day_count + 1, "customer_count_30d": count + 1, "customer_mean_amount_30d": mean}
    return inputs.assign(**figures)
