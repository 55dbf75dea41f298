"""`python -m tests.repeated`: tests that start a process, a server, a browser or a clock, many times on a busy machine.

`reach` says which tests these are, `plugin` chooses them in pytest and notes what each did, `book` keeps and counts
that, `load` keeps the machine busy, `command` repeats and tells.
"""

import sys

import typer

from notebook_runner.errors import CourseError
from tests.repeated.command import repeat_tests

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(repeat_tests)

if __name__ == "__main__":
    try:
        app(prog_name="python -m tests.repeated")
    except CourseError as error:
        typer.echo(f"tests.repeated: {error}", err=True)
        sys.exit(2)
