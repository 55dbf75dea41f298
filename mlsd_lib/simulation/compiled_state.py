"""What the compiled engine runs on: a design and a scenario as plain numbers, and tables of what changes.

A row of a table is a record, so that what is read together lies together.
"""

import math
from typing import Any, get_args

import numpy as np

from mlsd_lib.simulation.design import BURST, Balancing, Design
from mlsd_lib.simulation.record import BIN_S, SUMS
from mlsd_lib.simulation.scenario import Scenario

BALANCING = get_args(Balancing)
OFF, STARTING, IDLE, BUSY, DOWN = np.arange(5)
NONE = np.int64(-1)


def _row(**columns: str) -> np.dtype:
    return np.dtype(list(columns.items()), align=True)


EVENT = _row(time="f8", order="i8", kind="i8", one="i8", two="i8")
ATTEMPT = _row(sent_s="f8", order="i8", request="i8", behind="i8", waiting="?", probe="?")
"""`order`: of its giving up among all that is planned; `behind`: the next one in its queue."""
HEDGE = _row(request="i8", order="i8")
REPLICA = _row(state="i8", epoch="i8", rows="i8")
QUEUE = _row(first="i8", last="i8", size="i8", ready_at="f8")
"""`ready_at`: when its next batch may begin, as planned."""


def fields(design: Design, scenario: Scenario) -> dict[str, Any]:
    """Every field of the engine's state, as it is at the start."""
    return _fixed(design, scenario) | _numbers(design, scenario) | _tables(design, scenario)


def _machines(design: Design) -> int:
    """How many replicas a design can have at once."""
    scaler = design.replicas.autoscaler
    return max(design.replicas.count, scaler.most if scaler else 0)


def _queues(design: Design) -> int:
    """How many queues there are."""
    return 1 if design.queue.balancing == "shared" else _machines(design)


def _numbers(design: Design, scenario: Scenario) -> dict[str, Any]:
    """The numbers that change."""
    count = design.replicas.count
    integers = {
        "missing": len(scenario.arrived), "planned": 0, "order": 0, "attempts": 0, "given_up": 0, "hedges": 0,
        "hedged": 0, "queued": 0, "batches": 0, "backoffs": 0, "choices": 0, "turn": -1, "is_open": 0, "probing": 0,
        "ring_at": 0, "ring_size": 0, "ring_failed": 0, "cached": 0, "newest": NONE, "oldest": NONE, "busy": 0,
        "up": count, "paid": count, "idle_from": 0, "row": 0,
    }  # fmt: skip
    floats = {
        "now": 0.0, "tokens": BURST, "open_until": -np.inf, "until": 0.0, "sure_until": 0.0, "passed": 0.0,
        "busy_s": 0.0, "up_s": 0.0,
    }  # fmt: skip
    return integers | floats


def _tables(design: Design, scenario: Scenario) -> dict[str, np.ndarray]:
    """The arrays that change; what the design does not have is small."""
    requests, replicas, hedges = len(scenario.arrived), _machines(design), design.hedge_after_s is not None
    attempts = requests * (1 + design.retries.most) * (1 + hedges)
    items = scenario.items if design.cache else 1
    coalesced = requests if design.cache and design.cache.coalesce else 1
    replica, queue = np.zeros(replicas, REPLICA), np.zeros(_queues(design), QUEUE)
    replica["state"][: design.replicas.count] = IDLE
    queue["ready_at"] = np.nan
    return {
        "heap": np.empty(4 * replicas + len(scenario.failures) + 64, EVENT),  # what is rarely passed
        "attempt": np.empty(attempts, ATTEMPT),  # in the order of sending
        "hedge": np.empty(requests if hedges else 1, HEDGE),
        "replica": replica,
        "queue": queue,
        "batch": np.empty((replicas, design.batching.most_rows), dtype=np.int64),
        "ended": np.full(requests, -1, dtype=np.int8),
        "latency_s": np.full(requests, np.nan),
        "open_attempts": np.zeros(requests, dtype=np.int64),
        "retried": np.zeros(requests, dtype=np.int64),
        "last": np.zeros(design.breaker.window if design.breaker else 1, dtype=np.int64),  # failures, a ring
        "made": np.full(items, np.nan),  # when an item's cached answer was made
        "older": np.full(items, NONE),  # a chain of cached items, from the one asked for last
        "newer": np.full(items, NONE),
        "asking": np.full(items, NONE),
        "follower": np.full(coalesced, NONE),  # the next request that waits for the same answer
        "last_follower": np.arange(coalesced),
        "sums": np.zeros((max(1, math.ceil(scenario.seconds / BIN_S)), len(SUMS))),
    }


def _fixed(design: Design, scenario: Scenario) -> dict[str, Any]:
    """The design and the scenario as plain numbers; what is off is 0, infinite or NaN."""
    scaler, breaker, cache = design.replicas.autoscaler, design.breaker, design.cache
    budget, balancing = design.retries.budget, design.queue.balancing

    def table(rows: Any) -> np.ndarray:
        return np.array(rows, dtype=float).reshape(-1, 3)

    return {
        "most_rows": design.batching.most_rows,
        "wait_s": float(design.batching.wait_s),
        "limit": math.inf if design.queue.limit is None else float(design.queue.limit),
        "drop_expired": design.queue.drop_expired,
        "balancing": BALANCING.index(balancing),
        "timeout_s": float(design.timeout_s),
        "retries": design.retries.most,
        "backoff_s": float(design.retries.backoff_s),
        "budget": math.nan if budget is None else float(budget),
        "hedge_after_s": math.inf if design.hedge_after_s is None else float(design.hedge_after_s),
        "breaker": breaker is not None,
        "breaker_failures": float(breaker.failures) if breaker else 1.0,
        "breaker_window": breaker.window if breaker else 1,
        "open_s": float(breaker.open_s) if breaker else 0.0,
        "cache_items": cache.items if cache else 0,
        "ttl_s": float(cache.ttl_s) if cache else 0.0,
        "coalesce": cache.coalesce if cache else False,
        "fallback": design.fallback,
        "start_up_s": float(design.replicas.start_up_s),
        "scaler": scaler is not None,
        "least": scaler.least if scaler else 0,
        "most": scaler.most if scaler else 0,
        "target": float(scaler.target) if scaler else 1.0,
        "every_s": float(scaler.every_s) if scaler else 0.0,
        "batch_s": scenario.cost.seconds(np.arange(design.batching.most_rows + 1)),  # by rows
        "spread": float(scenario.cost.spread),
        "change_s": float(scenario.change_s),
        "hit_s": float(scenario.hit_s),
        "slow": table(scenario.slow),
        "failures": table(scenario.failures),
        "arrived": np.ascontiguousarray(scenario.arrived, dtype=float),
        "keys": np.ascontiguousarray(scenario.keys, dtype=np.int64),
        "luck_batch": scenario.luck.batch,
        "luck_backoff": scenario.luck.backoff,
        "luck_change": scenario.luck.change,
        "luck_choice": scenario.choices if balancing in ("random", "two_choices") else np.zeros((1, 2)),
    }
