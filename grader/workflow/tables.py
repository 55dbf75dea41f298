"""Tables that people and platforms save: CSV by commas, semicolons or tabs, in the encodings of spreadsheets."""

import codecs
import csv
import io
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from grader.errors import GraderError
from mlsd_lib.own_file import require_bounded

SEPARATORS = ",;\t"
MOST_BYTES = 100_000_000


def read_text(path: Path, what: str) -> str:
    """The text of a file in UTF-8, UTF-16 with its mark, or else Windows' Latin letters.

    Raises `GraderError` for no file, one that is too large, and what is no text; `what` names the file's purpose.
    """
    try:
        require_bounded(path, MOST_BYTES)
        content = path.read_bytes()
    except OSError as error:
        raise GraderError(f"the {what} {path} cannot be read ({error.strerror or error}). Name a CSV file.") from error
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ("utf-16",)
    else:
        encodings = () if b"\0" in content else ("utf-8-sig", "cp1252")  # type: ignore[assignment]
    for encoding in encodings:
        try:
            return unicodedata.normalize("NFC", content.decode(encoding))  # as names in archives are read
        except UnicodeDecodeError:
            continue
    raise GraderError(f"the {what} {path} is no text. Save it as CSV in UTF-8.")


def named_rows(path: Path, what: str, columns: Sequence[str]) -> list[tuple[int, list[str]]]:
    """The lines of a table that are not empty, each with its number and its fields in the order of `columns`.

    Raises `GraderError` where the first line does not name all of these.
    """
    headings, *rows = read_rows(read_text(path, what)) or [[]]
    places = {heading.strip().casefold(): place for place, heading in enumerate(headings)}
    if not set(columns) <= set(places):
        raise GraderError(
            f"the {what} {path}, line 1: it has the columns {', '.join(headings) or 'none'}; the first line is the "
            f"heading, with a comma, semicolon or tab as those below: {','.join(columns)}"
        )
    fields = [[[*row, *[""] * len(headings)][places[column]].strip() for column in columns] for row in rows]
    return [(number, found) for number, found in enumerate(fields, 2) if any(found)]


def read_rows(text: str) -> list[list[str]]:
    """The rows of a table; the separator is the one that the first line names (`sep=;`) or holds most often.

    After the headings the row at place k ends in line k + 1; empty ones stand for lines that end no row. Raises
    `GraderError` for what is no table.
    """
    first, _, rest = text.partition("\n")
    stated = first.strip().lower()[:4] == "sep=" and len(first.strip()) == 5
    separator = first.strip()[4] if stated else max(SEPARATORS, key=first.count)
    rows = csv.reader(io.StringIO(rest if stated else text, newline=""), delimiter=separator, strict=True)
    found: list[list[str]] = []
    try:
        for row in rows:
            found += [[]] * (rows.line_num + stated - 1 - len(found)) if found else []
            found.append(row)
        return found
    except csv.Error as error:
        line = rows.line_num + stated
        raise GraderError(
            f"line {line} of the table cannot be read ({error}). Is a quotation mark open? Save it again."
        ) from error
