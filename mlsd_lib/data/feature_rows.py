"""Tables on their way into a feature store: the kind of each column, what is refused, and the values to store."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlsd_lib.datasets import DataError

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("entity", "event_time", "known_time")
RESERVED = ("at",)
TIMES = {"time": "datetime64[us]", "time UTC": "datetime64[us, UTC]"}
DTYPES = {"int": "Int64", "float": "float64", "bool": "boolean", "str": "str"}
PYTHON = {"int": int, "float": float, "bool": bool, "str": str}
INFERRED = {
    "integer": "int",
    "floating": "float",
    "mixed-integer-float": "float",
    "boolean": "bool",
    "string": "str",
}
"""What pandas' `infer_dtype` says, and what it is here."""


@dataclass(frozen=True)
class Batch:
    """Rows ready for the store: the kind of each column, and the values in the same order, times in microseconds."""

    kinds: dict[str, str]
    records: list[tuple[Any, ...]]


def batch_of(view: str, rows: "pd.DataFrame", known_time: Any, kinds: dict[str, str]) -> Batch:
    """`rows` as a batch for `view`, whose columns so far have `kinds` (none for a new view).

    Raises `DataError` for what the view cannot take, naming column, number of rows, a value and the fix.
    """
    rows = _with_known_time(rows, known_time)
    names = [*KEYS, *(name for name in [*kinds, *rows.columns] if name not in KEYS)]
    names = list(dict.fromkeys(names))
    _check_names(view, names, rows.columns)
    found = {name: _kind(view, rows[name], kinds.get(name)) for name in names}
    if found["event_time"] != found["known_time"]:
        raise DataError(
            f"For the view {view!r} event_time is {found['event_time']} and known_time is {found['known_time']}; "
            "both have a time zone or neither has. Use .dt.tz_localize."
        )
    return Batch(found, list(zip(*(_values(view, rows[name], found[name]) for name in names), strict=True)))


def _with_known_time(rows: "pd.DataFrame", known_time: Any) -> "pd.DataFrame":
    """`rows` with the column `known_time`: its own, a renamed one, one moment for all, or the event time."""
    import pandas as pd

    if known_time is None:
        given = "known_time" in rows.columns or "event_time" not in rows.columns
        return rows if given else rows.assign(known_time=rows["event_time"])
    if isinstance(known_time, str) and known_time in rows.columns:
        return rows.rename(columns={known_time: "known_time"})
    try:
        return rows.assign(known_time=pd.Series(pd.Timestamp(known_time), index=rows.index))
    except (ValueError, TypeError):
        raise DataError(
            f"known_time is {known_time!r}: neither a moment nor one of the columns {list(rows.columns)}. Give one."
        ) from None


def _check_names(view: str, names: list[str], given: "pd.Index") -> None:
    for name in (view, *names):
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_]\w{0,62}", name, re.ASCII) or name in RESERVED:
            raise DataError(
                f"{name!r} is no name for a view or column: letters, digits and _, not {RESERVED[0]!r}. Rename it."
            )
    absent = [name for name in names if name not in given]
    if absent:
        raise DataError(
            f"The rows for the view {view!r} lack the column {absent[0]!r}. Give it, with missing values if unknown."
        )
    if len({name.casefold() for name in names}) < len(given) or len(names) == len(KEYS):
        raise DataError(f"The rows for the view {view!r} need a feature, and no column twice: {list(given)}. Rename.")


def _kind(view: str, column: "pd.Series", before: str | None) -> str:
    """The kind of `column`: the one it had `before` if all its values can be of it."""
    import pandas as pd

    name, missing = column.name, column.isna()
    if name in KEYS and missing.any():
        raise _refused(view, column, missing, "must not be missing", "Leave such rows out, or find the value.")
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        kind = "time UTC" if column.dt.tz is not None else "time"
    else:
        kind = INFERRED.get(pd.api.types.infer_dtype(column, skipna=True), "")
    if before and name not in KEYS and (missing.all() or (kind, before) == ("int", "float")):
        return before
    if kind == "float" and before == "int" and not (column.dropna() % 1).any():
        return before  # integers that pandas made floats because one is missing
    if before and kind != before:
        raise _refused(view, column, ~missing, f"is {kind or column.dtype} and was {before}", "Convert, or rename it.")
    allowed = ("int", "str") if name == "entity" else tuple(TIMES) if name in KEYS else tuple(DTYPES)
    if kind not in allowed:
        raise _refused(view, column, ~missing, f"is {column.dtype}, none of {', '.join(allowed)}", "Convert it.")
    return kind


def _values(view: str, column: "pd.Series", kind: str) -> list[Any]:
    """The values as SQLite takes them, None for a missing one."""
    if kind in TIMES:
        exact = column.dt.as_unit("us")
        finer = exact != column
        if finer.any():
            raise _refused(view, column, finer, "is finer than a microsecond", "Round it with .dt.floor('us').")
        return exact.to_numpy(dtype="datetime64[us]").astype("int64").tolist()
    convert = PYTHON[kind]
    return [None if gone else convert(value) for value, gone in zip(column, column.isna(), strict=True)]


def _refused(view: str, column: "pd.Series", which: "pd.Series", rule: str, fix: str) -> DataError:
    """The error for the rows of `column` that are marked in `which`."""
    example = f", for example {column[which].head(1).tolist()[0]!r}" if which.any() else ""
    return DataError(f"The view {view!r} refuses {column.name}: {int(which.sum()):,} rows{example}: it {rule}. {fix}")
