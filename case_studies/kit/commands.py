"""The command line that every case study has, declared once: `python -m case_studies.NAME VERB`.

A case says how it is trained and how it is lived, as two functions whose keyword parameters are options. The verbs
`train`, `retrain` and `simulate` offer these options next to their own.
"""

import importlib
import inspect
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from case_studies.kit.caller import key_for_curl
from case_studies.kit.decision_record import NothingReleased
from case_studies.kit.decision_service import QUEUE_LIMIT
from case_studies.kit.fault_lines import FAULTS, fault_line
from case_studies.kit.rollback import promote_after_restore, roll_back
from case_studies.kit.runs import DECISION, Options, Run, read_decision
from mlsd_lib.modeling.errors import ModelingError
from notebook_runner.errors import CourseError
from notebook_runner.visible import visible

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


Out = Annotated[Path, typer.Option(help="Folder of the run folders; each run makes a new one in it.", file_okay=False)]
RunFolder = Annotated[Path | None, typer.Option("--run", help="A run folder; the newest below --out if not given.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.", min=0)]
Weeks = Annotated[int, typer.Option(help="Live weeks.", min=1, is_eager=True)]  # known before the incident's
IncidentWeek = Annotated[
    int | None,
    typer.Option(
        help="Week, from 0, in which a bad release goes out; none if not given.", min=0, callback=_lived_through
    ),
]
Retrain = Annotated[bool, typer.Option(help="Fit the model again each week.")]
NewData = Annotated[bool, typer.Option("--new-data", help="Learn from other data than the current release did.")]
Reason = Annotated[str, typer.Option(help="Why; stored in the registry's history.")]
Why = Annotated[str, typer.Option(help="Why a release goes out though it shows no gain; the record keeps it.")]
Insist = Annotated[bool, typer.Option("--insist", help="Promote it though it shows no gain; say why in --reason.")]
OnAlarm = Annotated[Rollback, typer.Option(help="What to do when the monitor rings.")]
RUNS = Path("runs")
ENDPOINTS = ("POST /predict", "GET /healthz", "GET /readyz", "GET /metrics", "POST /reports")
"""What the service of every case answers."""
Evaluation = Callable[[str | None, int], tuple[object, "pd.DataFrame"]]
"""From a source, or None for its own, and a seed to the data's card and a table of results."""
Tell = Callable[[str], None]
"""Shows what is being done."""


class World(NamedTuple):
    """A live system on the day of its first release, and what happens to it; see `live_weeks`."""

    system: Any
    start_incident: Callable[[], object]
    labels: str | None = None
    each_week: Options | None = None
    closing_line: Callable[[], str] = str
    """What else is worth a line at the end."""


def command_line(
    package: str,
    summary: str,
    fit: Callable[..., tuple[object, "pd.DataFrame"]],
    live: Callable[..., World],
    examples: Mapping[str, str],
    protocols: Mapping[str, Evaluation] | None = None,
    endpoints: Sequence[str] = (),
) -> typer.Typer:
    """The commands of the case in `package`.

    `fit(run, tell, **options)` trains into a run and gives the data's card and the comparison; `live(rng, **options)`
    opens the system in virtual time. `examples`: the options that the help shows, by verb. `protocols`: evaluations
    on published files, by name. `endpoints`: what its service answers and others do not. The module `service` of the
    case has `app_of(run)`, the app of a run, and `restore(run, release)`, which derives the state again at a rollback,
    see `roll_back`; its module `models` has `Release.read(folder)`.
    """
    app = typer.Typer(no_args_is_help=True, add_completion=False, help=summary)
    case = _Case(package, fit, live, examples, protocols or {}, (*ENDPOINTS, *endpoints))
    for add in (_add_training, _add_releases, _add_serving, _add_report, _add_simulation):
        add(app, case)
    return app


