"""The command line of the support assistant: `python -m case_studies.assistant --help`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from case_studies.kit import Run, commands
from case_studies.kit.commands import Seed, Tell, World, command_line

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


RefuseBelow = Annotated[
    float | None,
    typer.Option(help="Probability from which a question is answered; by price if not given.", min=0, max=1),
]
CacheHours = Annotated[float, typer.Option(help="How long an answer is kept for the next who asks.", min=0)]
Budget = Annotated[float, typer.Option(help="EUR a day for the encoder; words alone search after that.", min=0)]


def _fit(
    run: Run,
    tell: Tell,
    *,
    days: Annotated[int, typer.Option(help="Days to simulate, 42 more than those of the test at least.", min=43)] = 56,
    questions_a_day: Annotated[int, typer.Option(help="Questions a day to simulate.", min=40)] = 160,
    test_days: Annotated[int, typer.Option(help="Last days, kept for the test.", min=1)] = 14,
    refuse_below: RefuseBelow = None,
    cache_hours: CacheHours = 24.0,
    budget_eur: Budget = 40.0,
    seed: Seed = 0,
) -> tuple[object, "pd.DataFrame"]:
    import numpy as np

    from case_studies.assistant import data, train
    from case_studies.assistant.policy import AnswerPolicy

    rng = np.random.default_rng(seed)
    stream = data.load_desk(rng, days, run.path / "quarantine", questions_a_day=questions_a_day)
    policy = AnswerPolicy(refuse_below, cache_hours, budget_eur=budget_eur)
    return stream.card, train.train(run, stream, rng, policy, test_days, tell)


def _live(
    rng: "np.random.Generator",
    *,
    questions_a_day: Annotated[int, typer.Option(help="Questions a day to simulate.", min=40)] = 120,
    refresh_days: Annotated[int, typer.Option(help="Days from one build of the index to the next.", min=1)] = 1,
    refuse_below: RefuseBelow = None,
    cache_hours: CacheHours = 24.0,
) -> World:
    from case_studies.assistant.incident import MONTH, Desk
    from case_studies.assistant.policy import AnswerPolicy

    desk = Desk.opened(rng, AnswerPolicy(refuse_below, cache_hours), questions_a_day=questions_a_day)
    desk.refresh_days = refresh_days

    def start_incident() -> None:
        desk.deploy(desk.release.with_index(desk.simulator.documents, desk.now, lag_days=MONTH))

    return World(desk, start_incident)


EXAMPLES = {
    "train": "--days 63 --cache-hours 6",
    "retrain": "--refuse-below 0.95",
    "simulate": "--weeks 4 --incident-week 2 --rollback release",
}
ENDPOINTS = ("POST /stream",)
app = command_line(
    __package__, "A shop's support assistant, a complete system.", _fit, _live, EXAMPLES, endpoints=ENDPOINTS
)
main = partial(commands.main, app)
