"""The command line of the fraud system: `python -m case_studies.fraud --help`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from case_studies.kit import commands
from case_studies.kit.commands import IncidentWeek, OnAlarm, Out, Retrain, Seed, Weeks, command_line, progress
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd


Rank = Annotated[Literal["money", "probability"], typer.Option(help="Rank by expected loss or by probability.")]
Reviews = Annotated[int, typer.Option(help="How many payments a day can be reviewed.", min=1)]
LabelChoice = Annotated[Literal["as seen", "matured", "reweighted"], typer.Option(help="Which labels to learn from.")]


def _handbook(source: str | None, seed: int) -> tuple[object, "pd.DataFrame"]:
    from case_studies.fraud import data, train

    stream = data.load_payments(source or "handbook")
    return stream.card, train.handbook(stream, seed=seed)


def _ulb(source: str | None, seed: int) -> tuple[object, "pd.DataFrame"]:
    from case_studies.fraud import data, train

    if source is None:
        raise CourseError("The ULB protocol needs its file. Give --source path/to/creditcard.csv.")
    stream = data.load_payments(source)
    return stream.card, train.ulb(stream, seed=seed)


app = command_line(__package__, "Card fraud, a complete system.", {"handbook": _handbook, "ulb": _ulb})


@app.command(epilog="Example: python -m case_studies.fraud train --days 120 --reviews-per-day 40")
def train(
    source: Annotated[
        str, typer.Option(help='"simulator", "handbook", or the path of a published file.')
    ] = "simulator",
    days: Annotated[int, typer.Option(help="Days to simulate.", min=80)] = 150,
    test_days: Annotated[int, typer.Option(help="Last days, kept for the test.", min=1)] = 28,
    rank_by: Rank = "money",
    reviews_per_day: Reviews = 50,
    labels: LabelChoice = "as seen",
    seed: Seed = 0,
    out: Out = commands.RUNS,
) -> None:
    """Compare the candidates, release the best, write a new run folder."""
    import numpy as np

    from case_studies.fraud import data
    from case_studies.fraud import train as training
    from case_studies.fraud.policy import ReviewPolicy

    with progress("reading the payments") as tell, commands.new_run(out) as run:
        options = {"seed": seed, "days": days} if source == "simulator" else {}
        stream = data.load_payments(source, quarantine=run.path / "quarantine", **options)
        policy = ReviewPolicy(rank_by, reviews_per_day)
        table = training.train(run, stream, np.random.default_rng(seed), policy, labels, test_days, tell)
    commands.show_trained("fraud", run, stream.card, table)


@app.command(epilog="Example: python -m case_studies.fraud simulate --weeks 6 --incident-week 2 --rollback release")
def simulate(
    weeks: Weeks = 8,
    incident_week: IncidentWeek = None,
    adapts: Annotated[bool, typer.Option(help="Let the adversary adapt to what is caught.")] = True,
    retrain: Retrain = True,
    rank_by: Rank = "money",
    reviews_per_day: Reviews = 50,
    labels: LabelChoice = "as seen",
    rollback: OnAlarm = "release and state",
    seed: Seed = 0,
    out: Out = commands.RUNS,
) -> None:
    """Live some weeks in virtual time and count the money."""
    import numpy as np

    from case_studies.fraud.data import Adapter
    from case_studies.fraud.incident import Bank
    from case_studies.fraud.policy import ReviewPolicy

    with progress("92 days of history and the first release") as tell:
        policy = ReviewPolicy(rank_by, reviews_per_day)
        bank = Bank.opened(np.random.default_rng(seed), policy=policy, label_policy=labels)

        def strike() -> None:
            bank.deploy(bank.release.with_adapter(Adapter()))

        learned, asked = labels if retrain else None, {"adversary_adapts": adapts, "rollback": rollback}
        commands.live_weeks(bank, weeks, incident_week, strike, learned, tell, **asked)
    commands.show_weeks(out, bank)
    typer.echo(f"Adversary: {bank.simulator.tactics}")


main = partial(commands.main, app)
