"""The instructor's commands around a term: who takes part, until when, and what goes back to the learning platform."""

from pathlib import Path
from typing import Annotated

import typer

from grader.names import exercise_name
from mlsd.instructors.grading import PANEL, Folder
from mlsd.instructors.kept import gradebook_kept
from mlsd.telling import tell


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (roster, deadline, export, certificate):
        app.command(command.__name__, rich_help_panel=PANEL)(command)


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
    with gradebook_kept(course, not dry_run):
        changes = enter(course, file, dry_run, remove)
        for change in changes:
            if change.outcome != "unchanged" or change.detail:
                tell(f"{change.outcome:15s}  {change.person}" + (f": {change.detail}" if change.detail else ""))
        counts = Counter(change.outcome for change in changes)
        summary = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
        tell(f"{summary}. " + ("Nothing was written." if dry_run else f"Gradebook: {course.directory.db_url}"))


def deadline(
    name: Annotated[
        str | None,
        typer.Argument(parser=exercise_name, metavar="[NAME]", help="The exercise; without it, the term's late days."),
    ] = None,
    due: Annotated[str, typer.Option("--due", help="Date and time, e.g. '2027-01-15 23:59'; none: no due date.")] = "",
    timezone: Annotated[str, typer.Option("--timezone", help="Whose clock that is, e.g. Europe/Berlin.")] = "",
    late_days: Annotated[
        int | None,
        typer.Option("--late-days", min=0, max=3_650, help="Days late that cost nothing; without NAME, for a term."),
    ] = None,
    penalty: Annotated[
        str | None,
        typer.Option("--penalty", help="Share of the maximum for each hour, day or week begun: 10%/day; once: 50%."),
    ] = None,
    student: Annotated[str, typer.Option("--student", help="Whom an extension is for.")] = "",
    extend: Annotated[
        str | None, typer.Option("--extend", help="2d, 1w, 12h, 1d12h; it replaces an earlier one; 0: none.")
    ] = None,
    next_round: Annotated[
        bool, typer.Option("--next-round", help="New hand-ins, after feedback, meet hidden cases of their own.")
    ] = False,
    folder: Folder = None,
) -> None:
    """Set or show until when an exercise is due, extensions of single students, and what lateness costs.

    What is not named stays as it is. A day is a day of the time zone, and one that is begun counts. `mlsd grade`
    applies all this, without --force, also to who is graded already. Points given by hand stay.

    Where you take hand-ins again after feedback, open the next round first: feedback tells much of hidden cases, and
    those of the next round are others, the same for the whole class. What is graded already keeps its round.

    Without NAME, --late-days gives each student so many for the whole term: an exercise that is late takes what it
    needs of them, earliest due date first, as an extension. Nothing is taken where lateness costs nothing.

    Examples: mlsd deadline ps1 --due '2027-01-15 23:59' --timezone Europe/Berlin --late-days 1 --penalty 10%/day; mlsd
    deadline ps1 --student anna --extend 2d; mlsd deadline ps1 --next-round --due '2027-02-01 23:59'; mlsd deadline ps1;
    mlsd deadline --late-days 5; mlsd deadline
    """
    from grader.course import Course
    from grader.errors import GraderError
    from grader.workflow import deadline as work
    from grader.workflow.late_days import budget_told, set_budget, take_late_days

    if name is None and (due or timezone or penalty is not None or student or extend is not None or next_round):
        raise GraderError("without an exercise there is only --late-days, for the term: name one before the options")
    if bool(student) != (extend is not None):
        raise GraderError("an extension needs both --student ID and --extend LENGTH, e.g. --student anna --extend 2d")
    course = Course.open(folder)
    if name is None:
        if late_days is not None:
            set_budget(course, late_days)
        take_late_days(course)
        for line in budget_told(course):
            tell(line)
        return
    if extend is not None:
        work.require_extension(course, name, student, extend)  # before anything is set
    if due or timezone or late_days is not None or penalty is not None:
        work.set_policy(course, name, due, timezone, late_days, penalty)
    if next_round:
        work.next_round(course, name)
    if extend is not None:
        work.extend(course, name, student, extend)
    take_late_days(course)
    for line in work.shown(course, name):
        tell(line)


def export(
    name: Annotated[
        str | None,
        typer.Argument(
            parser=exercise_name, metavar="[NAME]", help="The exercise; without it, all of them (csv, canvas)."
        ),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", help="csv; moodle or canvas, for their upload pages; gradescope.")
    ] = "csv",
    to: Annotated[
        Path | None, typer.Option("--to", help="The CSV file; others go beside it: FILE_items.csv, FILE_refused.csv.")
    ] = None,
    missing: Annotated[
        str, typer.Option("--missing", help="empty or zero: what stands for who handed in nothing.")
    ] = "empty",
    column: Annotated[
        str, typer.Option("--column", help="The exercise's heading in Canvas's gradebook, e.g. 'Problem set 1 (4711)'.")
    ] = "",
    folder: Folder = None,
) -> None:
    """Write the marks, by student and by item, in the form that a learning platform takes.

    Students stand by name, items in the notebook's order. A penalty for lateness is taken off; extra credit may pass
    the maximum. FILE_refused.csv lists hand-ins that were refused or are not graded; beside a platform's file,
    FILE_marks.csv has raw points, penalty, final points and how late. Exit status 1 if the platform will not find
    somebody.

    Examples: mlsd export ps1 --to marks.csv; mlsd export ps1 --format canvas --column 'Set 1 (4711)' --to up.csv
    """
    from grader.course import Course
    from grader.errors import GraderError
    from grader.workflow.export import export as work

    if missing not in ("empty", "zero"):
        raise GraderError(f"--missing is {missing!r}; it must be empty or zero")
    course = Course.open(folder)
    own = "marks.csv" if form == "csv" else f"{name or 'marks'}_{form}.csv"
    done = work(course, name, to or course.home / own, form, missing == "zero", column)
    tell(f"{done.rows} rows of marks: {done.marks}\nitem by item: {done.items}")
    if done.totals:
        tell(f"raw, penalty, final, how late: {done.totals}")
    for line in done.notes:
        tell(line)
    for line in done.missing:
        tell(f"the platform will not find {line}", err=True)
    raise typer.Exit(1 if done.missing else 0)


def certificate(folder: Folder = None) -> None:
    """Make the certificate by which the machines of a Dask cluster know each other: for a year, once a course.

    Copy its folder to each machine, readable by its owner alone: who has it can run code on all of them.

    Example: mlsd certificate
    """
    from grader.course import Course
    from grader.grading.cluster_wire import CERTIFICATE, KEY, make_certificate

    made = make_certificate(Course.open(folder).root)
    words = f"--tls-ca-file {made / CERTIFICATE} --tls-cert {made / CERTIFICATE} --tls-key {made / KEY}"
    typer.echo(f"The certificate is in {made}; it ends after a year.\nStart: dask scheduler {words}")
    typer.echo(f"On each machine: dask worker tls://HOST:8786 {words} --nworkers auto --nthreads 1")
