"""`mlsd new`: a lesson, a case study or an exercise as a small example that passes all tests."""

from pathlib import Path
from typing import Annotated

import typer

from mlsd.new.example import check_name, check_title, copy_example
from mlsd.new.lesson import lesson
from notebook_runner.course import course_root

new = typer.Typer(no_args_is_help=True, help="Write a small example that passes all tests, and change it bit by bit.")
new.command("lesson")(lesson)
Course = Annotated[Path | None, typer.Option("--course", help="The course folder; default: the one around you.")]


@new.command()
def case(
    name: Annotated[str, typer.Argument(help="One lower-case word, the name of its folder and modules.")],
    title: Annotated[str, typer.Option(help="What readers see; the name, if not given.")] = "",
    folder: Course = None,
) -> None:
    """Write a small case study: its modules, its notebook, what the tests ask of it.

    Example: mlsd new case parcels --title "Parcels: which one arrives late"
    """
    check_name("a case", name)
    check_title(title := title or name.replace("_", " ").capitalize())
    for path in copy_example(course_root(folder or Path.cwd()), "case", NAME=name, TITLE=title):
        typer.echo(path)
    typer.echo(f"Begin with: mlsd notebooks --fix case_studies/{name}; pytest tests/case_studies -k {name}")


@new.command()
def exercise(
    name: Annotated[str, typer.Argument(help="Its name: small letters, digits and underscores.")],
    folder: Course = None,
) -> None:
    """Write a small exercise with all its parts. Example: mlsd new exercise estimate_capacity"""
    check_name("an exercise", name)
    title = name.replace("_", " ").capitalize()
    for path in copy_example(course_root(folder or Path.cwd()), "exercise", NAME=name, TITLE=title):
        typer.echo(path)
    typer.echo(f"Begin with: mlsd bank --cases {name}; mlsd release {name}; pytest tests/grader/suites -k {name}")
