"""What every reader of a published file refuses, in the same words: a missing column, rows that break its rule."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataError


def require_columns(table: pd.DataFrame, columns: Sequence[str], path: Path | str, quoted: bool = True) -> None:
    """Raises `DataError` for the first of `columns` that `table`, read from `path`, lacks.

    `quoted`: whether the message may name the columns that are there; of a file that has lost its header these are
    values of its first row.
    """
    missing = [name for name in columns if name not in table.columns]
    if missing:
        there = f" (it has {', '.join(map(str, table.columns[:14]))})" if quoted else ""
        only = str(table.columns[0]) if len(table.columns) == 1 else ""
        separator = next((one for one in ";\t|" if one in only), "")
        if separator:
            raise DataError(
                f"{path} is separated by {separator!r} and lacks the column {missing[0]}{there}. "
                "Save it again separated by commas, with a point in decimals."
            )
        raise DataError(
            f"{path} lacks the column {missing[0]}{there}. "
            "Columns are read by their published names: rename them back, or take the published file."
        )


def refuse_rows(bad: pd.Series, table: pd.DataFrame, column: str, rule: str, path: Path) -> None:
    """Raises `DataError` for the first row that is `bad`, (n,) of bool: its value in `column`, and the `rule`."""
    if bad.any():
        row = int(np.argmax(bad.to_numpy()))
        raise DataError(
            f"{path}, column {column}: {plain(table[column].iloc[row])!r} in row {row} ({int(bad.sum())} such rows); "
            f"{rule}. "
            "Fix or drop those rows."
        )


def plain(value: Any) -> Any:
    """A value of a table for a message: 2.0, not np.float64(2.0)."""
    return value.item() if isinstance(value, np.generic) else value
