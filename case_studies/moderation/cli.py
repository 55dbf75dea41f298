"""The command line of the system: `python -m case_studies.moderation --help`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from case_studies.kit import Run, commands
from case_studies.kit.commands import Retrain, Seed, Tell, World, command_line

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


Reviews = Annotated[float, typer.Option(help="How many posts people look at in an hour.", min=0.1)]
Queue = Annotated[
    Literal["harm", "arrival"], typer.Option(help="What people look at first: the largest expected harm or the oldest.")
]
LabelChoice = Annotated[Literal["appeals", "audit"], typer.Option(help="Which labels to learn from.")]


def _davidson(source: str | None, seed: int) -> "tuple[object, pd.DataFrame]":
    from case_studies.moderation import train
    from mlsd_lib.datasets.moderation import load_texts

    texts = load_texts(source)
    return texts.card, train.published(texts, seed)


def _fit(
    run: Run,
    tell: Tell,
    *,
    source: Annotated[str, typer.Option(help='"simulator"; for published tweets see report.')] = "simulator",
    days: Annotated[int, typer.Option(help="Days to simulate, 44 more than those of the test at least.", min=45)] = 60,
    authors: Annotated[int, typer.Option(help="Authors to simulate.", min=50)] = 500,
    test_days: Annotated[int, typer.Option(help="Last days, kept for the test.", min=1)] = 14,
    reviews_per_hour: Reviews = 3.0,
    order: Queue = "harm",
    seed: Seed = 0,
) -> tuple[object, "pd.DataFrame"]:
    import numpy as np

    from case_studies.moderation import data, train
    from case_studies.moderation.policy import ModerationPolicy

    rng = np.random.default_rng(seed)
    stream = data.load_posts(rng, days, run.path / "quarantine", source, authors=authors)
    policy = ModerationPolicy(reviews_per_hour=reviews_per_hour, order=order)
    return stream.card, train.train(run, stream, rng, policy, test_days, tell)


def _live(
    rng: "np.random.Generator",
    *,
    authors: Annotated[int, typer.Option(help="Authors to simulate.", min=50)] = 300,
    retrain: Retrain = True,
    reviews_per_hour: Reviews = 2.0,
    order: Queue = "harm",
    labels: LabelChoice = "audit",
) -> World:
    from case_studies.moderation.incident import HURRIED, Board
    from case_studies.moderation.policy import ModerationPolicy

    policy = ModerationPolicy(reviews_per_hour=reviews_per_hour, order=order)
    board = Board.opened(rng, policy=policy, authors=authors)
    board.label_policy = labels

    def start_incident() -> None:
        board.wave()
        board.deploy(board.release.with_normaliser(HURRIED))

    return World(board, start_incident, labels if retrain else None)


EXAMPLES = {
    "train": "--days 70 --reviews-per-hour 4",
    "retrain": "--reviews-per-hour 4",
    "simulate": "--weeks 6 --incident-week 2 --rollback release",
}
ENDPOINTS = ("GET /queue", "GET /audit/<int:post_id>", "DELETE /authors/<int:author_id>")
app = command_line(
    __package__,
    "Moderation of posts, a complete system.",
    _fit,
    _live,
    EXAMPLES,
    {"davidson": _davidson},
    endpoints=ENDPOINTS,
)
main = partial(commands.main, app)
