"""Tables as CSV that is safe to open in a spreadsheet: texts come from students, and a spreadsheet runs formulas."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the second four: how some keyboards type them
# Where a semicolon separates cells, in most of Europe, a quote within what is one cell there opens none: a semicolon or
# a line's end in a text begins another.
INNER = re.compile(rf"""([;\n][\s"]*)(?=[{re.escape("".join(FORMULA))}])""")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The text of a CSV file with a heading, no cell of which a spreadsheet takes for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([harmless(value) for value in row] for row in rows)
    return text.getvalue()


def harmless(value: Any) -> Any:
    """The value; a text without control characters, and with an apostrophe before what would be a formula, also for a
    spreadsheet that separates cells by semicolons."""
    if not isinstance(value, str):
        return value
    value = "".join(character if character.isprintable() or character == "\n" else " " for character in value)
    value = INNER.sub(r"\1'", value)
    return f"'{value}" if value.lstrip().startswith(FORMULA) else value
