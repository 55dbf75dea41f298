"""The command line of the page's system: `python -m case_studies.personalization --help`."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from case_studies.kit import commands
from case_studies.kit.commands import IncidentWeek, OnAlarm, Out, Retrain, Seed, Weeks, command_line, progress
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd


Explore = Annotated[float, typer.Option(help="Share of the pages whose slots show any item.", min=0.001, max=1.0)]
LabelChoice = Annotated[Literal["matured", "as seen"], typer.Option(help="Which clicks to learn from.")]


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
    days: Annotated[int, typer.Option(help="Days to simulate, 18 more than those of the test at least.", min=19)] = 42,
    test_days: Annotated[int, typer.Option(help="Last days, kept for the test.", min=1)] = 7,
    explore: Explore = 0.1,
    labels: LabelChoice = "matured",
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
        table = training.train(run, stream, rng, policy, labels, test_days, tell)
    commands.show_trained("personalization", run, stream.card, table)


@app.command(
    epilog="Example: python -m case_studies.personalization simulate --weeks 6 --incident-week 2 --rollback release"
)
def simulate(
    weeks: Weeks = 8,
    incident_week: IncidentWeek = None,
    retrain: Retrain = True,
    explore: Explore = 0.1,
    labels: LabelChoice = "matured",
    rollback: OnAlarm = "release and state",
    seed: Seed = 0,
    out: Out = commands.RUNS,
) -> None:
    """Live some weeks in virtual time and count the money over the best single item."""
    import numpy as np

    from case_studies.personalization.incident import Page, campaign
    from case_studies.personalization.policy import SlotPolicy

    with progress("35 days of history and the first release") as tell:
        page = Page.opened(np.random.default_rng(seed), policy=SlotPolicy(explore), label_policy=labels)

        def strike() -> None:
            page.deploy(page.release.with_rule(campaign(page.rates)))

        learned = labels if retrain else None
        commands.live_weeks(page, weeks, incident_week, strike, learned, tell, rollback=rollback)
    commands.show_weeks(out, page)


main = partial(commands.main, app)
