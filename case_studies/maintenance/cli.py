"""The command line of the maintenance system: `python -m case_studies.maintenance --help`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from case_studies.kit import Run, commands
from case_studies.kit.commands import Retrain, Seed, Tell, World, command_line

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


Choose = Annotated[Literal["prediction", "age"], typer.Option(help="Choose units by predicted life or by age.")]
Crew = Annotated[int, typer.Option(help="How many units a day the crew can replace.", min=1)]
LabelChoice = Annotated[
    Literal["matured", "weighted", "known by now", "drop censored", "censored as failed"],
    typer.Option(help="What to learn of units that have not failed."),
]
Positions = Annotated[int, typer.Option(help="Positions in the plant, each with a unit in it.", min=30)]


def _engines(subset: str, source: str | None, seed: int) -> tuple[object, "pd.DataFrame"]:
    from case_studies.maintenance import train
    from mlsd_lib.datasets.fleet import cmapss

    engines = cmapss(subset, source)
    return engines.card, train.engine_protocol(engines, seed=seed)


def _protocol(subset: str) -> commands.Evaluation:
    return lambda source, seed: _engines(subset, source, seed)


PROTOCOLS = {subset.lower(): _protocol(subset) for subset in ("FD001", "FD002", "FD003", "FD004")}


def _fit(
    run: Run,
    tell: Tell,
    *,
    source: Annotated[str, typer.Option(help='"simulator"; published files are for report --protocol.')] = "simulator",
    days: Annotated[int, typer.Option(help="Days of history to simulate.", min=150)] = 240,
    positions: Positions = 200,
    rig_units: Annotated[int, typer.Option(help="Units run to failure, for the test alone.", min=20)] = 150,
    by: Choose = "prediction",
    crew_per_day: Crew = 6,
    labels: LabelChoice = "matured",
    seed: Seed = 0,
) -> tuple[object, "pd.DataFrame"]:
    import numpy as np

    from case_studies.maintenance import data, train
    from case_studies.maintenance.policy import ReplacementPolicy
    from mlsd_lib.datasets.fleet import run_to_failure

    fleet = data.load_fleet(source, run.path / "quarantine", seed=seed, days=days, positions=positions)
    rng = np.random.default_rng(seed)
    rig, policy = run_to_failure(rng.spawn(1)[0], rig_units), ReplacementPolicy(crew_per_day, by)
    return fleet.card, train.train(run, fleet, rig, rng, policy, labels, tell=tell)


def _live(
    rng: "np.random.Generator",
    *,
    retrain: Retrain = True,
    positions: Positions = 200,
    by: Choose = "prediction",
    crew_per_day: Crew = 6,
    labels: LabelChoice = "matured",
) -> World:
    from case_studies.maintenance.data import drifting
    from case_studies.maintenance.incident import Plant
    from case_studies.maintenance.policy import ReplacementPolicy

    policy = ReplacementPolicy(crew_per_day, by)
    plant = Plant.opened(rng, policy=policy, label_policy=labels, positions=positions)

    def start_incident() -> None:
        plant.deploy(plant.release.with_calibration(drifting(plant.now)))

    def acted() -> str:
        rang = {number: day["acting"] for number, day in enumerate(plant.days) if day["acting"]}
        return "\n".join(f"day {number}: acted on {', '.join(metrics)}" for number, metrics in rang.items())

    return World(plant, start_incident, labels if retrain else None, closing_line=acted)


EXAMPLES = {
    "train": "--days 300 --crew-per-day 4",
    "retrain": "--labels weighted",
    "simulate": "--weeks 6 --incident-week 2 --rollback release",
}
app = command_line(__package__, "Predictive maintenance, a complete system.", _fit, _live, EXAMPLES, PROTOCOLS)
main = partial(commands.main, app)
