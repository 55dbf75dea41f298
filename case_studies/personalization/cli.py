"""The command line of the page's system: `python -m case_studies.personalization --help`."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlsd_lib.errors import CourseError
from mlsd_lib.modeling import Run
from mlsd_lib.operations import commands
from mlsd_lib.operations.commands import IncidentWeek, OnAlarm, Out, Rollback, Seed, Weeks, command_line, progress

if TYPE_CHECKING:
    import pandas as pd


class Labels(StrEnum):
    MATURED = "matured"
    AS_SEEN = "as seen"


Explore = Annotated[float, typer.Option(help="Share of the pages whose slots show any item.", min=0.001, max=1.0)]
LabelChoice = Annotated[Labels, typer.Option(help="Which clicks to learn from.")]


def _open_bandit(source: str | None, seed: int) -> tuple[object, "pd.DataFrame"]:
    from case_studies.personalization import train

    return train.open_bandit(Path(source) if source else None)


def _hillstrom(source: str | None, seed: int) -> tuple[object, "pd.DataFrame"]:
    from case_studies.personalization import train
    from mlsd_lib.datasets.personalization import read_hillstrom

    if source is None:
        raise CourseError("The Hillstrom protocol needs its file. Give --source path/to/the.csv.")
    log = read_hillstrom(Path(source))
    return log.card, train.hillstrom(log, seed)


PROTOCOLS = {"openbandit": _open_bandit, "hillstrom": _hillstrom}
app = command_line(__package__, "Personalized slots, a complete system.", PROTOCOLS)


@app.command(epilog="Example: python -m case_studies.personalization train --days 42 --explore 0.05")
def train(
    source: Annotated[str, typer.Option(help='"simulator"; published logs have protocols, see report.')] = "simulator",
    days: Annotated[int, typer.Option(help="Days to simulate.", min=20)] = 42,
    test_days: Annotated[int, typer.Option(help="Last days, kept for the test.", min=1)] = 7,
    explore: Explore = 0.1,
    labels: LabelChoice = Labels.MATURED,
    seed: Seed = 0,
    out: Out = commands.RUNS,
) -> None:
    """Compare the candidates, release the best, write a new run folder."""
    import numpy as np

    from case_studies.personalization import data
    from case_studies.personalization import train as training
    from case_studies.personalization.policy import SlotPolicy

    with progress("reading the views") as tell, commands.new_run(out) as run:
        stream = data.load(source, seed, days, quarantine=run.path / "quarantine")
        rng, policy = np.random.default_rng(seed), SlotPolicy(explore)
        table = training.train(run, stream, rng, policy, labels.value, test_days, tell)
    commands.show_trained("personalization", run, stream.card, table)


@app.command(
    epilog="Example: python -m case_studies.personalization simulate --weeks 6 --incident-week 2 --rollback release"
)
def simulate(
    weeks: Weeks = 8,
    incident_week: IncidentWeek = None,
    retrain: Annotated[bool, typer.Option(help="Fit the model anew each week.")] = True,
    explore: Explore = 0.1,
    labels: LabelChoice = Labels.MATURED,
    rollback: OnAlarm = Rollback.BOTH,
    seed: Seed = 0,
    out: Out = commands.RUNS,
) -> None:
    """Live some weeks in virtual time and count the money over the best single item."""
    import numpy as np

    from case_studies.personalization.incident import Page, campaign
    from case_studies.personalization.policy import SlotPolicy
    from mlsd_lib.simulation import weekly

    with progress("35 days of history and the first release") as tell:
        page = Page.opened(np.random.default_rng(seed), policy=SlotPolicy(explore), label_policy=labels.value)
        commands.live_weeks(
            weeks,
            incident_week,
            live=lambda: page.week(rollback.value),
            strike=lambda: page.deploy(page.release.with_rule(campaign(page.rates))),
            retrain=partial(page.retrain, labels.value) if retrain else None,
            tell=tell,
        )
    commands.show_weeks(Run.new(out), weekly(page.days))


main = partial(commands.main, app)
