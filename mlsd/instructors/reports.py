"""The instructor's commands that look at a whole class: report, demo. Nothing heavy at the top, as in `commands`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlsd.instructors.grading import PANEL, Folder, Name
from mlsd.instructors.kept import gradebook_kept
from mlsd.telling import tell


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (report, demo):
        app.command(command.__name__, rich_help_panel=PANEL)(command)


def report(
    name: Name,
    to: Annotated[
        Path | None, typer.Option("--to", help="The page; default: classroom/reports/NAME/report.html.")
    ] = None,
    comment: Annotated[
        tuple[str, str] | None,
        typer.Option("--comment", metavar="GROUP TEXT", help="Comment on all answers of a group that the page lists."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write the comments; without it they are only listed.")] = False,
    folder: Folder = None,
) -> None:
    """Write a page about the class: marks, items, wrong answers that are alike, what to look at, similar code.

    With --comment, comment on all of a group instead: where a person has commented already, that comment stays.

    Examples: mlsd report reduce_latency; mlsd report reduce_latency --comment 3fa90c1e "Mind the unit." --yes
    """
    from grader.course import Course
    from grader.workflow.class_report import page
    from grader.workflow.class_report.comments import comment as comment_on

    course = Course.open(folder)
    if comment is None:
        tell(f"The report is {page.write(course, name, to)}")
        return
    with gradebook_kept(course, yes):
        done = comment_on(course, name, *comment, write=yes)
        for given in done:
            tell(f"{given.student}: {given.cell}: {given.outcome}")
        written = sum(given.is_new for given in done)
        following = course.command(f"feedback {name}") if yes else "the same with --yes"
        tell(f"{written} of {len(done)} {'commented' if yes else 'would be commented'}. Next: {following}")


def demo(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    seed: Annotated[int, typer.Option("--seed", help="Another seed is another class.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the report.")] = False,
) -> None:
    """Run a term in an empty folder: sixty made-up students, from release to report, each command shown.

    Example: mlsd demo ../demo
    """
    import shlex
    import webbrowser

    import grader
    from grader.workflow import demo as work

    work.prepare(Path(grader.__file__).parents[1], place)
    tell(f"cd {shlex.quote(str(place))}")
    _told(work, ("mlsd", "release", work.NAME), place)
    students = work.hand_in(place, seed)
    tell(f"# {len(students)} made-up students handed in: moodle.zip, roster.csv")
    for command in work.commands():
        _told(work, command, place)
    page = place.resolve() / "classroom" / "reports" / work.NAME / "report.html"
    tell(f"Report: {page}")
    if not no_browser:
        webbrowser.open(page.as_uri())


def _told(work: object, command: tuple[str, ...], place: Path) -> None:
    import shlex

    from grader.workflow.demo import run

    tell(f"$ {shlex.join(command)}")
    tell(f"  {run(command, place)}")
