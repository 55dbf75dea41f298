"""Thousands of designs evaluated: on this machine's cores by default, on a Dask cluster by its address."""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING

from mlsd_lib.lesson import progress
from mlsd_lib.simulation.design import Design
from mlsd_lib.simulation.scenario import scenario
from mlsd_lib.simulation.scorecard import scored

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 8
"""Designs that a process evaluates at once: the scenario is drawn once for all of them."""


def evaluate(
    designs: Sequence[Design],
    name: str,
    seed: int = 0,
    scheduler: str | None = None,
    processes: int | None = None,
    **options: float,
) -> "pd.DataFrame":
    """The scorecards' figures of `designs` in a scenario, a row a design in their order.

    `options` are the scenario's. `scheduler`: the address of a Dask scheduler, whose workers then do the work; else
    `processes` processes of this machine, as many as it has cores if not given.
    """
    import pandas as pd

    chunks = [list(designs[start : start + CHUNK]) for start in range(0, len(designs), CHUNK)]
    job = partial(_figures, name=name, seed=seed, options=options)
    found = _on_cluster(job, chunks, scheduler) if scheduler else _on_this_machine(job, chunks, processes)
    return pd.DataFrame([row for rows in progress(found, "designs", len(chunks)) for row in rows])


def _figures(designs: list[Design], name: str, seed: int, options: dict[str, float]) -> list[dict[str, float]]:
    story = scenario(name, seed, **options)
    return [scored(design, story).figures for design in designs]


def _on_this_machine(
    job: partial, chunks: Iterable[list[Design]], processes: int | None
) -> Iterator[list[dict[str, float]]]:
    from mlsd_lib.simulation.compiled_engine import prepare

    prepare()
    with ProcessPoolExecutor(processes or os.cpu_count() or 1, get_context("spawn")) as pool:
        yield from pool.map(job, chunks)


def _on_cluster(job: partial, chunks: Iterable[list[Design]], scheduler: str) -> Iterator[list[dict[str, float]]]:
    from dask.distributed import Client

    with Client(scheduler, set_as_default=False) as client:
        for future in client.map(job, chunks, pure=False):
            yield future.result()
