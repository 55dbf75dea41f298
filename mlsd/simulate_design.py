"""`mlsd simulate`: a design document through a scenario, from the command line.

It stands here and not in its room, since `mlsd --help` imports it, and that room imports numpy and Flask.
"""

from pathlib import Path
from typing import Annotated

import typer


def simulate(
    design: Annotated[Path, typer.Argument(help="A design document in YAML.")],
    name: Annotated[
        str,
        typer.Option("--scenario", help="steady, daily-cycle, flash-crowd, slow-dependency, replica-lost or excited."),
    ] = "steady",
    rate: Annotated[float, typer.Option(help="Requests a second, outside of crowds.", min=0.1, max=5_000)] = 100.0,
    seed: Annotated[int, typer.Option(help="Seed of the scenario.", min=0)] = 0,
    against: Annotated[Path | None, typer.Option(help="Another design, shown beside it.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the page goes; default: beside the design.")] = None,
) -> None:
    """Run a design through a scenario in virtual time; print its scorecard and write it as HTML.

    Example: mlsd simulate design.yaml --scenario flash-crowd --rate 150
    """
    from mlsd.simulate_page import write_page
    from mlsd_lib.simulation.design import Design
    from mlsd_lib.simulation.errors import SimulationError
    from mlsd_lib.simulation.scenario import scenario
    from mlsd_lib.simulation.scorecard import compare, scored

    target = out or design.with_name(f"{design.stem}-{name}.html")
    if out and (out.is_dir() or not out.parent.is_dir()):
        raise SimulationError(f"--out is {out}; it must name a file in a folder that is there. Name another.")
    document, story = Design.read(design), scenario(name, seed, rate=rate)
    other = Design.read(against) if against else None
    card = scored(document, story)
    typer.echo(str(card))
    if other is not None and against is not None:
        typer.echo(f"\n{document.compared(other).to_string()}\n")
        typer.echo(compare({design.name: document, against.name: other}, story).round(2).to_string())
    write_page(card, target)
    typer.echo(f"Written to {target}")
