"""The instructor's commands about marks that stand already: their log, and what a changed test would make of them."""

from pathlib import Path
from typing import Annotated

import typer

from grader.commands import PANEL, Folder, Name
from grader.unwritable import unwritable_told


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (marks,):
        app.command(command.__name__, rich_help_panel=PANEL)(unwritable_told(command))


def marks(
    name: Name,
    student: Annotated[str, typer.Option("--student", help="Only students that match, e.g. 'a*'.")] = "*",
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE.csv", help="Write a CSV instead.")] = None,
    folder: Folder = None,
) -> None:
    """Show every mark that was ever written, oldest first: when, by what, points before and after, for which digest.

    Marks given in formgrader are entered when the next command sees them. Times are UTC.

    Examples: mlsd marks reduce_latency --student alice; mlsd marks reduce_latency --to log.csv
    """
    from grader.course import Course
    from grader.workflow.marks import logged_marks, write_marks

    rows = logged_marks(Course.open(folder), name, student)
    if to is not None:
        write_marks(rows, to)
    for one in () if to is not None else rows:
        change = f"{_points(one.before)} -> {_points(one.after)}"
        item = f"{one.notebook}/{one.item}"
        typer.echo(f"{one.time}  {one.student}  {item}  {change}  {one.way}  ({one.command})  {one.digest[:12]}")
    typer.echo(f"{len(rows)} marks were written" + (f": {to}" if to is not None else "."))


def _points(points: float | None) -> str:
    return "none" if points is None else f"{points:g}"
