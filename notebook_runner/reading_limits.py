"""How much code a lesson may ask a student to read in an hour, and how much of it at once."""

import statistics
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from notebook_runner.canonical import code_lines, source_of

MOST_CELLS = {"lesson": 32, "case_study": 42}
"""Code cells by kind: a case study runs a system from its data to an incident, in 75 minutes instead of 60."""
MOST_LINES = 420
MOST_AT_THE_MEDIAN, MOST_AT_THE_90TH_PERCENTILE = 9, 16
"""Code lines of a cell; the courses that read best have 4 and 11 lines a cell."""


def reading_faults(cells: Iterable[Mapping[str, Any]], kind: str = "lesson") -> Iterator[str]:
    """What of the `cells` is too much to read, as sentences, by the bounds above; other kinds have no bounds."""
    lengths = sorted(code_lines(source_of(cell)) for cell in cells if cell["cell_type"] == "code")
    if not lengths or kind not in MOST_CELLS:
        return
    measured = (
        ("code cells", len(lengths), MOST_CELLS[kind]),
        ("code lines", sum(lengths), MOST_LINES),
        ("code lines in the median cell", statistics.median(lengths), MOST_AT_THE_MEDIAN),
        ("code lines in the 90th percentile of cells", lengths[int(0.9 * len(lengths))], MOST_AT_THE_90TH_PERCENTILE),
    )
    for what, have, most in measured:
        if have > most:
            yield f"It has {have:g} {what}; {most} is the most. Cut it, or move set-up to a module."
