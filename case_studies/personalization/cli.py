"""The command line of the page's system: `python -m case_studies.personalization --help`."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from case_studies.kit import Run, commands
from case_studies.kit.commands import Retrain, Seed, Tell, World, command_line

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


Explore = Annotated[float, typer.Option(help="Share of the pages whose slots show any item.", min=0.001, max=1.0)]
LabelChoice = Annotated[Literal["matured", "as seen"], typer.Option(help="Which clicks to learn from.")]


def _open_bandit(source: str | None, seed: int) -> tuple[object, "pd.DataFrame"]:
    from case_studies.personalization import train

    return train.open_bandit(Path(source) if source else None)


def _fit(
    run: Run,
    tell: Tell,
    *,
    source: Annotated[str, typer.Option(help='"simulator"; published logs have protocols, see report.')] = "simulator",
    days: Annotated[int, typer.Option(help="Days to simulate, 18 more than those of the test at least.", min=19)] = 42,
    test_days: Annotated[int, typer.Option(help="Last days, kept for the test.", min=1)] = 7,
    explore: Explore = 0.1,
    labels: LabelChoice = "matured",
    seed: Seed = 0,
) -> tuple[object, "pd.DataFrame"]:
    import numpy as np

    from case_studies.personalization import data, train
    from case_studies.personalization.policy import SlotPolicy

    stream = data.load(source, seed, days, quarantine=run.path / "quarantine")
    rng, policy = np.random.default_rng(seed), SlotPolicy(explore)
    return stream.card, train.train(run, stream, rng, policy, labels, test_days, tell)


def _live(
    rng: "np.random.Generator",
    *,
    retrain: Retrain = True,
    explore: Explore = 0.1,
    labels: LabelChoice = "matured",
) -> World:
    from case_studies.personalization.incident import Page, campaign
    from case_studies.personalization.policy import SlotPolicy

    page = Page.opened(rng, policy=SlotPolicy(explore), label_policy=labels)

    def start_incident() -> None:
        page.deploy(page.release.with_rule(campaign(page.rates)))

    return World(page, start_incident, labels if retrain else None)


EXAMPLES = {
    "train": "--days 42 --explore 0.05",
    "retrain": "--explore 0.05",
    "simulate": "--weeks 6 --incident-week 2 --rollback release",
}
PROTOCOLS = {"openbandit": _open_bandit}
app = command_line(__package__, "Personalized slots, a complete system.", _fit, _live, EXAMPLES, PROTOCOLS)
main = partial(commands.main, app)
