"""Diagrams of the lessons on data storage: what a question reads of a lake, and where deleted lines are still held."""

from collections.abc import Mapping

import pandas as pd

from mlsd_lib.lesson import diagram
from mlsd_lib.lesson.diagram_picture import Diagram


def lake_flow(reads: pd.DataFrame, files: int) -> Diagram:
    """The diagram of a question to a lake of so many `files`; the last of `reads` (`Meter.counts`) is its cost."""
    best, whole = reads.iloc[-1], reads.iloc[0]
    return diagram(
        "question -> folder names -> footers -> row groups -> answer",
        "folder names: {opened:.0f} of {files} files opened",
        "footers: {footers:.0f} kB, {footer_share:.0f} % of what is read",
        "row groups: {data:.0f} kB of {all_data:,.0f}",
        opened=best["files opened"],
        files=files,
        footers=best["footers (kB)"],
        footer_share=100 * best["footers (kB)"] / (best["footers (kB)"] + best["data (kB)"]),
        data=best["data (kB)"],
        all_data=whole["data (kB)"],
    )


def erasure_flow(held: Mapping[str, int | None], copied_percent: float) -> Diagram:
    """The diagram of a deletion from a table with a past.

    `held` counts a household's lines that were deleted, are listed by the table, and are on disk before and after the
    vacuum; `copied_percent` is the share of all rows that the deletion wrote again.
    """
    return diagram(
        "request -> commit -> current version",
        "commit -> old files -> vacuum",
        "commit: writes {copied:.0f} % of the rows again",
        "current version: {listed} of {deleted} lines left",
        "old files: {on_disk} lines left",
        "vacuum: {after} lines left, and no past",
        copied=copied_percent,
        listed=held["listed"],
        deleted=held["deleted"],
        on_disk=held["on disk"],
        after=held["on disk after the vacuum"],
    )
