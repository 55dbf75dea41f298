"""The simulators of `mlsd_lib.simulation` against SimPy, on the same model with the same draws and the same answers.

    python benchmarks/simulation.py                   200,000 requests
    python benchmarks/simulation.py --n 50000 --json

Three engines simulate one M/M/1 queue: the plain queue, the whole serving simulator (which could batch, retry, cache
and scale, and is not asked to), and SimPy. The ratio is SimPy's CPU time by ours, the median over pairs; more is
better. Before anything is timed, every answer is compared. `requests_per_s` is what ours does in a second of CPU time.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import simpy

sys.path.insert(0, str(Path(__file__).parents[1]))

from lessons.latency_and_throughput.plain_queue import serve_queue
from mlsd_lib.simulation import compiled_engine, traces
from mlsd_lib.simulation.design import Design
from mlsd_lib.simulation.scenario import BatchCost, Scenario

PAIRS = 5


def in_simpy(arrived: np.ndarray, service_s: np.ndarray) -> np.ndarray:
    """Seconds from arrival to answer, (n,)."""
    env = simpy.Environment()
    server, latency = simpy.Resource(env, 1), np.empty(len(arrived))

    def one(i: int, at: float) -> Any:
        with server.request() as turn:
            yield turn
            yield env.timeout(service_s[i])
        latency[i] = env.now - at

    def all_of_them() -> Any:
        for i, at in enumerate(arrived):
            yield env.timeout(at - env.now)
            env.process(one(i, at))

    env.process(all_of_them())
    env.run()
    return latency


def seconds(call: Callable[[], Any]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def measured(n: int) -> list[dict[str, Any]]:
    """A row an engine of ours: CPU seconds of both sides, their ratio, requests a CPU second."""
    rng = np.random.default_rng(0)
    arrived = traces.constant(rng, 80.0, n / 80)
    scenario = Scenario(
        "M/M/1", arrived, np.zeros(len(arrived), dtype=np.int64), 1, n / 80, BatchCost(0.0, 0.01, 1.0), seed=1
    )
    service_s = 0.01 * scenario.luck.batch[: len(arrived)]
    design = Design(timeout_s=600.0)
    engines: dict[str, Callable[[], np.ndarray]] = {
        "plain queue": lambda: serve_queue(arrived, service_s).latency_s,
        "serving simulator": lambda: compiled_engine.simulate(design, scenario).latency_s,
    }
    theirs = in_simpy(arrived, service_s)
    rows = []
    for name, engine in engines.items():
        np.testing.assert_allclose(engine(), theirs, rtol=1e-6, atol=1e-9)
        pairs = [(seconds(engine), seconds(lambda: in_simpy(arrived, service_s))) for _ in range(PAIRS)]
        ours, other = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(b / a for a, b in pairs)
        rows.append(
            {"name": name, "n": len(arrived), "ours": ours, "theirs": other, "ratio": round(ratio, 1),
             "requests_per_s": round(len(arrived) / ours)}
        )  # fmt: skip
    return rows


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=200_000, help="requests (200,000)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON an engine")
    arguments = parser.parse_args()
    for row in measured(arguments.n):
        print(
            f"{row['name']}: {row['requests_per_s']:,} requests a CPU second, {row['ratio']:g} times SimPy's "
            f"{row['n'] / row['theirs']:,.0f}"
        )
        if arguments.json:
            print(json.dumps(row))


if __name__ == "__main__":
    main()
