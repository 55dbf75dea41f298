"""A student's commands: where one stands, what one remembers, handing in, a notebook put back, a new version.

They work in a student edition; nothing that grades may be imported here.
"""

import typer

from mlsd.students import commands

PANEL = "Your work"


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (commands.status, commands.recall, commands.submit, commands.reset, commands.update):
        app.command(command.__name__, rich_help_panel=PANEL)(command)
