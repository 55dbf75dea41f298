"""A contract between whoever sends a table and whoever uses it, checked by pandera.

A table that breaks it is set aside whole, with the reasons beside it: half a table is a bias nobody sees, and a
dropped one cannot be fixed.
"""

import itertools
import json
import os
import tempfile
from collections.abc import Sequence
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

    Otherwise the whole table goes to `quarantine` as `NAME.csv` with `NAME.json` saying why, never over an earlier one,
    and `ContractBroken` is raised. Numbers and times are there as they are, other values as Python writes them.
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
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            _exact(table).to_csv(file)
            file.flush()
            os.fsync(file.fileno())
        for number in itertools.count(1):
            path = quarantine / (f"{name}.csv" if number == 1 else f"{name}-{number}.csv")
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


def _exact(table: "pd.DataFrame") -> "pd.DataFrame":
    """The table, of which CSV keeps each value: numbers and times as they are, others as Python writes them."""
    import pandas as pd

    columns = [_written(table.iloc[:, place]).reset_index(drop=True) for place in range(table.shape[1])]
    exact = pd.concat([pd.Series(range(len(table))), *columns], axis=1).iloc[:, 1:]  # one more, lest there be none
    return exact.set_axis(_written(table.index), axis="index")


def _written(values: Any) -> Any:
    """A column or index of numbers or times as it is, another with the text that Python writes for each value."""
    import pandas as pd

    exact = pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values)
    return values if exact else values.astype(object).map(repr)
