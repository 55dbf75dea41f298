"""The command line of the system: `python -m case_studies.recommendation --help`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from case_studies.kit import Run, commands
from case_studies.kit.commands import Retrain, Seed, Tell, World, command_line

if TYPE_CHECKING:
    import numpy as np
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


def _fit(
    run: Run,
    tell: Tell,
    *,
    source: Annotated[
        str, typer.Option(help='"simulator", "completejourney", "online-retail", or the path of a published file.')
    ] = "simulator",
    days: Annotated[int, typer.Option(help="Days to simulate.", min=60)] = 140,
    test_days: Annotated[int, typer.Option(help="Last days, kept for the test.", min=1)] = 14,
    rank_by: Rank = "money",
    explore_slots: Explore = 1,
    labels: LabelChoice = "as seen",
    seed: Seed = 0,
) -> tuple[object, "pd.DataFrame"]:
    import numpy as np

    from case_studies.recommendation import data, train
    from case_studies.recommendation.policy import ShelfPolicy

    options = {"seed": seed, "days": days} if source == "simulator" else {}
    log = data.load_log(source, quarantine=run.path / "quarantine", **options)
    policy = ShelfPolicy(rank_by, explore_slots)
    return log.card, train.train(run, log, np.random.default_rng(seed), policy, labels, test_days, tell)


def _live(
    rng: "np.random.Generator",
    *,
    retrain: Retrain = True,
    rank_by: Rank = "money",
    explore_slots: Explore = 1,
    labels: LabelChoice = "as seen",
) -> World:
    from case_studies.recommendation import incident
    from case_studies.recommendation.policy import ShelfPolicy

    shop = incident.Shop.opened(rng, policy=ShelfPolicy(rank_by, explore_slots), label_policy=labels)

    def start_incident() -> None:
        shop.deploy(incident.spoiled(shop.release))

    def struck() -> str:
        days = [day for day, record in enumerate(shop.days) if record["spoiled"]]
        return f"The bad release decided on day {days[0]} and {len(days) - 1} more." if days else ""

    return World(shop, start_incident, labels if retrain else None, closing_line=struck)


def _movielens(source: str | None, seed: int) -> tuple[object, "pd.DataFrame"]:
    import numpy as np

    from case_studies.recommendation import data, train

    if source is None:
        raise data.RecommendationError("MovieLens needs its file. Give --source path/to/u.data or ratings.csv.")
    log = data.load_log(source)
    return log.card, train.films(log, np.random.default_rng(seed))


PROTOCOLS = {"retail": _retail, "journey": _journey, "movielens": _movielens}
EXAMPLES = {
    "train": "--days 120 --explore-slots 0",
    "retrain": "--labels unaided",
    "simulate": "--weeks 6 --incident-week 2 --rollback release",
}
ENDPOINTS = ("POST /stock",)
app = command_line(
    __package__, "Recommendation, a complete system.", _fit, _live, EXAMPLES, PROTOCOLS, endpoints=ENDPOINTS
)
main = partial(commands.main, app)
