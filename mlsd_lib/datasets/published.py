"""What every reader of a published file does in the same words: read it, refuse what breaks its rule, tell it apart.

Row counts alone do not tell a published file from noise of its length, nor one label from another. Readers compare
totals over several columns together, and a checksum of the values where a whole published file could be read here.
"""

import gzip
import hashlib
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataError

BROKEN = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
"""What the readers of files raise for one that is damaged, packed ones included."""
SEPARATORS = ";\t|"
"""What a table is saved with by mistake; a published .csv has commas."""
LARGEST_ID = 2**53 - 1
"""The largest whole number that a float, and so JSON, carries exactly."""


def published_file(place: str) -> Path:
    """The first that matches `place`, such as "fraud/*.parquet", below MLSD_DATA_DIR. Raises `DataError`."""
    folder = os.environ.get("MLSD_DATA_DIR")
    if not folder:
        raise DataError(f"MLSD_DATA_DIR is not set. Set it to the folder that holds {place}, or give a path.")
    found = sorted(Path(folder).glob(place))
    if not found:
        raise DataError(f"{folder} holds no {place}. Put the published file there, or give a path.")
    return found[0]


def read_table(path: Path, others: str, **options: Any) -> pd.DataFrame:
    """The table of a .csv (`options` go to pandas) or .parquet with a row; raises `DataError` for any other.

    `others`: the further kinds that may be given, in words.
    """
    if path.suffix == ".csv":
        return read_csv(path, (), **options)
    if path.suffix != ".parquet":
        raise DataError(f"{path} is of no known kind. Give a .parquet, a .csv, or {others}.")
    try:
        table = pd.read_parquet(path)
    except BROKEN as error:
        raise DataError(f"{path} cannot be read: {error}. Download the published file again.") from error
    _refuse_nothing(table, path)
    return table


def read_csv(path: Path, columns: Sequence[str], quoted: bool = True, **options: Any) -> pd.DataFrame:
    """The table of a published .csv or .csv.gz with at least `columns` and a row; raises `DataError` for any other.

    `quoted`: whether a message may quote the file; that of a parser quotes rows, which may hold people's words.
    `options` go to pandas.
    """
    refuse_other_separators(path, options.get("sep", ","))
    try:
        table = pd.read_csv(path, **options)
    except BROKEN as error:
        detail = f": {str(error).strip()}" if quoted else f" ({type(error).__name__})"
        raise DataError(f"{path} cannot be read{detail}. Published files are UTF-8: download it again.") from None
    require_columns(table, columns, path, quoted)
    _refuse_nothing(table, path)
    return table


def _refuse_nothing(table: pd.DataFrame, path: Path) -> None:
    if table.empty:
        raise DataError(f"{path} holds nothing, 0 rows below its header. Take the published file.")


def refuse_other_separators(path: Path, separator: str = ",") -> None:
    """Raises `DataError` for a text file that is not there, or whose first line has no `separator` but another one.

    The line is not quoted: a file that has lost its header begins with a row.
    """
    try:
        with gzip.open(path, "rt", errors="replace") if path.suffix == ".gz" else path.open(errors="replace") as file:
            header = file.readline()
    except FileNotFoundError:
        raise DataError(f"{path} does not exist. Put the published file there, or name its folder.") from None
    except BROKEN as error:
        raise DataError(f"{path} cannot be read: {error}. Download the published file again.") from None
    other = next((character for character in SEPARATORS + "," if character in header), "")
    if other and separator not in header:
        raise DataError(
            f"{path} is separated by {other!r}; the published file is by {separator!r}, with a point in decimals. "
            "Save it again so, or take the published file."
        )


def require_columns(table: pd.DataFrame, columns: Sequence[str], path: Path | str, quoted: bool = True) -> None:
    """Raises `DataError` for the first of `columns` that `table`, read from `path`, lacks.

    `quoted`: whether the message may name the columns that are there; of a file that has lost its header these are
    values of its first row.
    """
    missing = [name for name in columns if name not in table.columns]
    if missing:
        there = f" (it has {', '.join(map(str, table.columns[:14]))})" if quoted else ""
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


