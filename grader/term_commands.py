"""The instructor's commands around a term: who takes part, until when, and what goes back to the learning platform."""

from pathlib import Path
from typing import Annotated

import typer

from grader.commands import PANEL, Folder
from grader.unwritable import unwritable_told


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (roster,):
        app.command(command.__name__, rich_help_panel=PANEL)(unwritable_told(command))


def roster(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV: your own table, Moodle's or Canvas's export.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove who is not in FILE any more and has handed in nothing.")
    ] = False,
    folder: Folder = None,
) -> None:
    """Enter the class into the gradebook: names, e-mail, id, section. Then `mlsd collect` knows whom a file means.

    A column id, ID number or login is the student's id, else the e-mail; it stays as it is in later exports.

    Examples: mlsd roster class.csv --dry-run; mlsd roster ~/Downloads/courseid_42_participants.csv
    """
    from collections import Counter

    from grader.course import Course
    from grader.workflow.roster import enter

    course = Course.open(folder)
    if not dry_run:
        course.require_writable()
    changes = enter(course, file, dry_run, remove)
    for one in changes:
        if one.outcome != "unchanged" or one.detail:
            typer.echo(f"{one.outcome:15s}  {one.person}" + (f": {one.detail}" if one.detail else ""))
    counts = Counter(one.outcome for one in changes)
    told = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    typer.echo(f"{told}. " + ("Nothing was written." if dry_run else f"Gradebook: {course.directory.db_url}"))
