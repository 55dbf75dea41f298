"""The command line of the fraud system: `python -m case_studies.fraud --help`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from case_studies.kit import Run, commands
from case_studies.kit.commands import Retrain, Seed, Tell, World, command_line
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    import numpy as np
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


def _fit(
    run: Run,
    tell: Tell,
    *,
    source: Annotated[
        str, typer.Option(help='"simulator", "handbook", or the path of a published file.')
    ] = "simulator",
    days: Annotated[int, typer.Option(help="Days to simulate.", min=80)] = 150,
    test_days: Annotated[int, typer.Option(help="Last days, kept for the test.", min=1)] = 28,
    rank_by: Rank = "money",
    reviews_per_day: Reviews = 50,
    labels: LabelChoice = "as seen",
    seed: Seed = 0,
) -> tuple[object, "pd.DataFrame"]:
    import numpy as np

    from case_studies.fraud import data, train
    from case_studies.fraud.policy import ReviewPolicy

    options = {"seed": seed, "days": days} if source == "simulator" else {}
    stream = data.load_payments(source, quarantine=run.path / "quarantine", **options)
    policy = ReviewPolicy(rank_by, reviews_per_day)
    return stream.card, train.train(run, stream, np.random.default_rng(seed), policy, labels, test_days, tell)


def _live(
    rng: "np.random.Generator",
    *,
    adapts: Annotated[bool, typer.Option(help="Let the adversary adapt to what is caught.")] = True,
    retrain: Retrain = True,
    rank_by: Rank = "money",
    reviews_per_day: Reviews = 50,
    labels: LabelChoice = "as seen",
) -> World:
    from case_studies.fraud.data import Adapter
    from case_studies.fraud.incident import Bank
    from case_studies.fraud.policy import ReviewPolicy

    bank = Bank.opened(rng, policy=ReviewPolicy(rank_by, reviews_per_day), label_policy=labels)

    def start_incident() -> None:
        bank.deploy(bank.release.with_adapter(Adapter()))

    def adversary() -> str:
        return f"Adversary: {bank.simulator.tactics}"

    return World(bank, start_incident, labels if retrain else None, {"adversary_adapts": adapts}, adversary)


PROTOCOLS = {"handbook": _handbook, "ulb": _ulb}
EXAMPLES = {
    "train": "--days 130 --reviews-per-day 40",
    "retrain": "--labels matured",
    "simulate": "--weeks 6 --incident-week 2 --rollback release",
}
app = command_line(__package__, "Card fraud, a complete system.", _fit, _live, EXAMPLES, PROTOCOLS)
main = partial(commands.main, app)
