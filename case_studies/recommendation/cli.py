"""The command line of the system: `python -m case_studies.recommendation --help`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from case_studies.kit import commands
from case_studies.kit.commands import IncidentWeek, OnAlarm, Out, Retrain, Seed, Weeks, command_line, progress

if TYPE_CHECKING:
    import pandas as pd


Rank = Annotated[
    Literal["money", "probability"], typer.Option(help="Rank by expected margin or by the chance of a purchase.")
]
Explore = Annotated[int, typer.Option(help="Places of a slate for items that nobody has tried.", min=0, max=10)]
LabelChoice = Annotated[Literal["as seen", "unaided", "by position"], typer.Option(help="Purchases to learn from.")]


def _retail(source: str | None, seed: int) -> tuple[object, "pd.DataFrame"]:
    import numpy as np

    from case_studies.recommendation import data, train

    log = data.load_log(source or "online-retail")
    return log.card, train.retail(log, np.random.default_rng(seed))


def _journey(source: str | None, seed: int) -> tuple[object, "pd.DataFrame"]:
    import numpy as np

    from case_studies.recommendation import data, train

    log = data.load_log(source or "completejourney")
    return log.card, train.journey(log, np.random.default_rng(seed))


app = command_line(__package__, "Recommendation, a complete system.", {"retail": _retail, "journey": _journey})


@app.command(epilog="Example: python -m case_studies.recommendation train --days 120 --explore-slots 0")
def train(
    source: Annotated[
        str, typer.Option(help='"simulator", "completejourney", "online-retail", or the path of a published file.')
    ] = "simulator",
    days: Annotated[int, typer.Option(help="Days to simulate.", min=60)] = 140,
    test_days: Annotated[int, typer.Option(help="Last days, kept for the test.", min=1)] = 14,
    rank_by: Rank = "money",
    explore_slots: Explore = 1,
    labels: LabelChoice = "as seen",
    seed: Seed = 0,
    out: Out = commands.RUNS,
) -> None:
    """Compare the candidates, release the best, write a new run folder."""
    import numpy as np

    from case_studies.recommendation import data
    from case_studies.recommendation import train as training
    from case_studies.recommendation.policy import ShelfPolicy

    with progress("reading visits and purchases") as tell, commands.new_run(out) as run:
        options = {"seed": seed, "days": days} if source == "simulator" else {}
        log = data.load_log(source, quarantine=run.path / "quarantine", **options)
        policy = ShelfPolicy(rank_by, explore_slots)
        table = training.train(run, log, np.random.default_rng(seed), policy, labels, test_days, tell)
    commands.show_trained("recommendation", run, log.card, table)


@app.command(epilog="Example: python -m case_studies.recommendation simulate --weeks 6 --incident-week 2")
def simulate(
    weeks: Weeks = 8,
    incident_week: IncidentWeek = None,
    retrain: Retrain = True,
    rank_by: Rank = "money",
    explore_slots: Explore = 1,
    labels: LabelChoice = "as seen",
    rollback: OnAlarm = "release and state",
    seed: Seed = 0,
    out: Out = commands.RUNS,
) -> None:
    """Live some weeks in virtual time and count the money."""
    import numpy as np

    from case_studies.recommendation import incident
    from case_studies.recommendation.policy import ShelfPolicy

    with progress("120 days of history and the first release") as tell:
        policy = ShelfPolicy(rank_by, explore_slots)
        shop = incident.Shop.opened(np.random.default_rng(seed), policy=policy, label_policy=labels)

        def strike() -> None:
            shop.deploy(incident.spoiled(shop.release))

        learned = labels if retrain else None
        commands.live_weeks(shop, weeks, incident_week, strike, learned, tell, rollback=rollback)
    commands.show_weeks(out, shop)
    struck = [day for day, record in enumerate(shop.days) if record["spoiled"]]
    if struck:
        typer.echo(f"The bad release decided on day {struck[0]} and {len(struck) - 1} more.")


main = partial(commands.main, app)
