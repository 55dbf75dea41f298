"""Runs random designs, as far as documents allow, through short stories; NUMBA_BOUNDSCHECK=1 checks every index.

A program of its own, since numba decides when it compiles: `python -m tests.mlsd_lib.simulation.bounds_fuzz NUMBER`.
"""

import sys

import numpy as np

from mlsd_lib.simulation import compiled_engine
from mlsd_lib.simulation.compiled_state import BALANCING
from mlsd_lib.simulation.design import Autoscaler, Batching, Breaker, Cache, Design, Queue, Replicas, Retries
from mlsd_lib.simulation.scenario import BatchCost, Failure, Scenario, Slow


def main(number: int) -> None:
    """Print how many designs ran to the end of all their requests."""
    compiled_engine._bring_along = lambda: None  # type: ignore[assignment]  # what is on disk was compiled without checks
    for seed in range(number):
        rng = np.random.default_rng(seed)
        record = compiled_engine.simulate(any_design(rng), any_story(rng))
        if not ((record.ended >= 0).all() and (record.latency_s >= 0).all()):
            raise AssertionError(f"a request of story {seed} has no end")
    print(number)


def pick(rng: np.random.Generator, *options):
    return options[rng.integers(len(options))]


def any_design(rng: np.random.Generator) -> Design:
    """The least and the most that each entry may be, and something between."""
    least, most = 1, int(pick(rng, 2, 60, 500))
    scaler = Autoscaler(least=least, most=most, target=pick(rng, 1e-300, 1e-5, 1.0), every_s=pick(rng, 1.0, 3_600.0))
    return Design(
        replicas=Replicas(
            count=int(pick(rng, least, most)),
            start_up_s=pick(rng, 0.0, 86_400.0),
            autoscaler=pick(rng, None, scaler),
        ),
        batching=Batching(most_rows=int(pick(rng, 1, 7, 1_024)), wait_s=pick(rng, 0.0, 10.0)),
        queue=Queue(
            limit=pick(rng, None, 1, 50),
            drop_expired=bool(pick(rng, True, False)),
            balancing=BALANCING[rng.integers(len(BALANCING))],
        ),
        timeout_s=pick(rng, 1e-3, 1.0, 600.0),
        retries=Retries(most=int(pick(rng, 0, 10)), backoff_s=pick(rng, 0.0, 60.0), budget=pick(rng, None, 0.0, 10.0)),
        hedge_after_s=pick(rng, None, 1e-9, 600.0),
        breaker=pick(rng, None, Breaker(failures=pick(rng, 1e-9, 1.0), window=int(pick(rng, 1, 10_000)), open_s=1e-9)),
        cache=pick(rng, None, Cache(items=int(pick(rng, 1, 10**9)), ttl_s=pick(rng, 1e-3, 864_000.0), coalesce=True)),
        fallback=bool(pick(rng, True, False)),
    )


def any_story(rng: np.random.Generator) -> Scenario:
    """Few requests, all at once or over a quarter of an hour, with nothing, or much, that breaks."""
    requests, items = int(pick(rng, 1, 60)), int(pick(rng, 1, 40))
    arrived = np.sort(rng.uniform(0, pick(rng, 1e-9, 900.0), requests))
    slow = pick(rng, (), (Slow(0.0, 1e9, 1e-9),), (Slow(-5.0, 1.0, 1e4),))
    failures = pick(rng, (), (Failure(0.0, 10**6, 0.0),), (Failure(1.0, 1, 1e6),) * 3)
    cost = BatchCost(pick(rng, 0.0, 0.5), pick(rng, 0.0, 0.2), pick(rng, 0.0, 1.0))
    keys = rng.integers(0, items, requests)
    seconds = pick(rng, 1e-3, 900.0)
    return Scenario("any", arrived, keys, items, seconds, cost, slow, failures, seed=1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
