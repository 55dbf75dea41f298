"""The command line of the maintenance system: `python -m case_studies.maintenance --help`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from case_studies.kit import commands
from case_studies.kit.commands import IncidentWeek, OnAlarm, Out, Retrain, Seed, Weeks, command_line, progress

if TYPE_CHECKING:
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


def _protocol(subset: str) -> commands.Protocol:
    return lambda source, seed: _engines(subset, source, seed)


PROTOCOLS = {subset.lower(): _protocol(subset) for subset in ("FD001", "FD002", "FD003", "FD004")}
app = command_line(__package__, "Predictive maintenance, a complete system.", PROTOCOLS)


@app.command(epilog="Example: python -m case_studies.maintenance train --days 300 --crew-per-day 4")
def train(
    source: Annotated[str, typer.Option(help='"simulator"; published files are for report --protocol.')] = "simulator",
    days: Annotated[int, typer.Option(help="Days of history to simulate.", min=150)] = 240,
    positions: Positions = 200,
    rig_units: Annotated[int, typer.Option(help="Units run to failure, for the test alone.", min=20)] = 150,
    by: Choose = "prediction",
    crew_per_day: Crew = 6,
    labels: LabelChoice = "matured",
    seed: Seed = 0,
    out: Out = commands.RUNS,
) -> None:
    """Compare the candidates, release the best, write a new run folder."""
    import numpy as np

    from case_studies.maintenance import data
    from case_studies.maintenance import train as training
    from case_studies.maintenance.policy import ReplacementPolicy
    from mlsd_lib.datasets.fleet import run_to_failure

    with progress("reading the fleet") as tell, commands.new_run(out) as run:
        fleet = data.load_fleet(source, run.path / "quarantine", seed=seed, days=days, positions=positions)
        rng = np.random.default_rng(seed)
        rig, policy = run_to_failure(rng.spawn(1)[0], rig_units), ReplacementPolicy(crew_per_day, by)
        table = training.train(run, fleet, rig, rng, policy, labels, tell=tell)
    commands.show_trained("maintenance", run, fleet.card, table)


@app.command(
    epilog="Example: python -m case_studies.maintenance simulate --weeks 6 --incident-week 2 --rollback release"
)
def simulate(
    weeks: Weeks = 8,
    incident_week: IncidentWeek = None,
    retrain: Retrain = True,
    positions: Positions = 200,
    by: Choose = "prediction",
    crew_per_day: Crew = 6,
    labels: LabelChoice = "matured",
    rollback: OnAlarm = "release and state",
    seed: Seed = 0,
    out: Out = commands.RUNS,
) -> None:
    """Live some weeks in virtual time and count the money."""
    import numpy as np

    from case_studies.maintenance.data import drifting
    from case_studies.maintenance.incident import Plant
    from case_studies.maintenance.policy import ReplacementPolicy

    with progress("240 days of history and the first release") as tell:
        policy, rng = ReplacementPolicy(crew_per_day, by), np.random.default_rng(seed)
        plant = Plant.opened(rng, policy=policy, label_policy=labels, positions=positions)

        def strike() -> None:
            plant.deploy(plant.release.with_calibration(drifting(plant.now)))

        learned = labels if retrain else None
        commands.live_weeks(plant, weeks, incident_week, strike, learned, tell, rollback=rollback)
    commands.show_weeks(out, plant)
    rang = [(number, day["acting"]) for number, day in enumerate(plant.days) if day["acting"]]
    for number, metrics in rang:
        typer.echo(f"day {number}: acted on {', '.join(metrics)}")


main = partial(commands.main, app)
