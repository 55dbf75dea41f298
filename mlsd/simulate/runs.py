"""The runs of a search: on a pool of processes or on the workers of a Dask scheduler, each kept in a file once made."""

import contextlib
import functools
import hashlib
import json
import platform
import sys
from collections.abc import Generator, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import mlsd_lib.simulation
from mlsd.simulate.document import ServiceDocument, Story
from mlsd_lib.simulation import SimulationError
from mlsd_lib.simulation.scenario import Scenario
from mlsd_lib.simulation.scorecard import scored

if TYPE_CHECKING:
    from distributed import Client

CHUNK = 8
"""Runs that a process makes at once: a scenario that the next one shares is drawn once."""
Task = tuple[str, str, int]
"""A run: its key, its design as JSON, its seed."""
Run = tuple[str, dict[str, float]]
"""A run that was made: its key and its figures."""
CONNECT_S = 30.0
"""So long a scheduler may take to answer, and its first worker to come."""


def computed(
    tasks: list[Task], story: Story, kept_in: Path, workers: int | None, scheduler: str | None
) -> dict[str, dict[str, float]]:
    """The figures of each task by its key; each is added to `kept_in` once it is there. Raises `SimulationError`."""
    import typer

    from mlsd_lib.simulation.compiled_engine import prepare

    prepare()
    found: dict[str, dict[str, float]] = {}
    chunks = [tasks[start : start + CHUNK] for start in range(0, len(tasks), CHUNK)]
    bar = typer.progressbar(length=len(tasks), label="runs", file=sys.stderr)
    done = _on_dask(chunks, story, scheduler) if scheduler else _on_a_pool(chunks, story, workers)
    with _kept_open(kept_in) as file, bar, contextlib.closing(done):
        for runs in done:
            for key, figures in runs:
                found[key] = figures
                file.write(json.dumps({"key": key, "figures": figures}) + "\n")
                bar.update(1)
            file.flush()
    return found


@contextlib.contextmanager
def _kept_open(path: Path) -> Iterator[TextIO]:
    """The file of runs, to be added to."""
    try:
        with path.open("a", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise SimulationError(f"The runs cannot be kept in {path}: {error.strerror}. Name another --out.") from None


def _on_a_pool(chunks: list[list[Task]], story: Story, workers: int | None) -> Generator[list[Run], None, None]:
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _start, (story,))
    try:
        for future in as_completed([pool.submit(_run_here, chunk) for chunk in chunks]):
            yield future.result()
    except BrokenProcessPool:
        raise SimulationError(
            "A process of the search was ended, perhaps for its memory. What was done is kept; run the same command "
            "again, with fewer --workers."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _on_dask(chunks: list[list[Task]], story: Story, scheduler: str) -> Generator[list[Run], None, None]:
    from distributed import KilledWorker, as_completed
    from distributed.comm.core import CommClosedError

    try:
        with _client(scheduler) as client:
            client.wait_for_workers(1, CONNECT_S)
            lent = client.scatter(story, broadcast=True)
            futures = [client.submit(run_there, lent, chunk, code(), pure=False) for chunk in chunks]
            for future in as_completed(futures, loop=client.loop):
                yield future.result()
    except (OSError, ImportError, CommClosedError, KilledWorker) as error:
        raise SimulationError(
            f"--dask {scheduler}: {str(error).splitlines()[0][:200]}. What was done is kept; see that it has workers "
            "with mlsd, and run the same command again."
        ) from None


def _client(scheduler: str) -> "Client":
    from distributed import Client

    try:
        return Client(scheduler, set_as_default=False, timeout=CONNECT_S)
    except (OSError, ValueError) as error:
        raise SimulationError(
            f"--dask {scheduler}: {str(error).splitlines()[0][:200]}. Name the address of a scheduler, as "
            "tcp://127.0.0.1:8786."
        ) from None


_STORY: list[Story] = []


def _start(story: Story) -> None:
    _STORY[:] = [story]


def _run_here(tasks: list[Task]) -> list[Run]:
    return _run(_STORY[0], tasks)


def run_there(story: Story, tasks: list[Task], wanted: str) -> list[Run]:
    """The figures of some runs by another machine, whose `code` must be the wanted one; raises `SimulationError`."""
    if code() != wanted:
        raise SimulationError(
            f"A worker of the cluster ({platform.node()}) has another version of mlsd, whose figures may differ. "
            "Install the same one there, and start the worker again."
        )
    return _run(story, tasks)


def _run(story: Story, tasks: list[Task]) -> list[Run]:
    """The figures of some runs; a scenario that the next one shares is drawn once."""
    found, before, drawn = [], ("", -1), None
    for key, text, seed in tasks:
        document = ServiceDocument.model_validate_json(text)
        here = (document.world.model_dump_json(), seed)
        if here != before:
            before, drawn = here, document.scenario(story, seed)
        assert isinstance(drawn, Scenario)
        figures = scored(document, drawn).figures
        found.append((key, {k: v if isinstance(v, int) else float(v) for k, v in figures.items()}))
    return found


def salt(story: Story) -> str:
    """What every run depends on but its design and seed: the story, and the code of the engine."""
    digest = hashlib.sha256(f"{story.name} {story.rate} {code()}".encode())
    if story.trace is not None:
        for column in (story.trace.times, story.trace.counts):
            digest.update(b"none" if column is None else column.tobytes())
    return digest.hexdigest()


@functools.cache
def code() -> str:
    """A digest of the code that a run's figures come from, as it was when this process needed it first."""
    digest = hashlib.sha256()
    for folder in (Path(mlsd_lib.simulation.__file__).parent, Path(__file__).parent):
        for path in sorted(folder.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def key_of(salt: str, text: str, seed: int) -> str:
    """The key of a run of a design, as JSON, with a seed."""
    return hashlib.sha256(f"{salt} {seed} {text}".encode()).hexdigest()


def kept(path: Path) -> dict[str, dict[str, float]]:
    """The runs in a file; a line that was cut off is passed over."""
    found = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else ():
        try:
            entry = json.loads(line)
            found[entry["key"]] = entry["figures"]
        except (ValueError, KeyError, TypeError):
            continue
    return found
