"""A release lived on real servers: two versions, the router before them, clients, and a controller that may be killed.

Times are wall seconds of this machine; what is claimed of them should not depend on how fast it is.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from lessons.deployment.controller import PLAN, ROUTE, STATE
from lessons.deployment.rollout_machine import Plan, Rollout
from lessons.deployment.router import Route
from mlsd_lib.operations.errors import OperationsError
from mlsd_lib.serving import LoadResult, ServerProcess, open_loop

MOST_S = 120.0
LOOK_S = 0.1
ROUND_S = 2.0
SLOW_MS = 4_000.0  # a busy machine is no fault of the version


@dataclass(frozen=True)
class LiveRelease:
    """What was seen: `(second, stage, share)` whenever it changed, the last state, what clients got, the kills."""

    seen: tuple[tuple[float, str, float], ...]
    last: Rollout
    loads: tuple[LoadResult, ...]
    kills: int

    @property
    def requests(self) -> int:
        """How many requests the clients sent."""
        return sum(len(load) for load in self.loads)

    @property
    def failed(self) -> int:
        """How many of them got no good answer."""
        return sum(int((~load.ok).sum()) for load in self.loads)


@contextmanager
def two_versions(folder: Path, plan: Plan, fault: Sequence[str] = ()) -> Iterator[ServerProcess]:
    """The router before v1, with v2 ready to be let in; `fault` are options of `one_version` for v2.

    `folder` gets the state, the route and the plan, as the controller wants them.
    """
    module = [sys.executable, "-m", "mlsd_lib.serving.faulty_service", "{port}", "--version"]
    with ServerProcess([*module, "v1"]) as one, ServerProcess([*module, "v2", *fault]) as two:
        Route({"v1": one.url, "v2": two.url}, "v1", slow_ms=SLOW_MS, repeatable=True).write(folder / ROUTE)
        Rollout("v1").write(folder / STATE)
        (folder / PLAN).write_text(json.dumps(asdict(plan)), encoding="utf-8")
        router = [sys.executable, "-m", "lessons.deployment.router", "{port}", "--route", str(folder / ROUTE)]
        with ServerProcess(router) as running:
            yield running


def live_release(
    folder: Path, plan: Plan, fault: Sequence[str] = (), *, per_s: float = 100.0, kill_at: Sequence[float | str] = (),
    seed: int = 0,
) -> LiveRelease:  # fmt: skip
    """Lets v2 in while clients ask `per_s` times a second, until the release has ended.

    The controller is killed (SIGKILL) once for each of `kill_at`, and started again with the same words: so many
    seconds after its last start, or as soon as the release is in the stage of that name. Raises `OperationsError`
    where it does not end within two minutes.
    """
    with two_versions(folder, plan, fault) as router, ThreadPoolExecutor() as pool:
        command = [sys.executable, "-m", "lessons.deployment.controller", str(folder), "--router", router.url]
        command += ["--deploy", "v2", "--every", str(LOOK_S)]
        ended = threading.Event()
        clients = pool.submit(_ask_until, ended, f"{router.url}/predict", per_s, np.random.default_rng(seed))
        try:
            seen, kills = _watched(command, folder, plan, list(kill_at))
        finally:
            ended.set()
        return LiveRelease(tuple(seen), Rollout.read(folder / STATE), tuple(clients.result()), kills)


def _ask_until(ended: threading.Event, url: str, per_s: float, rng: np.random.Generator) -> list[LoadResult]:
    """Rounds of two seconds of open-loop load, one more after the end: the last route is tried too."""
    bodies, loads = [{"number": i} for i in range(5_000)], list[LoadResult]()
    while True:
        last = ended.is_set()
        loads.append(open_loop(url, bodies, per_s, ROUND_S, rng))
        if last:
            return loads


def _watched(
    command: list[str], folder: Path, plan: Plan, kill_at: list[float | str]
) -> tuple[list[tuple[float, str, float]], int]:
    """Runs controllers until one ends by itself; what the state said meanwhile, and how many were killed."""
    started = begun = time.monotonic()
    process, kills = _start(command), 0
    seen: list[tuple[float, str, float]] = []
    try:
        while time.monotonic() - started < MOST_S:
            done = process.poll() is not None
            state = Rollout.read(folder / STATE)
            now = (state.stage, state.traffic(plan)[0])
            if not seen or seen[-1][1:] != now:
                seen.append((time.monotonic() - started, *now))
            if done:
                return seen, kills
            if kills < len(kill_at) and _is_due(kill_at[kills], state.stage, time.monotonic() - begun):
                process.kill()
                process.wait()
                process, begun, kills = _start(command), time.monotonic(), kills + 1
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    raise OperationsError(f"No end of the release within {MOST_S:g} s; it is {seen[-1][1]}. Ask for fewer requests.")


def _is_due(kill: float | str, stage: str, running_s: float) -> bool:
    return stage == kill if isinstance(kill, str) else running_s > kill


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)
