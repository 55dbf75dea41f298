"""The `mlsd` command. It gathers the commands of the rooms and turns their errors into one clear line."""

import os
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from grader.write_errors import of_the_system
from mlsd import notebook_commands, students, user_folders
from mlsd.interrupted import INTERRUPTED, stop
from mlsd.monitor_service import monitor
from mlsd.new import new
from mlsd.simulate.command import EXAMPLE, measure, simulate
from mlsd.site import ask_links, site
from notebook_runner import course_root
from notebook_runner.environment import threads
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    from mlsd_lib.doctor import Finding


class Verbs(TyperGroup):
    """The verbs: what the system refuses one of them is an error of the course."""

    def invoke(self, ctx: Any) -> Any:
        """Run a verb. Raises `CourseError`."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            reported = of_the_system(error)
            if reported is None:
                raise
            raise reported from error


GRADES = find_spec("mlsd.instructors") is not None  # a student edition does without what grades
app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Machine Learning Systems Design, a course that runs. Start with: mlsd lab",
)
app.add_typer(new, name="new", rich_help_panel="Notebooks")
notebook_commands.register(app)
students.register(app)
if GRADES:
    from mlsd.instructors import register

    register(app)
    app.command("links")(ask_links)
app.command("simulate", epilog=f"A whole document:\n\n{EXAMPLE}")(simulate)
app.command("measure")(measure)
app.command("monitor")(monitor)
app.command("site")(site)

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command(context_settings=PASS_ON)
def lab(context: typer.Context) -> None:
    """Open JupyterLab on the start page. Options go on to JupyterLab.

    Example: mlsd lab --no-browser --port=8899
    """
    from mlsd.lab import open_lab

    open_lab(course_root(Path.cwd()), context.args)


@app.command(context_settings=PASS_ON)
def test(context: typer.Context) -> None:
    """Run every test and every notebook but what passed before and depends on nothing that changed since.

    Results are kept for all checkouts of a user (MLSD_STORE names another folder, `none` keeps none); --cold runs all.
    Options go on to pytest. Examples: mlsd test -k fraud --why; mlsd test --cold
    """
    root = course_root(Path.cwd())
    if not (root / "tests").is_dir():
        raise CourseError(
            f"{root} is a student edition: it has no tests folder. The tests belong to the full repository; "
            "to run the notebooks here, use: mlsd check"
        )
    os.chdir(root)
    kept = [] if "--cold" in context.args else ["--kept"]
    # Two workers a core of CI's machine: tests of servers, sandboxes and graders wait much of their time.
    options = ["-n", "4", "--dist", "loadscope", "--no-loadscope-reorder", "--durations", "25", *kept]
    os.environ.update(threads() | os.environ)  # a worker computes alone, as a notebook does
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as at a reader's; pytest keeps what it made of the tests
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *options, *context.args])


@app.command()
def smoke(
    levels: Annotated[
        bool, typer.Option("--levels", help="Grade at each weaker level of the sandbox that works here, too.")
    ] = False,
) -> None:
    """Show in two minutes that the course works here: notebooks, a graded hand-in, a case's service.

    Exit status 1 if not. Everything it writes goes to a temporary folder. Example: mlsd smoke
    """
    from mlsd.smoke import smoke as try_it

    raise typer.Exit(not try_it(course_root(Path.cwd()), partial(typer.echo, nl=False), levels))


@app.command()
def doctor(
    root: Annotated[Path | None, typer.Option("--course", help="The course folder; default: this one.")] = None,
) -> None:
    """Check this installation and say how to fix each fault. Example: mlsd doctor"""
    from rich.console import Console
    from rich.markup import escape

    from mlsd_lib.doctor import examine, optional_programs

    console = Console(highlight=False)
    root = course_root(root) if root else None
    findings = [*examine(root), *_of_the_sandbox(), *optional_programs(root)]
    for finding in findings:
        colour = {"sound": "green", "remark": "yellow", "fault": "red"}[finding.verdict]
        console.print(f"[{colour}]{finding.verdict:6s}[/] {finding.subject}: {escape(finding.seen)}", soft_wrap=True)
        if finding.fix and finding.verdict != "sound":
            purpose = "To fix it" if finding.verdict == "fault" else "To have more"
            console.print(f"       {purpose}: {escape(finding.fix)}", soft_wrap=True)
    raise typer.Exit(not all(finding.sound for finding in findings))


def _of_the_sandbox() -> "list[Finding]":
    if not GRADES:
        return []
    from grader.sandbox.finding import sandbox_finding

    return [sandbox_finding()]


def keep_what_is_the_users() -> None:
    """Choose other places for predictions, settings and caches where the home folder cannot be written, and say so."""
    try:
        root = course_root()
    except CourseError:
        root = None
    home = Path(os.path.expanduser("~"))
    if chosen := user_folders.moved(os.environ, home, root):
        os.environ.update(chosen)
        typer.echo(f"mlsd: {user_folders.notice(chosen, home)}.", err=True)


def main() -> None:
    """Run a verb: a course error is one line without a traceback, exit status 2; Ctrl-C too, status 130."""
    try:
        keep_what_is_the_users()
        app()
    except CourseError as error:
        typer.echo(f"mlsd: {error}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, SystemExit) as ended:
        if not isinstance(ended, KeyboardInterrupt) and ended.code != INTERRUPTED:
            raise
        stop()


if __name__ == "__main__":
    main()