def finite_numbers(table: pd.DataFrame, column: str, path: Path) -> pd.Series:
    """The numbers of a column, (n,); raises `DataError` for a row without one."""
    numbers = pd.to_numeric(table[column], errors="coerce")
    refuse_rows(~np.isfinite(numbers), table, column, "it must hold finite numbers", path)
    return numbers


def whole_numbers(
    table: pd.DataFrame, column: str, path: Path, empty: int | None = None, most: int = LARGEST_ID, what: str = ""
) -> pd.Series:
    """The whole numbers from 0 to `most` of a column, (n,) of int64; raises `DataError` for a row with anything else.

    `empty`: what an empty cell becomes; if None it is refused. `what`: what the numbers are, for a message.
    """
    numbers, missing = pd.to_numeric(table[column], errors="coerce"), table[column].isna() & (empty is not None)
    good = numbers.between(0, most) & (numbers % 1 == 0)
    refuse_rows(~good & ~missing, table, column, f"it must hold whole numbers from 0 to {most:,}{what}", path)
    return numbers.mask(missing, empty).astype("int64")


def times(table: pd.DataFrame, column: str, path: Path, form: str = "") -> pd.Series:
    """The times of a column in UTC, (n,) of datetime64[us]; raises `DataError` for a row that is not of ISO 8601.

    `form`: another form, months first, in which the published file may have been saved. It is read where all rows have
    it and a day above 12 shows which of its numbers is the month.
    """
    given = table[column]
    recorded = pd.api.types.is_datetime64_any_dtype(given)
    if not recorded:
        given = given.astype(str)
        other = pd.to_datetime(given, format=form, errors="coerce") if form else None
        if other is not None and other.notna().all() and other.dt.day.max() > 12:  # no month
            return other.dt.as_unit("us")
        given = given.where(given.str.match(r"\d{4}-\d\d-\d\d"))
    time = pd.to_datetime(given, format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
    rule = "dates are of ISO 8601, such as 2018-04-01 13:30:00 or 2018-04-01T13:30:00+02:00, and of 1970 to 2099"
    refuse_rows(~time.dt.year.between(1970, 2099), table, column, rule, path)
    if not recorded:
        zone = given.str.contains(r"[T ].*[Z+-]")
        refuse_rows(zone != zone[:1].any(), table, column, "as in row 0, all have a zone or none has", path)
    return time.dt.as_unit("us")


def require_groups(groups: Any, least: int, what: str, source: str, rows: int = 1) -> None:
    """Raises `DataError` unless `least` of the `groups`, (n,), have `rows` rows; `what` they are, in words."""
    found = int((pd.Series(groups).value_counts() >= rows).sum())
    if found < least:
        raise DataError(f"{source} holds {found} {what}; the protocol needs {least}. Give more, or the published file.")


def plain(value: Any) -> Any:
    """A value of a table for a message: 2.0, not np.float64(2.0)."""
    return value.item() if isinstance(value, np.generic) else value


def differences(published: Mapping[str, float], found: Iterable[float]) -> tuple[str, ...]:
    """Where the figures `found`, in the order of the `published` ones, differ from them, in words for a card.

    Figures are compared in whole units: sums of decimals depend on their order in the last digits.
    """
    return tuple(
        f"{here:,.0f} {what}, published {there:,.0f}"
        for (what, there), here in zip(published.items(), found, strict=True)
        if not abs(np.rint(here) - np.rint(there)) < 1  # nor where there is nothing to count: nan
    )


def other_contents(columns: Sequence[pd.Series | np.ndarray], published: str) -> tuple[str, ...]:
    """Says in words for a card that columns of text, or of whole numbers, have not the `checksum` of the published."""
    found = checksum(columns)
    return () if found == published else (f"its values have the checksum {found}, published {published}",)


def checksum(columns: Sequence[pd.Series | np.ndarray]) -> str:
    """The first 16 hex digits of a SHA-256 over the values of columns in their order; names and index do not count."""
    digest = hashlib.sha256()
    for column in map(np.asarray, columns):
        if column.dtype.kind in "iufb":
            digest.update(column.astype("<i8").tobytes())
        else:
            digest.update("\n".join(map(str, column)).encode())
    return digest.hexdigest()[:16]
