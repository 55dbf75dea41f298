"""A contract between whoever sends a table and whoever uses it, checked by pandera.

A table that breaks it is set aside whole, with the reasons beside it: half a table is a bias nobody sees, and a
dropped one cannot be mended.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlsd_lib.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema


@dataclass(frozen=True)
class Fault:
    """One broken rule: how many rows break it, and the value of the first of them."""

    column: str
    rule: str
    rows: int
    example: str

    def __str__(self) -> str:
        return f"{self.column}: {self.rows:,} rows break the rule {self.rule}, for example {self.example}"


class ContractBroken(CourseError):
    """A table that was not admitted. `faults` says why, `quarantined` where it lies now."""

    def __init__(self, name: str, found: Sequence[Fault], quarantined: Path | None):
        self.faults, self.quarantined = tuple(found), quarantined
        where = f"It was set aside whole in {quarantined}." if quarantined else "It was not admitted."
        super().__init__("\n  ".join([f"The table {name} breaks its contract. {where}", *map(str, found)]))


def faults(table: "pd.DataFrame", contract: "DataFrameSchema") -> list[Fault]:
    """Every rule of `contract` that `table` breaks, the most frequent first; empty if it keeps all of them."""
    from pandera.errors import SchemaErrors

    try:
        contract.validate(table, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases.astype({"column": object, "check": object})
        of_table = cases["column"].isna() | (cases["schema_context"] == "DataFrameSchema")
        cases["column"] = cases["column"].where(~of_table, cases["failure_case"].astype(str))
        found = [
            Fault(str(column), str(rule), _rows(group, len(table)), _short(group["failure_case"].iloc[0]))
            for (column, rule), group in cases.groupby(["column", "check"], sort=False)
        ]
        return sorted(found, key=lambda fault: -fault.rows)
    return []


def _rows(group: "pd.DataFrame", all_rows: int) -> int:
    return all_rows if group["index"].isna().any() else int(group["index"].nunique())


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def admit(
    table: "pd.DataFrame", contract: "DataFrameSchema", name: str, quarantine: Path | None = None
) -> "pd.DataFrame":
    """`table` itself if it keeps `contract`.

    Otherwise the whole table goes to `quarantine` as `NAME.parquet` with `NAME.json` saying why, never over an earlier
    one, and `ContractBroken` is raised.
    """
    found = faults(table, contract)
    if not found:
        return table
    raise ContractBroken(name, found, _set_aside(table, found, name, quarantine) if quarantine else None)


def _set_aside(table: "pd.DataFrame", found: Sequence[Fault], name: str, quarantine: Path) -> Path:
    import numpy as np
    import pyarrow as pa

    quarantine.mkdir(parents=True, exist_ok=True)
    tried, path = 1, quarantine / f"{name}.parquet"
    while path.exists():
        tried += 1
        path = quarantine / f"{name}-{tried}.parquet"
    try:
        table.to_parquet(path)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # a column of mixed types: keep every value as Python writes it
        mixed = [column for column, kind in table.dtypes.items() if kind == np.dtype(object)]
        table.assign(**{column: table[column].map(repr) for column in mixed}).to_parquet(path)
    path.with_suffix(".json").write_text(json.dumps([asdict(fault) for fault in found], indent=2), encoding="utf-8")
    return path
