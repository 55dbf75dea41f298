"""The command line of the fraud system: `python -m case_studies.fraud --help`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mlsd_lib.errors import CourseError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Card fraud, a complete system.")


class Labels(StrEnum):
    AS_SEEN = "as seen"
    MATURED = "matured"
    REWEIGHTED = "reweighted"


class RankBy(StrEnum):
    MONEY = "money"
    PROBABILITY = "probability"


class Rollback(StrEnum):
    BOTH = "release and state"
    RELEASE = "release"
    WAIT = "wait for chargebacks"


class Protocol(StrEnum):
    RUN = "run"
    HANDBOOK = "handbook"
    ULB = "ulb"


Out = Annotated[Path, typer.Option(help="Folder of the run folders; each run makes a new one in it.")]
Run = Annotated[Path | None, typer.Option(help="A run folder; the newest below --out if not given.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Rank = Annotated[RankBy, typer.Option(help="Rank payments by expected loss or by probability.")]
Reviews = Annotated[int, typer.Option(help="How many payments a day can be reviewed.", min=1)]
LabelChoice = Annotated[Labels, typer.Option(help="Which labels to learn from.")]


@app.command(epilog="Example: python -m case_studies.fraud train --days 120 --reviews-per-day 40")
def train(
    source: Annotated[
        str, typer.Option(help='"simulator", "handbook", or the path of a published file.')
    ] = "simulator",
    days: Annotated[int, typer.Option(help="Days to simulate.", min=80)] = 150,
    test_days: Annotated[int, typer.Option(help="Last days, kept for the test.", min=1)] = 28,
    rank_by: Rank = RankBy.MONEY,
    reviews_per_day: Reviews = 50,
    labels: LabelChoice = Labels.AS_SEEN,
    seed: Seed = 0,
    out: Out = Path("runs"),
) -> None:
    """Compare the candidates, release the best, write a new run folder."""
    import numpy as np

    from case_studies.fraud import data, release
    from case_studies.fraud import train as training
    from case_studies.fraud.policy import ReviewPolicy

    with _progress("reading the payments") as tell:
        run = release.new_run(out)
        options = {"seed": seed, "days": days} if source == "simulator" else {}
        stream = data.load_payments(source, quarantine=run / "quarantine", **options)
        policy = ReviewPolicy(rank_by.value, reviews_per_day)
        table = training.train(run, stream, np.random.default_rng(seed), policy, labels.value, test_days, tell)
    typer.echo(stream.card)
    typer.echo(table.round(3).to_string())
    typer.echo((run / "decision.md").read_text(encoding="utf-8"))
    typer.echo(f"Run folder: {run}\nServe it: python -m case_studies.fraud serve --run {run}")


@app.command(epilog="Example: python -m case_studies.fraud serve --port 8000")
def serve(
    run: Run = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65_535)] = 8000,
    threads: Annotated[int, typer.Option(help="Threads that answer.", min=1)] = 4,
    out: Out = Path("runs"),
) -> None:
    """Serve a run's current release: POST /predict, POST /reports, GET /healthz, GET /metrics."""
    from case_studies.fraud import release, service

    run = run or release.latest_run(out)
    typer.echo(f"Serving {run} on http://127.0.0.1:{port}, until interrupted.", err=True)
    service.run_service(run, port, threads)


@app.command(epilog="Example: python -m case_studies.fraud simulate --weeks 6 --incident-week 2 --rollback release")
def simulate(
    weeks: Annotated[int, typer.Option(help="Live weeks.", min=1)] = 8,
    incident_week: Annotated[
        int | None, typer.Option(help="Week in which a bad release goes out; none if not given.")
    ] = None,
    adapts: Annotated[bool, typer.Option(help="Let the adversary adapt to what is caught.")] = True,
    retrain: Annotated[bool, typer.Option(help="Fit the model anew each week.")] = True,
    rank_by: Rank = RankBy.MONEY,
    reviews_per_day: Reviews = 50,
    labels: LabelChoice = Labels.AS_SEEN,
    rollback: Annotated[Rollback, typer.Option(help="What to do when the monitor rings.")] = Rollback.BOTH,
    seed: Seed = 0,
    out: Out = Path("runs"),
) -> None:
    """Live some weeks in virtual time and count the money."""
    import numpy as np

    from case_studies.fraud import incident, release
    from case_studies.fraud.data import Adapter
    from case_studies.fraud.policy import ReviewPolicy

    with _progress("92 days of history and the first release") as tell:
        policy = ReviewPolicy(rank_by.value, reviews_per_day)
        bank = incident.Bank.opened(np.random.default_rng(seed), policy=policy, label_policy=labels.value)
        for week in range(weeks):
            tell(f"week {week + 1} of {weeks}")
            if week == incident_week:
                bank.deploy(bank.release.with_adapter(Adapter()))
            bank.week(adapts, rollback.value)
            if retrain:
                bank.retrain(labels.value)
    table = incident.weekly(bank.days)
    run = release.new_run(out)
    table.to_csv(run / "weeks.csv")
    typer.echo(table.round(0).astype(int).to_string())
    typer.echo(f"Adversary: {bank.simulator.tactics}\nWritten to {run / 'weeks.csv'}")


@app.command(epilog="Example: python -m case_studies.fraud report --protocol handbook")
def report(
    protocol: Annotated[
        Protocol, typer.Option(help="A run's record, or a published protocol on its data.")
    ] = Protocol.RUN,
    run: Run = None,
    source: Annotated[
        str | None, typer.Option(help="A published file; the Handbook's is found by MLSD_DATA_DIR.")
    ] = None,
    seed: Seed = 0,
    out: Out = Path("runs"),
) -> None:
    """Show what a run decided and did, or repeat a published protocol."""
    from case_studies.fraud import data, protocols, release

    if protocol is Protocol.RUN:
        run = run or release.latest_run(out)
        typer.echo((run / "decision.md").read_text(encoding="utf-8"))
        for entry in release.registry_of(run).history():
            typer.echo(f"{entry['number']}. {entry['action']} to {entry['to']}: {entry['reason']}")
        return
    if protocol is Protocol.ULB and source is None:
        raise CourseError("The ULB protocol needs its file. Give --source path/to/creditcard.csv.")
    with _progress("reading the payments, then fitting") as tell:
        stream = data.load_payments(source or "handbook")
        tell(f"fitting on {stream.card.name}")
        table = (protocols.handbook if protocol is Protocol.HANDBOOK else protocols.ulb)(stream, seed=seed)
    typer.echo(stream.card)
    typer.echo(table.round(3).to_string())


@app.command(epilog='Example: python -m case_studies.fraud rollback --reason "amounts in cents" --no-restore-state')
def rollback(
    reason: Annotated[str, typer.Option(help="Why; kept in the registry's history.")],
    restore_state: Annotated[bool, typer.Option(help="Also read remembered amounts again.")] = True,
    run: Run = None,
    out: Out = Path("runs"),
) -> None:
    """Take the current release back; a running service follows with its next request."""
    from case_studies.fraud import monitor, release

    current, fixed = monitor.roll_back(run or release.latest_run(out), reason, restore_state)
    typer.echo(f"Current release: {current}. Remembered amounts read anew: {fixed:,}.")


@contextmanager
def _progress(first: str) -> Iterator:
    from rich.console import Console

    console = Console(stderr=True)
    with console.status(first) as status:

        def tell(text: str) -> None:
            status.update(text)
            if not console.is_terminal:
                console.print(text)

        yield tell


def main() -> None:
    """Runs the command line; errors of the course are printed without a traceback, exit code 2."""
    try:
        app()
    except CourseError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
