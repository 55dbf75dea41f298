"""`mlsd simulate`: design documents through a scenario, from the command line.

`mlsd --help` imports this module, so that it imports nothing heavy itself.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlsd.simulate.example import EXAMPLE

if TYPE_CHECKING:
    from mlsd.simulate.document import Story


def _print(wanted: bool) -> None:
    if wanted:
        typer.echo(EXAMPLE, nl=False)
        raise typer.Exit


def simulate(
    designs: Annotated[list[Path], typer.Argument(help="A design document in YAML, several to compare, or a search.")],
    name: Annotated[
        str,
        typer.Option("--scenario", help="steady, daily-cycle, flash-crowd, slow-dependency or replica-lost."),
    ] = "steady",
    rate: Annotated[
        float | None, typer.Option(help="Requests a second, outside of crowds; 100 if not given.", min=0.1, max=5_000)
    ] = None,
    arrivals: Annotated[
        Path | None, typer.Option(help="CSV of recorded requests: column time, or count (a line a minute).")
    ] = None,
    seed: Annotated[int, typer.Option(help="First seed of the scenario.", min=0)] = 0,
    seeds: Annotated[int, typer.Option(help="How many seeds; figures are means with 90 % intervals.", min=1)] = 1,
    workers: Annotated[int | None, typer.Option(help="Processes of a search; default: one a core.", min=1)] = None,
    dask: Annotated[
        str | None, typer.Option(help="Dask scheduler whose workers run a search, as tcp://127.0.0.1:8786.")
    ] = None,
    example: Annotated[
        bool,
        typer.Option("--example", help="Print a design document, and run nothing.", is_eager=True, callback=_print),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else; a page only by --out.")] = False,
    out: Annotated[Path | None, typer.Option(help="Where the page goes; default: next to the first document.")] = None,
) -> None:
    """Run designs through a scenario in virtual time; print their figures and write them as HTML.

    A whole document stands below, and --example prints it. `mlsd measure` fits batch_cost to a running service.

    Replicas share one queue, or each has its own (queue: balancing: shared, random, round_robin, least_loaded,
    two_choices).

    A search is a document of `search`, as {replicas.count: {least: 1, most: 6}, batching.most_rows: [1, 8, 32]}, and
    `design`, the rest. It gives a table, the front of cost and good answers, and the cheapest design that keeps the
    level. Started again, it goes on where it was.

    Examples: mlsd simulate --example > design.yaml
    mlsd simulate design.yaml --scenario flash-crowd --rate 150
    mlsd simulate two.yaml three.yaml --arrivals monday.csv --seeds 10
    """
    from mlsd.simulate.document import Story
    from mlsd.simulate.page import KIND
    from mlsd.simulate.recorded import read_recorded
    from mlsd.simulate.search import is_search
    from mlsd_lib.operations.own_page import require_own
    from mlsd_lib.simulation.errors import SimulationError

    if seeds > 1_000 or len(designs) > 50:
        raise SimulationError(f"{len(designs)} designs and {seeds} seeds; at most 50 and 1,000 are run. Take fewer.")
    if arrivals and rate is not None:
        raise SimulationError(f"--rate is {rate:g}, and --arrivals says when requests come. Give one of the two.")
    if dask and workers:
        raise SimulationError(f"--workers is {workers}, and --dask names a cluster with its own. Give one of the two.")
    if folders := [str(path) for path in designs if path.is_dir()]:
        raise SimulationError(f"{folders[0]} is a folder. Name a design in it: mlsd simulate --example > design.yaml")
    story = Story(name, trace=read_recorded(arrivals) if arrivals else None)
    story = story if rate is None else story._replace(rate=rate)
    target = out or designs[0].with_name(f"{designs[0].stem}-{arrivals.stem if arrivals else name}.html")
    page = out is not None or not as_json
    if page:
        require_own(target, KIND, "--out")
    if len(designs) == 1 and is_search(designs[0]):
        _search(designs[0], story, range(seed, seed + seeds), target, workers, dask, as_json, page)
    elif dask or workers:
        option = f"--dask is {dask}" if dask else f"--workers is {workers}"
        raise SimulationError(f"{option}, but {designs[0]} is no search. Leave it out, or give a search alone.")
    else:
        _study(designs, story, range(seed, seed + seeds), target, as_json, page)


def _study(designs: list[Path], story: "Story", seeds: range, target: Path, as_json: bool, page: bool) -> None:
    """Run the designs of these documents, write their page and print their figures."""
    from mlsd.simulate import study
    from mlsd.simulate.document import ServiceDocument
    from mlsd.simulate.page import write_comparison, write_page

    documents = {name: ServiceDocument.read(path) for name, path in _named(designs).items()}
    studies = study.study(documents, story, seeds)
    title = studies[0].card.scenario.name
    if page and len(studies) > 1:
        write_comparison(studies, title, target)
    elif page:
        write_page(studies[0].card, target, studies[0] if len(seeds) > 1 else None)
    if as_json:
        typer.echo(json.dumps(study.as_json(studies, title, seeds), allow_nan=False))
        return
    if len(studies) == 1 and len(seeds) == 1:
        typer.echo(str(studies[0].card))
    else:
        typer.echo(f"{title}\n{study.table(studies).to_string()}")
        for design in studies:
            typer.echo(f"{design.name}: {design.verdict}")
    if len(studies) == 2:
        typer.echo(f"What differs:\n{study.differing(*studies).to_string()}")
    typer.echo(f"Written to {target}")


def _named(designs: list[Path]) -> dict[str, Path]:
    """Documents by their file's name, or by their path where two files have one name."""
    from mlsd_lib.simulation.errors import SimulationError

    names = [path.name for path in designs]
    names = names if len(set(names)) == len(names) else [str(path) for path in designs]
    if len(set(names)) < len(names):
        raise SimulationError(f"{', '.join(names)}: a document is given twice. Give each once.")
    return dict(zip(names, designs, strict=True))


