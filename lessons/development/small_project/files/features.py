"""What the model sees of a payment, from a table of them."""

import numpy as np
import pandas as pd

COLUMNS = ("log_amount", "night", "new_customer", "abroad")


def features_of(payments: pd.DataFrame) -> pd.DataFrame:
    """One row a payment, the columns `COLUMNS`."""
    hour = payments["hour"]
    table = {
        "log_amount": np.log1p(payments["amount_eur"]),
        "night": (hour < 6) | (hour >= 22),
        "new_customer": payments["customer_days"] < 30,
        "abroad": payments["country"] != payments["home"],
    }
    return pd.DataFrame(table).astype(float)
