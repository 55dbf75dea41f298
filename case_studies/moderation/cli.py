"""The command line of the system: `python -m case_studies.moderation --help`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from case_studies.kit import commands
from case_studies.kit.commands import IncidentWeek, OnAlarm, Out, Retrain, Seed, Weeks, command_line, progress

if TYPE_CHECKING:
    import pandas as pd


Reviews = Annotated[float, typer.Option(help="How many posts people look at in an hour.", min=0.1)]
Queue = Annotated[
    Literal["harm", "arrival"], typer.Option(help="What people look at first: the largest expected harm or the oldest.")
]
LabelChoice = Annotated[Literal["appeals", "audit"], typer.Option(help="Which labels to learn from.")]


def _published(name: str) -> commands.Protocol:
    def protocol(source: str | None, seed: int) -> "tuple[object, pd.DataFrame]":
        from case_studies.moderation import train
        from mlsd_lib.datasets.moderation import load_texts

        texts = load_texts(name, source)
        return texts.card, train.published(texts, name, seed)

    return protocol


PROTOCOLS = {name: _published(name) for name in ("davidson", "sms", "youtube", "hatecheck")}
app = command_line(__package__, "Moderation of posts, a complete system.", PROTOCOLS)


@app.command(epilog="Example: python -m case_studies.moderation train --days 70 --reviews-per-hour 4")
def train(
    days: Annotated[int, typer.Option(help="Days to simulate.", min=30)] = 60,
    authors: Annotated[int, typer.Option(help="Authors to simulate.", min=50)] = 500,
    test_days: Annotated[int, typer.Option(help="Last days, kept for the test.", min=1)] = 14,
    reviews_per_hour: Reviews = 3.0,
    order: Queue = "harm",
    seed: Seed = 0,
    out: Out = commands.RUNS,
) -> None:
    """Compare the candidates, release the best that passes the gate, write a new run folder."""
    import numpy as np

    from case_studies.moderation import data
    from case_studies.moderation import train as training
    from case_studies.moderation.policy import ModerationPolicy

    with progress("writing the posts") as tell, commands.new_run(out) as run:
        rng = np.random.default_rng(seed)
        stream = data.load_posts(rng, days, run.path / "quarantine", authors=authors)
        policy = ModerationPolicy(reviews_per_hour=reviews_per_hour, order=order)
        table = training.train(run, stream, rng, policy, test_days, tell)
    commands.show_trained("moderation", run, stream.card, table)


@app.command(
    epilog="Example: python -m case_studies.moderation simulate --weeks 6 --incident-week 2 --rollback release"
)
def simulate(
    weeks: Weeks = 8,
    incident_week: IncidentWeek = None,
    authors: Annotated[int, typer.Option(help="Authors to simulate.", min=50)] = 300,
    retrain: Retrain = True,
    reviews_per_hour: Reviews = 2.0,
    order: Queue = "harm",
    labels: LabelChoice = "audit",
    rollback: OnAlarm = "release and state",
    seed: Seed = 0,
    out: Out = commands.RUNS,
) -> None:
    """Live some weeks in virtual time and count the money."""
    import numpy as np

    from case_studies.moderation.incident import HURRIED, Board
    from case_studies.moderation.policy import ModerationPolicy

    with progress("44 days of history and the first release") as tell:
        policy = ModerationPolicy(reviews_per_hour=reviews_per_hour, order=order)
        board = Board.opened(np.random.default_rng(seed), policy=policy, authors=authors)
        board.label_policy = labels

        def strike() -> None:
            board.wave()
            board.deploy(board.release.with_normaliser(HURRIED))

        learned = labels if retrain else None
        commands.live_weeks(board, weeks, incident_week, strike, learned, tell, rollback=rollback)
    commands.show_weeks(out, board)


main = partial(commands.main, app)