@dataclass(frozen=True)
class _Case:
    """What the verbs need of a case; see `command_line`."""

    package: str
    fit: Callable[..., tuple[object, "pd.DataFrame"]]
    live: Callable[..., World]
    examples: Mapping[str, str]
    protocols: Mapping[str, Evaluation]
    endpoints: Sequence[str]

    @property
    def module(self) -> str:
        """The words that start its command line."""
        return f"python -m {self.package}"

    def run(self, given: Path | None, out: Path, same_code: bool = False) -> Run:
        """See `Run.of`."""
        return Run.of(self.package, given, out, same_code)

    def service(self) -> Any:
        """Its module `service`, imported only where asked: --help need not wait for it."""
        return importlib.import_module(f"{self.package}.service")

    def models(self) -> Any:
        """Its module `models`."""
        return importlib.import_module(f"{self.package}.models")


def _add_training(app: typer.Typer, case: _Case) -> None:
    @app.command(epilog=f"Example: {case.module} train {case.examples['train']}")
    @_offering(case.fit)
    def train(insist: Why = "", out: Out = RUNS, **options: Any) -> None:
        """Compare the candidates, release the best if it gains, write a new run folder."""
        try:
            with progress("reading the data") as tell, new_run(out, options, insist) as run:
                card, table = case.fit(run, tell, **options)
        except NothingReleased as refused:
            typer.echo(str(refused.record))
            raise
        shown = f"{card}\n{table.round(3).to_string()}\n{run.decision}"
        typer.echo(f"{shown}\nRun folder: {run.path}\nServe it: {case.module} serve --run {run.path}")

    @app.command(epilog=f"Example: {case.module} retrain {case.examples['retrain']}")
    @_offering(case.fit, or_none=True)
    def retrain(run: RunFolder = None, new_data: NewData = False, out: Out = RUNS, **options: Any) -> None:
        """Add a release to a run, trained as its current one but for the options given; `promote` puts it in charge."""
        chosen = case.run(run, out, same_code=True)
        recorded = _offered_by(case.fit, chosen)
        asked = {**recorded, **{name: value for name, value in options.items() if value is not None}}
        learning = Run(chosen.path, asked, new_data)
        with progress("reading the data") as tell:
            card, table = case.fit(learning, tell, **asked)
        (added,) = learning.filed
        decision = (chosen.registry().path(added) / DECISION).read_text(encoding="utf-8")
        _tell(f"{card}\n{table.round(3).to_string()}\n{decision}")
        typer.echo(f"Added {added}. Promote it: {case.module} promote {added} --run {chosen.path} --reason WHY")


def _add_releases(app: typer.Typer, case: _Case) -> None:
    @app.command(epilog=f"Example: {case.module} releases")
    def releases(run: RunFolder = None, out: Out = RUNS) -> None:
        """List the releases of a run: state, and what was decided."""
        registry = case.run(run, out).registry()
        states = {}
        for entry in registry.history():
            states[entry["from"]] = "rolled back" if entry["action"] == "rollback" else "replaced"
            states[entry["to"]] = "current"
        for version in registry.versions():
            page = registry.path(version) / DECISION
            decided = read_decision(page).splitlines()[2] if page.exists() else "no decision record"
            _tell(f"{version}  {states.get(version, 'never promoted'):14}  {decided}")

    @app.command(epilog=f'Example: {case.module} promote v2 --reason "labels that had time to mature" --insist')
    def promote(
        release: Annotated[str, typer.Argument(help="The name of a release; `releases` lists them.")],
        reason: Reason,
        insist: Insist = False,
        run: RunFolder = None,
        out: Out = RUNS,
    ) -> None:
        """Put a release in charge; a running service follows with its next request."""
        chosen = case.run(run, out, same_code=True)
        folder = chosen.registry().path(release)
        if not (folder / DECISION).exists():
            raise ModelingError(
                f"{folder} holds no {DECISION}: a release goes out by what was decided. Make one with `retrain`."
            )
        case.models().Release.read(folder)  # one that cannot be read must not go out
        chosen.require_memory()
        promote_after_restore(chosen, release, reason, case.service().restore, insist)
        typer.echo(f"Current release: {release}.")

    @app.command(epilog=f'Example: {case.module} rollback --reason "a wrong unit" --no-restore-state')
    def rollback(
        reason: Reason,
        restore_state: Annotated[bool, typer.Option(help="Also derive the service's memory again.")] = True,
        run: RunFolder = None,
        out: Out = RUNS,
    ) -> None:
        """Take the current release back; a running service follows with its next request.

        Ended half-way, or repeated, it finishes what it began and takes no second release back.
        """
        chosen = case.run(run, out, same_code=restore_state)
        registry = chosen.registry()
        if registry.previous is not None:
            case.models().Release.read(registry.path(registry.previous))  # one that cannot be read must not come back
        if restore_state:
            chosen.require_memory()
        current, restored = roll_back(chosen, reason, case.service().restore if restore_state else None)
        typer.echo(f"Current release: {current}. Remembered rows derived anew: {restored:,}.")


