"""The instructor's commands about marks that stand already: their log, and what a changed test would make of them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlsd.instructors.grading import PANEL, Folder, Name
from mlsd.instructors.kept import gradebook_kept
from mlsd.telling import tell
from notebook_runner.visible import visible

if TYPE_CHECKING:
    from grader.course import Course
    from grader.workflow.regrade import Report

MOST_FAULTS = 20
"""So many lines of a file of requests that name nothing are shown."""


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (regrade, marks, shares):
        app.command(command.__name__, rich_help_panel=PANEL)(command)


def regrade(
    name: Name,
    student: Annotated[str, typer.Option("--student", help="Only students that match, e.g. 'a*'.")] = "*",
    yes: Annotated[bool, typer.Option("--yes", help="Record the new marks; without it nothing is written.")] = False,
    requests: Annotated[
        Path | None,
        typer.Option("--requests", metavar="FILE.csv", help="What students ask: id (on their feedback), item, reason."),
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Run also those whom no change reaches.")] = False,
    timeout: Annotated[int | None, typer.Option("--timeout", min=1, help="Seconds a cell may take.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="The seed that student code starts with.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Workers; 0: one a processor.")] = 0,
    sandbox: Annotated[str, typer.Option("--sandbox", help="Level: limits, landlock, namespaces.")] = "",
    require_sandbox: Annotated[bool, typer.Option("--require-sandbox", help="As in mlsd grade.")] = False,
    scheduler: Annotated[str, typer.Option("--scheduler", metavar="ADDRESS", help="As in mlsd grade.")] = "",
    folder: Folder = None,
) -> None:
    """Show what a changed test, seed or threshold makes of the marks that stand; record it with --yes.

    Runs the students whom a change reaches, with the limits that they were graded with. Marks given by hand stand; one
    that was given for an older text is named. Exit status 1 if anybody could not be run.

    --requests lists what students ask for with the points as they are, and runs these students again whether a change
    reaches them or not.

    Examples: mlsd regrade reduce_latency; mlsd regrade reduce_latency --yes; mlsd regrade ps1 --student 'a*' --all;
    mlsd regrade ps1 --requests requests.csv
    """
    from contextlib import nullcontext
    from functools import partial

    from grader.course import Course
    from grader.grading.records import Options
    from grader.grading.warm_start import begun_early
    from grader.workflow import regrade as work
    from grader.workflow.release import is_unreleased
    from mlsd.instructors.progress import progress

    course = Course.open(folder)
    students, report = work.chosen(course, name, student), work.Report()
    faults: list[str] = []
    if requests is not None:
        asking, faults = _tell_requests(course, name, requests)
        students, everyone = [candidate for candidate in students if candidate in asking], True
    if is_unreleased(course, name):
        _tell_unreleased(course, name)
    given = {"timeout_s": timeout, "seed": seed}
    given = {key: value for key, value in given.items() if value is not None}
    options = Options(jobs, force=everyone, level=sandbox, require_level=require_sandbox, scheduler=scheduler)
    say = partial(tell, err=True)
    with gradebook_kept(course, yes):
        with begun_early(Course.root_of(folder), name) if not scheduler else nullcontext() as begun:
            running = work.regrade(course, name, students, options, say, report, yes, given, preload=begun)
            for _ in progress(running, len(students), "looked at"):
                pass
        _tell_regraded(report)
        if yes:
            feedback = course.command(f"feedback {name}")
            tell(f"{report.written} were recorded. Marks by hand stand; feedback: {feedback}")
    if not yes and (report.ran or report.kept):
        chosen = (["--student", student] if student != "*" else []) + (
            ["--requests", str(requests)] if requests else []
        )
        again = course.command(shlex.join(["regrade", name, *chosen, "--yes"]))
        tell(f"Nothing was written. To record this, without running it again: {again}")
    raise typer.Exit(1 if report.failures or faults else 0)


def _tell_unreleased(course: Course, name: str) -> None:
    first = course.command(f"release {name}")
    tell(f"{name}: its source was changed but not released; the tests of the release are run: {first}", err=True)


def _tell_requests(course: Course, name: str, path: Path) -> tuple[set[str], list[str]]:
    """The students who ask, and the lines that name nothing that is known."""
    from grader.workflow.regrade_requests import read_requests

    found, faults = read_requests(course, name, path)
    for asked in found:
        often = f" ({asked.times:,} times)" if asked.times > 1 else ""
        points = f"{asked.points:g} of {asked.maximum:g}"
        tell(f"{asked.student} asks{often}: {asked.item or 'all'}, {points}. {asked.reason}")
    for fault in faults[:MOST_FAULTS]:
        tell(f"{path}, {fault}", err=True)
    if len(faults) > MOST_FAULTS:
        tell(f"{path}: {len(faults) - MOST_FAULTS:,} more lines name nothing that is known", err=True)
    return {asked.student for asked in found}, faults


def _tell_regraded(report: Report) -> None:
    """The table of what changes, a line a student who needs a look, the summary."""
    from rich.console import Console
    from rich.table import Table

    if report.changes:
        table = Table(title="Points by student and item", title_justify="left")
        for heading in ("student", "item", "old", "new", "by hand", "because"):
            table.add_column(heading, overflow="fold")
        for change in report.changes:
            by_hand = "" if change.by_hand is None else f"{change.by_hand:g}"
            points = _points(change.old), _points(change.new), by_hand
            table.add_row(*map(visible, (change.student, change.item, *points, change.why)))
        Console(markup=False, highlight=False).print(table)
    for outcome in report.outcomes:
        if outcome.notes:
            tell(f"{outcome.student}: {'; '.join(outcome.notes)}")
    for student, why in report.failures.items():
        tell(f"{student}: could not be graded again, the marks stay: {why}", err=True)
    if report.ungraded:
        tell(f"{len(report.ungraded)} were never graded (mlsd grade): {', '.join(report.ungraded)}")
    tell(f"{report.ran} graded again, {report.kept} as in the last dry run. {report.summary()}")


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
    for mark in () if to is not None else rows:
        change = f"{_points(mark.before)} -> {_points(mark.after)}"
        item = f"{mark.notebook}/{mark.item}"
        tell(f"{mark.time}  {mark.student}  {item}  {change}  {mark.way}  ({mark.command})  {mark.digest[:12]}")
    tell(f"{len(rows)} marks were written" + (f": {to}" if to is not None else "."))


def shares(
    name: Name,
    graders: Annotated[
        list[str] | None, typer.Argument(help="Who marks; without any, what was dealt is shown.")
    ] = None,
    folder: Folder = None,
) -> None:
    """Deal the hand-ins that wait for points by hand among graders, evenly and under numbers instead of names.

    Run it again when more were graded: nobody is dealt twice, and what is handed in again stays with its grader. Each
    grader opens their own page of formgrader.

    Examples: mlsd shares reduce_latency ada bela; mlsd shares reduce_latency
    """
    from grader.course import Course
    from grader.workflow.shares import address, deal

    course = Course.open(folder)
    found = deal(course, name, graders or [])
    for grader in sorted({share.grader for share in found}):
        mine = [share for share in found if share.grader == grader]
        tell(f"{grader}: {len(mine)} hand-ins, {address(name, grader)}")
    tell(
        f"{len(found)} dealt. The pages are below the address of the server that {course.command('formgrader')} opens."
    )


def _points(points: float | None) -> str:
    return "none" if points is None else f"{points:g}"
