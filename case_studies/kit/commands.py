"""The command line that every case study has: `python -m case_studies.NAME train|serve|simulate|report|rollback`.

`serve`, `report` and `rollback` are the same for all and stand here. `train` and `simulate` take options of their
case, which adds them with the options and the progress line below.
"""

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from case_studies.kit.runbook import roll_back
from case_studies.kit.runs import Run
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd


Rollback = Literal["release and state", "release", "wait for labels"]
"""The policies of `case_studies.kit.live_system.Rollback`, again because a command line need not wait for that room."""


def _lived_through(context: typer.Context, week: int | None) -> int | None:
    weeks = context.params["weeks"]
    if week is not None and week >= weeks:
        raise typer.BadParameter(
            f"is {week}; with --weeks {weeks} it must be below {weeks}. Live longer, or give less."
        )
    return week


Out = Annotated[Path, typer.Option(help="Folder of the run folders; each run makes a new one in it.")]
RunFolder = Annotated[Path | None, typer.Option("--run", help="A run folder; the newest below --out if not given.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Weeks = Annotated[int, typer.Option(help="Live weeks.", min=1, is_eager=True)]  # known before the incident's
IncidentWeek = Annotated[
    int | None,
    typer.Option(
        help="Week, from 0, in which a bad release goes out; none if not given.", min=0, callback=_lived_through
    ),
]
Retrain = Annotated[bool, typer.Option(help="Fit the model anew each week.")]
OnAlarm = Annotated[Rollback, typer.Option(help="What to do when the monitor rings.")]
RUNS = Path("runs")
Protocol = Callable[[str | None, int], tuple[object, "pd.DataFrame"]]
"""From a source, or None for its own, and a seed to the data's card and a table of results."""


def command_line(package: str, summary: str, protocols: Mapping[str, Protocol] | None = None) -> typer.Typer:
    """The commands of the case in `package` that are the same for all cases.

    Its module `service` has `app_of(run)`, the app of a run, and `restore(run, release)`, which derives the state again
    at a rollback, see `roll_back`. `protocols`: evaluations that others published figures for, by name.
    """
    app = typer.Typer(no_args_is_help=True, add_completion=False, help=summary)
    module, known = f"python -m {package}", dict(protocols or {})

    def service() -> Any:
        return importlib.import_module(f"{package}.service")  # only where asked: --help need not wait for it

    @app.command(epilog=f"Example: {module} serve --port 8000")
    def serve(
        run: RunFolder = None,
        port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65_535)] = 8000,
        threads: Annotated[int, typer.Option(help="Threads that answer.", min=1)] = 4,
        out: Out = RUNS,
    ) -> None:
        """Serve a run's current release: POST /predict, POST /reports, GET /healthz, GET /metrics."""
        from mlsd_lib.serving import serve as serve_app

        chosen = _run(run, out)
        typer.echo(f"Serving {chosen.path} on http://127.0.0.1:{port}, until interrupted.", err=True)
        serve_app(service().app_of(chosen), port, threads)

    @app.command(epilog=f"Example: {module} report")
    def report(
        protocol: Annotated[str, typer.Option(help=" or ".join(["run", *known]))] = "run",
        run: RunFolder = None,
        source: Annotated[str | None, typer.Option(help="A published file, for a protocol.")] = None,
        seed: Seed = 0,
        out: Out = RUNS,
    ) -> None:
        """Show what a run decided and did, or repeat a published protocol."""
        if protocol == "run":
            chosen = _run(run, out)
            typer.echo(chosen.decision)
            for entry in chosen.registry().history():
                typer.echo(f"{entry['number']}. {entry['action']} to {entry['to']}: {entry['reason']}")
            return
        if protocol not in known:
            raise CourseError(f"The protocol is {protocol!r}; it must be one of {', '.join(['run', *known])}.")
        with progress("reading the data, then fitting"):
            card, table = known[protocol](source, seed)
        typer.echo(f"{card}\n{table.round(3).to_string()}")

    @app.command(epilog=f'Example: {module} rollback --reason "a wrong unit" --no-restore-state')
    def rollback(
        reason: Annotated[str, typer.Option(help="Why; stored in the registry's history.")],
        restore_state: Annotated[bool, typer.Option(help="Also derive the service's memory again.")] = True,
        run: RunFolder = None,
        out: Out = RUNS,
    ) -> None:
        """Take the current release back; a running service follows with its next request."""
        current, restored = roll_back(_run(run, out), reason, service().restore if restore_state else None)
        typer.echo(f"Current release: {current}. Remembered rows derived anew: {restored:,}.")

    return app


@contextmanager
def progress(first: str) -> Iterator[Callable[[str], None]]:
    """A line on stderr that says what is being done; what is yielded changes it."""
    from rich.console import Console

    console = Console(stderr=True)
    with console.status(first) as status:

        def tell(text: str) -> None:
            status.update(text)
            if not console.is_terminal:
                console.print(text)

        yield tell


def live_weeks(
    system: Any,
    weeks: int,
    incident_week: int | None,
    strike: Callable[[], object],
    labels: str | None,
    tell: Callable[[str], None],
    **options: Any,
) -> None:
    """Lives `weeks` weeks of a `LiveSystem`, `strike` before the one of the incident; `options` go to its `week`.

    After each week it is fitted anew to `labels`, unless these are None.
    """
    for week in range(weeks):
        tell(f"week {week + 1} of {weeks}")
        if week == incident_week:
            strike()
        system.week(**options)
        if labels is not None:
            system.retrain(labels)


@contextmanager
def new_run(out: Path) -> Iterator[Run]:
    """A new run below `out`; where what was to fill it is refused before it wrote anything, its folder goes again."""
    run = Run.new(out)
    try:
        yield run
    except BaseException:
        with suppress(OSError):  # it is not empty: what was written is kept
            run.path.rmdir()
        raise


def show_trained(name: str, run: Run, card: object, table: "pd.DataFrame") -> None:
    """Prints what a training used, compared and decided, and how to serve it."""
    typer.echo(f"{card}\n{table.round(3).to_string()}\n{run.decision}")
    typer.echo(f"Run folder: {run.path}\nServe it: python -m case_studies.{name} serve --run {run.path}")


def show_weeks(out: Path, system: Any) -> None:
    """Writes the weeks that a `LiveSystem` has lived into a new run folder below `out` and prints them."""
    from case_studies.kit.live_system import weekly  # only where asked: it brings the serving room with it

    run, table = Run.new(out), weekly(system.days)
    table.to_csv(run.path / "weeks.csv")
    typer.echo(f"{table.round(0).astype(int).to_string()}\nWritten to {run.path / 'weeks.csv'}")


def main(app: typer.Typer) -> None:
    """Runs a command line; errors of the course are printed without a traceback, exit code 2."""
    try:
        app()
    except CourseError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)


def _run(given: Path | None, out: Path) -> Run:
    return Run(given) if given else Run.latest(out)
