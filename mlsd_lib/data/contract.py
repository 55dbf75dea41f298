"""A contract between whoever sends a table and whoever uses it, checked by pandera.

A table that breaks it is set aside whole, with the reasons beside it: half a table is a bias nobody sees, and a
dropped one cannot be fixed.
"""

import io
import json
import os
import tempfile
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsd_lib.datasets import DataError
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema

OF_ROWS = "(row)"
OF_TABLE = "(table)"
LONGEST_EXAMPLE = 60


@dataclass(frozen=True)
class Fault:
    """One broken rule: how many rows break it, and the value of the first of them, empty if no value is to blame.

    `column` is (row) for a rule about several columns of a row, and (table) for one about the table as a whole.
    """

    column: str
    rule: str
    rows: int
    example: str

    def __str__(self) -> str:
        example = f", for example {self.example}" if self.example else ""
        return f"{self.column}: {self.rows:,} rows break the rule {self.rule}{example}"


class ContractBroken(CourseError):
    """A table that was not admitted. `faults` says why, `quarantined` where it lies now."""

    def __init__(self, name: str, found: Sequence[Fault], quarantined: Path | None, problem: str = ""):
        self.faults, self.quarantined = tuple(found), quarantined
        where = f"It was set aside whole in {quarantined}." if quarantined else "It was not admitted."
        where += f" It could not be set aside: {problem}." if problem else ""
        super().__init__("\n  ".join([f"The table {name} breaks its contract. {where}", *map(str, found)]))


def faults(table: "pd.DataFrame", contract: "DataFrameSchema") -> list[Fault]:
    """Every rule of `contract` that `table` breaks, the most frequent first; empty if it keeps all of them.

    Raises `DataError` for a contract that would change the table (coerce, default, strict="filter", ...): what was
    checked then is not what is used.
    """
    from pandera.errors import SchemaErrors

    # Rows are counted by their label, so the labels are to be unique.
    checked = table.reset_index(drop=True) if contract.index is None else table
    try:
        returned = contract.validate(checked, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases.astype({"column": object, "check": object})
        of_table = (cases["schema_context"] == "DataFrameSchema") | cases["column"].isna()
        cases["about"] = [
            _about(*case)
            for case in zip(cases["column"], cases["failure_case"], of_table, cases["index"].notna(), strict=True)
        ]
        found = [
            Fault(about, str(rule), _rows(group, len(table)), _example(about, group, checked))
            for (about, rule), group in cases.groupby(["about", "check"], sort=False)
        ]
        return sorted(found, key=lambda fault: -fault.rows)
    if not returned.equals(checked):
        raise DataError(
            "The contract changes the table while it checks it (coerce, default, parsers or strict='filter'). "
            "Take that out of the contract and convert the table before, by name."
        )
    return []


def _about(column: Any, failed: Any, of_table: bool, of_a_row: bool) -> str:
    """What a failure is about: its column; the column that is its value, as for an absent one; rows; or the table."""
    if not of_table:
        return str(column)
    if of_a_row:
        return OF_ROWS
    return failed if isinstance(failed, str) else OF_TABLE


def _rows(group: "pd.DataFrame", all_rows: int) -> int:
    return all_rows if group["index"].isna().any() else int(group["index"].nunique())


def _example(about: str, group: "pd.DataFrame", checked: "pd.DataFrame") -> str:
    first = group.iloc[0]
    if about == OF_ROWS:
        # From the table: pandera brings the values of a row to one type.
        row = checked.loc[[first["index"]]].iloc[:1]
        names = group.loc[group["index"] == first["index"], "column"]
        text = ", ".join(f"{name}={_plain(row[name].iloc[0])!r}" for name in names)
    elif isinstance(value := _plain(first["failure_case"]), bool) and group["index"].isna().all():
        text = ""  # a rule about a whole column or table that answered no
    else:
        text = repr(value)
    return text if len(text) <= LONGEST_EXAMPLE else text[: LONGEST_EXAMPLE - 3] + "..."


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def admit(
    table: "pd.DataFrame", contract: "DataFrameSchema", name: str, quarantine: Path | None = None
) -> "pd.DataFrame":
    """`table` itself if it keeps `contract`.

    Otherwise the whole table goes to `quarantine` as `NAME.parquet` with `NAME.json` saying why, never over an earlier
    one, and `ContractBroken` is raised. Values that Parquet would refuse or change are kept as Python writes them.
    """
    if Path(name).name != name:
        raise DataError(f"The table's name is {name!r}; it becomes a file's name. Give one without a folder.")
    found = faults(table, contract)
    if not found:
        return table
    try:
        place = _set_aside(table, found, name, quarantine) if quarantine else None
    except OSError as error:
        raise ContractBroken(name, found, None, str(error)) from error
    raise ContractBroken(name, found, place)


def _set_aside(table: "pd.DataFrame", found: Sequence[Fault], name: str, quarantine: Path) -> Path:
    """Where the table lies now. Its file is written under another name first, so that no half of one is ever there."""
    quarantine.mkdir(parents=True, exist_ok=True)
    reasons = json.dumps([asdict(fault) for fault in found], indent=2)
    handle, unfinished = tempfile.mkstemp(dir=quarantine, prefix=f".{name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_as_parquet(table))
            file.flush()
            os.fsync(file.fileno())
        for path in _free_places(name, quarantine):
            try:
                with path.with_suffix(".json").open("x", encoding="utf-8") as claim:  # one process alone gets it
                    claim.write(reasons)
            except FileExistsError:
                continue
            os.replace(unfinished, path)
            return path
        raise AssertionError("numbers do not end")
    except BaseException:
        os.unlink(unfinished)
        raise


def _free_places(name: str, quarantine: Path) -> Iterator[Path]:
    tried = 1
    while True:
        path = quarantine / (f"{name}.parquet" if tried == 1 else f"{name}-{tried}.parquet")
        if not path.exists():
            yield path
        tried += 1


def _as_parquet(table: "pd.DataFrame") -> bytes:
    """The table as it is, or, where Parquet cannot hold it so, with text for the values of the columns concerned."""
    import pandas as pd

    labels = table.index.to_frame(index=False)
    columns = [part.iloc[:, place] for part in (table, labels) for place in range(part.shape[1])]
    if all(_is_of_one_type(column) for column in columns):
        content = _written(table)
        if content is not None:
            return content
    indexed = not isinstance(table.index, pd.RangeIndex)
    whole = table.reset_index(allow_duplicates=True) if indexed else table
    kept: dict[Hashable, pd.Series] = {}
    for place in range(whole.shape[1]):
        name, column = str(whole.columns[place]), whole.iloc[:, place].reset_index(drop=True)
        holds = _is_of_one_type(column) and _written(column.to_frame("column")) is not None
        kept[f"{name}, column {place}" if name in kept else name] = column if holds else column.astype(object).map(repr)
    return _written(pd.DataFrame(kept)) or b""


def _is_of_one_type(column: "pd.Series") -> bool:
    """False for a column whose values Arrow might bring to one type or time zone, and so change."""
    values = column[column.notna()] if column.dtype == object else ()
    return len({(type(value), getattr(value, "tzinfo", None)) for value in values}) <= 1


def _written(table: "pd.DataFrame") -> bytes | None:
    """The file's content; None for what Arrow refuses."""
    import pyarrow as pa

    file = io.BytesIO()
    try:
        table.to_parquet(file)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return None
    return file.getvalue()