def _add_serving(app: typer.Typer, case: _Case) -> None:
    answers = ", ".join(case.endpoints)
    shown = f"Serve a run's current release: {answers}. It shows a request that you can paste."

    @app.command(epilog=f"Example: {case.module} serve --port 8000", help=shown)
    def serve(
        run: RunFolder = None,
        port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65_535)] = 8000,
        queue: Annotated[
            int, typer.Option(help="Requests that may wait; more get 503.", min=0, max=1_000)
        ] = QUEUE_LIMIT,
        out: Out = RUNS,
    ) -> None:
        from mlsd_lib.serving import serve as serve_app

        chosen = case.run(run, out, same_code=True)
        chosen.require_memory()
        service = case.service().app_of(chosen)
        service.config["QUEUE_LIMIT"] = queue

        def tell() -> None:
            url = f"http://127.0.0.1:{port}"
            typer.echo(f"Serving {chosen.path} on {url}, until interrupted: {answers}.", err=True)
            if body := service.config["EXAMPLE"]:
                typer.echo(f"A request to try:\n{_pasted(f'{url}/predict', key_for_curl(chosen), body)}", err=True)

        serve_app(service, port, bound=tell)


def _pasted(url: str, key: str, body: str) -> str:
    """The line for a shell that sends a body with the key."""
    return f"curl -s {url} {key} " + shlex.join(["-H", "Content-Type: application/json", "-d", body])


def _add_report(app: typer.Typer, case: _Case) -> None:
    @app.command(epilog=f"Example: {case.module} report")
    def report(
        protocol: Annotated[str, typer.Option(help=" or ".join(["run", *case.protocols]))] = "run",
        run: RunFolder = None,
        source: Annotated[str | None, typer.Option(help="A published file, for a protocol.")] = None,
        seed: Seed = 0,
        page: Annotated[
            Path | None, typer.Option(help="Where the page goes; if not given, report.html in the run.")
        ] = None,
        monitor: Annotated[
            Path | None, typer.Option(help="The page that `mlsd monitor` keeps; monitor.html in the run if not given.")
        ] = None,
        out: Out = RUNS,
    ) -> None:
        """Write one HTML page of what a run decided and did, and show it in short; or run a protocol on a file."""
        if protocol == "run":
            from case_studies.kit.report_page import KIND, latest_days, write_report
            from mlsd_lib.operations.own_page import require_own

            chosen = case.run(run, out)
            if monitor is not None and not monitor.is_file():
                raise CourseError(f"{monitor} is no file. Give the page that `mlsd monitor` keeps, or leave it out.")
            written = page or chosen.path / "report.html"
            require_own(written, KIND, "--page")
            chosen.require_memory()
            with progress("measuring the capacity"):
                lived = latest_days(out if run is None else run.parent, chosen.case)
                write_report(chosen, written, case.service().app_of, lived, monitor or chosen.path / "monitor.html")
            _tell(chosen.decision)
            for entry in chosen.registry().history():
                _tell(f"{entry['number']}. {entry['action']} to {entry['to']}: {entry['reason']}")
            typer.echo(f"The page: {written}")
            return
        if protocol not in case.protocols:
            raise CourseError(f"The protocol is {protocol!r}; it must be one of {', '.join(['run', *case.protocols])}.")
        with progress("reading the data, then fitting"):
            card, table = case.protocols[protocol](source, seed)
        typer.echo(f"{card}\n{table.round(3).to_string()}")


