"""Twelve ways in which the table of a day of payments goes wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

UNKNOWN_TERMINAL = 99_999
Spoil = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


def ways_to_spoil(yesterday: pd.DataFrame, terminals: int) -> dict[str, Spoil]:
    """Name of a way -> function from a good table and a generator to a bad table; the good one stays as it is.

    Tables have `time`, `customer_id`, `terminal_id` and `amount`; `yesterday` is the table of the day before.
    """
    return {
        "renamed": lambda table, rng: table.rename(columns={"amount": "amount_eur"}),
        "text": lambda table, rng: table.assign(amount=_with_comma(table["amount"])),
        "gaps": lambda table, rng: _replaced(table, "customer_id", 0.01, np.nan, rng),
        "negative": lambda table, rng: _replaced(table, "amount", 0.01, -table["amount"], rng),
        "unknown terminal": lambda table, rng: _replaced(table, "terminal_id", 0.01, UNKNOWN_TERMINAL, rng),
        "twice": lambda table, rng: pd.concat([table, table[_some(table, 0.02, rng)]]).sort_values("time"),
        "UTC": lambda table, rng: table.assign(time=table["time"] + pd.Timedelta(hours=5)),
        "yesterday": lambda table, rng: yesterday,
        "half a day": lambda table, rng: table[table["time"].dt.hour < 17],
        "cents": lambda table, rng: in_cents(table, terminals, 0.1, rng),
        "default": lambda table, rng: _replaced(table, "amount", 0.02, 10.0, rng),
        "one row off": lambda table, rng: table.assign(amount=np.roll(table["amount"], 1)),
    }


def in_cents(table: pd.DataFrame, terminals: int, share: float, rng: np.random.Generator) -> pd.DataFrame:
    """The table with the amounts of a `share` of the terminals (0 to `terminals` - 1) in cents."""
    theirs = table["terminal_id"].isin(rng.choice(terminals, int(share * terminals), replace=False))
    return table.assign(amount=table["amount"].mask(theirs, 100 * table["amount"]))


def _some(table: pd.DataFrame, share: float, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(len(table)) < share * len(table)


def _replaced(table: pd.DataFrame, column: str, share: float, value: Any, rng: np.random.Generator) -> pd.DataFrame:
    return table.assign(**{column: table[column].mask(_some(table, share, rng), value)})


def _with_comma(amounts: pd.Series) -> pd.Series:
    return amounts.map("{:.2f}".format).str.replace(".", ",")
