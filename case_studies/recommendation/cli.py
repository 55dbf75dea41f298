"""The command line of the system: `python -m case_studies.recommendation --help`."""

from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from mlsd_lib.modeling import Run
from mlsd_lib.operations import commands
from mlsd_lib.operations.commands import IncidentWeek, OnAlarm, Out, Rollback, Seed, Weeks, command_line, progress

if TYPE_CHECKING:
    import pandas as pd


class Labels(StrEnum):
    AS_SEEN = "as seen"
    UNAIDED = "unaided"
    BY_POSITION = "by position"


class RankBy(StrEnum):
    MONEY = "money"
    PROBABILITY = "probability"


Rank = Annotated[RankBy, typer.Option(help="Rank candidates by expected margin or by the chance of a purchase.")]
Explore = Annotated[int, typer.Option(help="Places of a slate for items that nobody has tried.", min=0, max=10)]
LabelChoice = Annotated[Labels, typer.Option(help="Which purchases to learn from.")]


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
    rank_by: Rank = RankBy.MONEY,
    explore_slots: Explore = 1,
    labels: LabelChoice = Labels.AS_SEEN,
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
        policy = ShelfPolicy(rank_by.value, explore_slots)
        table = training.train(run, log, np.random.default_rng(seed), policy, labels.value, test_days, tell)
    commands.show_trained("recommendation", run, log.card, table)


@app.command(epilog="Example: python -m case_studies.recommendation simulate --weeks 6 --incident-week 2")
def simulate(
    weeks: Weeks = 8,
    incident_week: IncidentWeek = None,
    retrain: Annotated[bool, typer.Option(help="Fit index and ranker anew each week.")] = True,
    rank_by: Rank = RankBy.MONEY,
    explore_slots: Explore = 1,
    labels: LabelChoice = Labels.AS_SEEN,
    rollback: OnAlarm = Rollback.BOTH,
    seed: Seed = 0,
    out: Out = commands.RUNS,
) -> None:
    """Live some weeks in virtual time and count the money."""
    import numpy as np

    from case_studies.recommendation import incident
    from case_studies.recommendation.policy import ShelfPolicy
    from mlsd_lib.simulation import weekly

    with progress("120 days of history and the first release") as tell:
        policy = ShelfPolicy(rank_by.value, explore_slots)
        shop = incident.Shop.opened(np.random.default_rng(seed), policy=policy, label_policy=labels.value)
        commands.live_weeks(
            weeks,
            incident_week,
            live=lambda: shop.week(rollback.value),
            strike=lambda: shop.deploy(incident.spoiled(shop.release)),
            retrain=partial(shop.retrain, labels.value) if retrain else None,
            tell=tell,
        )
    commands.show_weeks(Run.new(out), weekly(shop.days))
    struck = [day for day, record in enumerate(shop.days) if record["spoiled"]]
    if struck:
        typer.echo(f"The bad release decided on day {struck[0]} and {len(struck) - 1} more.")


main = partial(commands.main, app)