def _add_simulation(app: typer.Typer, case: _Case) -> None:
    @app.command(epilog=f"Example: {case.module} simulate {case.examples['simulate']}")
    @_offering(case.live)
    def simulate(
        weeks: Weeks = 8,
        incident_week: IncidentWeek = None,
        rollback: OnAlarm = "release and state",
        seed: Seed = 0,
        out: Out = RUNS,
        **options: Any,
    ) -> None:
        """Live some weeks in virtual time and count the money."""
        import numpy as np

        with progress("history and the first release") as tell, new_run(out, {}) as lived:
            world = case.live(np.random.default_rng(seed), **options)
            asked = {"rollback": rollback, **(world.each_week or {})}
            live_weeks(world.system, weeks, incident_week, world.start_incident, world.labels, tell, **asked)
            show_weeks(lived, world.system)
        if line := world.closing_line():
            typer.echo(line)


def _offering(asked: Callable[..., Any], or_none: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a verb the keyword parameters of `asked` in place of its `**options`; `or_none`: None is their default."""
    offered = [
        parameter
        for parameter in inspect.signature(asked).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    if or_none:
        offered = [parameter.replace(default=None) for parameter in offered]

    def with_options(verb: Callable[..., None]) -> Callable[..., None]:
        own = [
            parameter
            for parameter in inspect.signature(verb).parameters.values()
            if parameter.kind is not parameter.VAR_KEYWORD
        ]
        first = [parameter for parameter in own if parameter.default is parameter.empty]
        last = [parameter.replace(kind=parameter.KEYWORD_ONLY) for parameter in own if parameter not in first]
        verb.__signature__ = inspect.Signature([*first, *offered, *last])  # type: ignore[attr-defined]
        return verb

    return with_options


def _offered_by(fit: Callable[..., Any], run: Run) -> Options:
    """The options of a run's training; raises `ModelingError` for one that `fit` does not have, or of another type."""
    offered = inspect.signature(fit).parameters
    for name, value in run.options.items():
        default = offered[name].default if name in offered else inspect.Parameter.empty
        alike = any(isinstance(value, kind) and isinstance(default, kind) for kind in (bool, int | float, str))
        if default is not None and not alike:
            raise ModelingError(
                f"{run.path} was trained with {name} {value!r:.80}, which train does not take. Take the run from a "
                "backup, or train again."
            )
    return run.options


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
    start_incident: Callable[[], object],
    labels: str | None,
    tell: Callable[[str], None],
    **options: Any,
) -> None:
    """Lives `weeks` weeks of a `LiveSystem`; `options` go to its `week`.

    `start_incident` is called before the week of the incident.

    After each week it is fitted anew to `labels`, unless these are None.
    """
    for week in range(weeks):
        tell(f"week {week + 1} of {weeks}")
        if week == incident_week:
            start_incident()
        system.week(**options)
        if labels is not None:
            system.retrain(labels)


@contextmanager
def new_run(out: Path, asked: Options, insist: str = "") -> Iterator[Run]:
    """A new run below `out`; where what was to fill it is refused before it wrote anything, its folder goes again."""
    run = Run.new(out, asked, insist=insist)
    try:
        yield run
    except BaseException:
        with suppress(OSError):  # it is not empty: what was written is kept
            run.path.rmdir()
        raise


def show_weeks(run: Run, system: Any) -> None:
    """Writes the weeks that a `LiveSystem` has lived into a new run and prints them."""
    from case_studies.kit.live_system import weekly, write_days  # only where asked: it brings the serving room with it

    table = weekly(system.days)
    write_days(system, run.path / "days.json")
    table.to_csv(run.path / "weeks.csv")
    typer.echo(f"{table.round(0).astype(int).to_string()}\nWritten to {run.path / 'weeks.csv'}")


def _tell(text: str, err: bool = False) -> None:
    """Prints what stands in a run, which somebody else may have written, so that nothing of it steers the terminal."""
    typer.echo(visible(text), err=err)


def main(app: typer.Typer) -> None:
    """Runs a command line; an error that the operator can correct is one line without a traceback, exit code 2."""
    try:
        sys.exit(app(standalone_mode=False))
    except FAULTS as error:
        fault = fault_line(error)
        if fault is None:
            raise
    _tell(fault, err=True)
    sys.exit(2)
