"""The instructor's commands; a student edition does without this package, and without all that grades."""

import typer

from grader.answer_bank.report import bank_command
from mlsd.instructors import grading, marks, reports, term


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for room in (grading, marks, reports, term):
        room.register(app)
    app.command("bank")(bank_command)
