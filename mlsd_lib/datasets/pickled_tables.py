"""Pickled tables read without running what is in them: a pickle may call any name, here only those a table needs.

The daily files of the Fraud Detection Handbook ask for nine names, all of pandas 1 and numpy. Every other is refused
before it is looked up.
"""

import pickle
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.compat import pickle_compat

from mlsd_lib.datasets.card import DataError

NAMES_OF_TABLES = frozenset(
    {
        ("builtins", "slice"),
        *(("numpy", name) for name in ("dtype", "ndarray")),
        *((module, "_reconstruct") for module in ("numpy.core.multiarray", "numpy._core.multiarray")),
        *((module, "DataFrame") for module in ("pandas", "pandas.core.frame")),
        *((module, "Index") for module in ("pandas", "pandas.core.indexes.base")),
        ("pandas.core.indexes.base", "_new_Index"),
        ("pandas.core.indexes.numeric", "Int64Index"),
        ("pandas.core.indexes.range", "RangeIndex"),
        ("pandas.core.internals.managers", "BlockManager"),
    }
)
"""Module and name, as a pickle writes them, before and since pandas 2 and numpy 2. None of them runs given code."""


class _TableUnpickler(pickle_compat.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in NAMES_OF_TABLES:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no table needs")
        return super().find_class(module, name)


def read_pickled_table(path: Path) -> pd.DataFrame:
    """The table in a pickle written by pandas 1; raises `DataError` for one that asks for anything but a table."""
    try:
        with path.open("rb") as file:
            table = _TableUnpickler(file).load()
    except Exception as error:  # a pickle that is broken may raise anything
        raise DataError(
            f"{path} cannot be read: {error or type(error).__name__}. Only tables of pandas 1, as published, are read "
            "from pickles: download it again, or convert it to Parquet where it was made."
        ) from None
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"{path} holds a {type(table).__name__}, not a table. Take the published file.")
    return table
