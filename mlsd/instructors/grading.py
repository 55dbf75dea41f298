"""The instructor's commands: release, collect, grade, feedback, formgrader, leaks.

Imported by every `mlsd --help`: nothing heavy at the top, and no work here but telling what was done.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.names import exercise_name
from mlsd.instructors.kept import gradebook_kept
from mlsd.telling import tell

if TYPE_CHECKING:
    from grader.course import Course
    from grader.grading.records import Options, StudentOutcome
    from grader.sandbox.preload_client import PreloadClient
    from grader.workflow.collect import Collected

PANEL = "Instructors"
LONGEST_LINE = 2_000  # characters of what is said of one hand-in
Folder = Annotated[Path | None, typer.Option("--course", help="The course folder; default: the one around you.")]
Name = Annotated[str, typer.Argument(parser=exercise_name, metavar="NAME", help="The exercise, e.g. reduce_latency.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (release, collect, grade, feedback, leaks):
        app.command(command.__name__, rich_help_panel=PANEL)(command)
    settings = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("formgrader", rich_help_panel=PANEL, context_settings=settings)(formgrader)


def release(
    names: Annotated[
        list[str] | None,
        typer.Argument(parser=exercise_name, metavar="[NAMES]...", help="Exercises; without any, all of them."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether exercises/ is up to date.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite exercises that were edited.")] = False,
    to: Annotated[Path | None, typer.Option("--to", help="Write the student edition into this empty folder.")] = None,
    folder: Folder = None,
) -> None:
    """Generate exercises/ from solutions/, or write the student edition.

    Examples: mlsd release reduce_latency; mlsd release --check; mlsd release --to ../student-edition
    """
    from grader.course import Course
    from grader.workflow import release as work

    course = Course.open(folder)
    if to is not None:
        _write_edition(course, to)
        return
    chosen = [course.require(name) for name in names or course.assignments()]
    if not chosen:
        tell(f"There is no exercise in {course.folder('source')}.")
    if check:
        raise typer.Exit(_check(course, chosen))
    with gradebook_kept(course):
        for name in chosen:
            outcome = work.release(course, name, force)
            tell(f"{name}: {outcome} ({_short(course, course.folder('release', name=name))})")
            if place := work.publish(course, name):
                tell(f"{name}: JupyterLab's assignment list offers it ({_short(course, place)})")
        secret = course.secret_file
        tell(f"The secret for hidden seeds is {secret}. Keep a copy; it is in no edition and not in git.")


def collect(
    name: Name,
    source: Annotated[
        Path | None, typer.Argument(metavar="[FROM]", help="A folder, zip or tar; without it, nbgrader's exchange.")
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option("--map", help="A CSV, name,student: whom names in FROM mean; the roster says it of others."),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option("--timezone", help="Whose clock a zip's times are of, e.g. Europe/Berlin; default: this machine."),
    ] = None,
    times: Annotated[
        Path | None,
        typer.Option(
            "--times",
            help="When each was received: Moodle's grading worksheet, Canvas's submissions (JSON), or name,received.",
        ),
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option("--groups", help="A CSV, group,student, a line a member: each gets what their group handed in."),
    ] = None,
    folder: Folder = None,
) -> None:
    """Take in what a class handed in: Moodle's and Canvas's zips, folders or zips of folders, files named by student.

    Repositories of GitHub Classroom (EXERCISE-USERNAME, one a folder) are known by git's folder in them.

    Run it again with a later download: the newest stays, the one it replaces is kept. Exit status 1 if anything was
    refused. Downloads of Moodle and Canvas and repositories do not say when a hand-in was received; --times does, also
    later.

    Examples: mlsd collect reduce_latency ~/Downloads/submissions.zip --map names.csv; mlsd collect reduce_latency
    submissions.zip --times Grades.csv --timezone Europe/Berlin; mlsd collect reduce_latency
    reduce-latency-submissions/ --groups groups.csv; mlsd collect reduce_latency
    """
    from collections import Counter

    from grader.course import Course
    from grader.errors import GraderError
    from grader.workflow import collect as work
    from grader.workflow.receipts import lack_of, without_time

    course = Course.open(folder)
    if source is None and (times or roster or groups):
        raise GraderError("--map, --times and --groups go with a folder, zip or tar: name it before them")
    if source is None:
        _collect_from_exchange(course, name)
        return
    report = work.collect(course, name, source, roster, work.zone_of(timezone), times, groups)
    _tell_collected([entry for entry in report if entry.outcome != "unchanged"])
    counts = Counter(entry.outcome for entry in report)
    tell(", ".join(f"{number} {outcome}" for outcome, number in counts.items()) or f"Nothing in {source}.")
    if reported := work.assumed_zone(source, timezone, times):
        tell(reported)
    taken = {entry.student for entry in report if entry.outcome != "refused"}
    if lack := lack_of(course, name, [student for student in without_time(course, name) if student in taken]):
        tell(lack)
    tell(f"Report: {work.write_report(course, name, report)}. Next: {course.command(f'grade {name}')}")
    raise typer.Exit(1 if counts["refused"] or not report else 0)


def _collect_from_exchange(course: Course, name: str) -> None:
    from grader.workflow import collect as work
    from grader.workflow.exchange import collect_exchange

    log, report = collect_exchange(course, name)
    tell(log)
    _tell_collected([entry for entry in report if entry.outcome == "refused" or entry.detail])
    work.write_report(course, name, report)
    raise typer.Exit(1 if any(entry.outcome == "refused" for entry in report) else 0)


def _tell_collected(report: Iterable[Collected]) -> None:
    from grader.grading.output.sanitize import as_line

    for collected in report:
        whom = f" -> {collected.student}" if collected.student and collected.student != collected.source else ""
        line = f"{collected.outcome:9s}  {collected.source}{whom}" + (
            f": {collected.detail}" if collected.detail else ""
        )
        tell(as_line(line, LONGEST_LINE))  # names are the students' own


def grade(
    name: Name,
    student: Annotated[str, typer.Option("--student", help="Only students that match, e.g. 'a*'.")] = "*",
    timeout: Annotated[
        int | None,
        typer.Option("--timeout", min=1, help="Seconds a cell may take; a submission ten times it."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade again who is graded already.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Workers; 0: one a processor.")] = 0,
    sandbox: Annotated[str, typer.Option("--sandbox", help="Level: limits, landlock, namespaces.")] = "",
    require_sandbox: Annotated[
        bool, typer.Option("--require-sandbox", help="Refuse to grade below --sandbox, else below namespaces.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="The seed that student code starts with.")] = 0,
    stock: Annotated[
        bool, typer.Option("--stock", help="nbgrader's own execution: no sandbox, tests in the student's process.")
    ] = False,
    scheduler: Annotated[
        str,
        typer.Option("--scheduler", metavar="ADDRESS", help="Grade on this Dask cluster, e.g. tls://10.0.0.5:8786."),
    ] = "",
    folder: Folder = None,
) -> None:
    """Grade what was collected, each submission in a sandbox. Exit status 0 only if everyone was graded.

    Who is graded already is left alone unless something that counts has changed. Points given by hand are kept.
    Interrupt it at any moment and run it again.

    Examples: mlsd grade reduce_latency; mlsd grade reduce_latency --student 'a*' --force; mlsd grade ps1 --course
    ~/cs101 --require-sandbox
    """
    from grader.errors import GraderError
    from grader.grading.records import Options

    if scheduler and (jobs or stock):
        raise GraderError("--scheduler has the cluster's own workers: leave out --jobs and --stock")
    if stock and (sandbox or require_sandbox or jobs or seed):
        raise GraderError(
            "--stock has no sandbox and grades one after the other: leave out --sandbox, --require-sandbox, --jobs "
            "and --seed"
        )
    options = Options(jobs, timeout, force, seed, sandbox, require_sandbox, scheduler=scheduler)
    from contextlib import nullcontext

    from grader.course import Course
    from grader.grading.warm_start import begun_early

    here = not stock and not options.scheduler
    with begun_early(Course.root_of(folder), name) if here else nullcontext() as begun:
        course = Course.open(folder)
        with gradebook_kept(course, force):
            outcomes = _graded(course, name, student, options, stock, begun)
            _tell_graded(course, name, outcomes)
    raise typer.Exit(1 if any(outcome.failure for outcome in outcomes) else 0)


def _graded(
    course: Course, name: str, pattern: str, options: Options, stock: bool, begun: PreloadClient | None
) -> list[StudentOutcome]:
    """The outcome of each student who matches; shows how far it is."""
    from grader.grading import batch
    from grader.workflow.collect import broken_off
    from grader.workflow.late_days import take_late_days
    from grader.workflow.release import is_unreleased
    from grader.workflow.stock import grade as grade_by_stock
    from mlsd.instructors.progress import progress

    if is_unreleased(course, name):
        reported = f"{name}: its source was changed but not released; the tests of the release are run."
        tell(f"{reported} To release it: {course.command(f'release {name}')}", err=True)
    if reported := broken_off(course, name):
        tell(reported, err=True)
    students = batch.chosen(course, name, pattern)
    take_late_days(course)
    if stock:
        timeout_s = None if options.timeout_s is None else int(options.timeout_s)
        grading = grade_by_stock(course, name, students, timeout_s, options.force)
    else:
        grading = batch.grade(course, name, students, options, partial(tell, err=True), preload=begun)
    return list(progress(grading, len(students), "graded"))


def _tell_graded(course: Course, name: str, outcomes: list[StudentOutcome]) -> None:
    """A line a student who needs a look, how many were graded and where the marks are."""
    from grader.workflow.deadline import uncharged

    for outcome in outcomes:
        if outcome.needs_a_look:
            tell(
                f"{outcome.student}: {_points(outcome)}; "
                + "; ".join([*outcome.notes, *([outcome.failure] if outcome.failure else [])])
            )
    failed = [outcome for outcome in outcomes if outcome.failure]
    skipped = sum(outcome.skipped for outcome in outcomes)
    tell(
        f"{len(outcomes) - len(failed)} of {len(outcomes)} graded ({skipped} of them earlier), "
        f"{sum(outcome.needs_a_look for outcome in outcomes)} need a look, "
        f"{sum(outcome.waiting > 0 for outcome in outcomes)} wait for points by hand ({course.command('formgrader')})."
    )
    if lack := uncharged(course, name):
        tell(lack)
    following = course.command(f"feedback {name}")
    tell(f"Marks: {course.directory.db_url.removeprefix('sqlite:///')}. Next: {following}")
    if failed:
        tell(f"Not graded: {', '.join(outcome.student for outcome in failed)}.", err=True)


def feedback(
    name: Name,
    student: Annotated[str, typer.Option("--student", help="Only students that match, e.g. 'a*'.")] = "*",
    force: Annotated[bool, typer.Option("--force", help="Make every page anew.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Workers; 0: one a processor.")] = 0,
    folder: Folder = None,
) -> None:
    """Write each graded student's feedback as a web page, with points and comments given by hand.

    A page is left alone unless its notebook, its marks or comments, or what makes pages has changed.

    Example: mlsd feedback reduce_latency
    """
    from grader.course import Course
    from grader.grading.output.lock import one_grader
    from grader.workflow import feedback as work
    from grader.workflow.groups import spread_marks
    from mlsd.instructors.progress import progress

    course = Course.open(folder)
    for line in spread_marks(course, name):
        tell(f"members of a group have different points: {line}")
    work.graded_students(course, name, student)  # raises before a lock is laid beside the gradebook
    with one_grader(course.home, partial(tell, err=True)):
        students = work.graded_students(course, name, student)
        given = list(progress(work.give_feedback(course, name, students, jobs, force), len(students), "written"))
    for outcome in given:
        for page in outcome.pages:
            tell(f"{outcome.student}: {page}")
        if outcome.failure:
            tell(f"{outcome.student}: no feedback: {outcome.failure}", err=True)
    tell(f"{sum(bool(done.pages) for done in given)} fed back ({sum(done.skipped for done in given)} of them earlier).")
    if number := work.publish_feedback(course, name, [outcome.student for outcome in given if outcome.pages]):
        tell(f"JupyterLab's assignment list can fetch it for {number} who handed in there.")
    raise typer.Exit(1 if not given or any(outcome.failure for outcome in given) else 0)


def leaks(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that students get.")], folder: Folder = None
) -> None:
    """Look in a folder, its archives and its git history for solutions, hidden files and the secret.

    Exit status 1 if anything is found. Example: mlsd leaks ../student-edition
    """
    from grader.course import Course
    from grader.workflow.leaks import guarded, require_edition, scan

    require_edition(place)
    course = Course.open(folder)
    found = scan(place, guarded(course.root, course.secret_file))
    for leak in found:
        tell(f"{leak.where}: {leak.what}")
    tell(f"{len(found)} leaks in {place}.")
    raise typer.Exit(1 if found else 0)


def formgrader(context: typer.Context, folder: Folder = None) -> None:
    """Open nbgrader's formgrader on this course, to give points and comments by hand. Options go on to JupyterLab.

    Example: mlsd formgrader --port=8899
    """
    from grader.course import Course
    from mlsd.instructors.formgrader import open_formgrader

    open_formgrader(Course.open(folder).root, context.args)


def _write_edition(course: Course, to: Path) -> None:
    from grader.workflow.edition import write_edition

    files = write_edition(course, to)
    tell(f"The student edition is in {to}: {files} files, no leak found.")


def _check(course: Course, names: Iterable[str]) -> int:
    from grader.workflow.release import differences

    found = [line for name in names for line in differences(course, name)]
    for line in found:
        tell(line)
    released, source = (course.folder(step).name for step in ("release", "source"))
    tell(f"Write it anew: {course.command('release')}" if found else f"{released}/ is what {source}/ gives.")
    return 1 if found else 0


def _points(outcome: StudentOutcome) -> str:
    by_hand = f", {outcome.waiting:g} of them by hand and still open" if outcome.waiting else ""
    return f"{outcome.points:g} of {outcome.maximum:g}{by_hand}"


def _short(course: Course, path: Path) -> Path:
    return path.relative_to(course.root) if path.is_relative_to(course.root) else path