def _search(
    path: Path, story: "Story", seeds: range, target: Path, workers: int | None, dask: str | None, as_json: bool,
    page: bool,
) -> None:  # fmt: skip
    from mlsd.simulate import search
    from mlsd.simulate.page import write_search

    combinations = search.SearchDocument.read(path).combinations()
    kept_in = target.with_suffix(".runs.jsonl")
    found = search.run_search(combinations.designs, story, seeds, kept_in, workers, dask)
    title = combinations.designs[0][1].scenario(story, seeds[0]).name
    if page:
        write_search(found, combinations, title, target)
    if as_json:
        typer.echo(json.dumps(search.as_json(found, title, seeds, combinations.left_out), allow_nan=False))
        return
    if combinations.left_out:
        typer.echo(f"{combinations.left_out} designs left out, which contradict themselves. {combinations.why}")
    head, *lines = search.lines(found)
    for line in [head, *(row for row in lines if row[-1])]:
        typer.echo("  ".join(f"{text:>{max(12, len(name))}}" for text, name in zip(line, head, strict=True)))
    typer.echo(f"{search.verdict(found)}\nWritten to {target}; the runs are in {kept_in}")


def measure(
    url: Annotated[str, typer.Argument(help="Where the service takes rows: http://127.0.0.1:8000/predict")],
    row: Annotated[str, typer.Option(help="A row that it takes, as a JSON object, or @file.")],
    largest: Annotated[int, typer.Option(help="Rows of the largest request.", min=2, max=1_024)] = 64,
    requests: Annotated[int, typer.Option(help="Requests of each size.", min=4, max=10_000)] = 30,
    out: Annotated[Path | None, typer.Option(help="A new file for the part of the document.")] = None,
) -> None:
    """Fit what a batch takes at a running service, for the `world` of a design document.

    It sends an object whose entry `rows` lists 1, 2, 4 and so on rows, one request after the other; the times hold the
    way there and back. The service of the example is python -m mlsd_lib.serving.faulty_service 8000.

    Example: mlsd measure http://127.0.0.1:8000/predict --row '{"number": 1}' --out cost.yaml
    """
    from mlsd.simulate.measured_cost import fit, measured
    from mlsd_lib.simulation.errors import SimulationError

    if out and (out.exists() or not out.parent.is_dir()):
        raise SimulationError(f"--out is {out}; it must name a new file in a folder that is there. Name another.")
    try:
        given = json.loads(_content(Path(row[1:])) if row.startswith("@") else row)
    except (OSError, ValueError, RecursionError) as error:
        raise SimulationError(f"--row is {row[:80]!r}: {error}. Give a JSON object, or @ and a file of one.") from None
    if not isinstance(given, dict):
        raise SimulationError(f"--row is {row[:80]!r}; it must be a JSON object, as the service takes it.")
    text = fit(measured(url, given, largest, requests)).document()
    typer.echo(text, nl=False)
    if out:
        out.write_text(text, encoding="utf-8")


def _content(path: Path) -> str:
    """The text of a file of one row."""
    from mlsd.simulate.measured_cost import MOST_BYTES
    from mlsd_lib.own_file import require_bounded

    require_bounded(path, MOST_BYTES)
    return path.read_text(encoding="utf-8")
