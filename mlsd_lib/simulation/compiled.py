"""A serving system compiled by numba: the events of a readable simulator in the same order, on arrays, not objects.

Read that one first: `reference_simulator.py` of the exercise improve_throughput, and `readable_engine.py` of the tests
for what a world adds. Each function here bears the name of the method there that it repeats. The first call on a
machine compiles for some seconds; later processes find the result on disk. A replica, a request and an attempt are
numbers; `State` holds what the objects there hold, and the design and the scenario as plain numbers.
"""

import functools
import math
import shutil
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.experimental import structref

from mlsd_lib.simulation.design import BURST, Design
from mlsd_lib.simulation.record import BIN_S, SUMS, Ended, Record
from mlsd_lib.simulation.scenario import Scenario

# numpy's integers, not Python's: for each value of a Python integer numba would compile the function called again.
SENT, REFUSED, NOT_SENT, TIMED_OUT, BROKEN, RETRIED, HEDGED, BATCHES, ROWS, WASTED, QUEUE = np.arange(11)  # of SUMS
OFF, STARTING, IDLE, BUSY, DOWN = np.arange(5)
GIVE_UP, HEDGE, SEND, DISPATCH, FINISH, DIE, RESTART, UP, SCALE, RECLAIM, LEAVE = np.arange(11)  # what is planned
ANSWERED, CACHED, STALE, FALLBACK, FAILED = np.array([int(one) for one in Ended])
NONE, ZERO, ONE = np.int64(-1), np.int64(0), np.int64(1)
compiled = numba.njit(cache=True)


@structref.register
class StateType(numba.types.StructRef):
    """Passed as one pointer: a tuple of arrays would be counted, each array, at every call."""


class State(structref.StructRefProxy):
    """Everything that changes, and what does not; see `_fixed` and `_changing` for the fields."""

    def __new__(cls, *fields: Any) -> "State":
        """Of the values of `FIELDS`, in that order. numba's own way is compiled anew, for a second, in each process."""
        return _new_state(*fields)


@compiled
def _at(s, time, kind, one, two):
    """Plans an event: up the heap, in twice the room where it is full. What is planned for nothing stays there."""
    place, order = s.planned, s.order
    if place == len(s.heap_time):
        more_time, more_what = np.empty(2 * place), np.empty((2 * place, 4), dtype=np.int64)
        more_time[:place], more_what[:place] = s.heap_time, s.heap_what
        s.heap_time, s.heap_what = more_time, more_what
    s.planned += 1
    s.order += 1
    while place > 0:
        above = (place - 1) // 2
        if s.heap_time[above] <= time:  # planned earlier: of two of one time it goes first
            break
        s.heap_time[place] = s.heap_time[above]
        for k in range(4):
            s.heap_what[place, k] = s.heap_what[above, k]
        place = above
    s.heap_time[place] = time
    s.heap_what[place, 0] = order
    s.heap_what[place, 1] = kind
    s.heap_what[place, 2] = one
    s.heap_what[place, 3] = two


@compiled
def _pop(s):
    """Takes the first event off: (time, kind, one, two)."""
    time, kind, one, two = s.heap_time[0], s.heap_what[0, 1], s.heap_what[0, 2], s.heap_what[0, 3]
    s.planned -= 1
    size, place = s.planned, 0
    last, order = s.heap_time[size], s.heap_what[size, 0]
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        right = below + 1
        if right < size and (
            s.heap_time[right] < s.heap_time[below]
            or (s.heap_time[right] == s.heap_time[below] and s.heap_what[right, 0] < s.heap_what[below, 0])
        ):
            below = right
        if last < s.heap_time[below] or (last == s.heap_time[below] and order < s.heap_what[below, 0]):
            break
        s.heap_time[place] = s.heap_time[below]
        for k in range(4):
            s.heap_what[place, k] = s.heap_what[below, k]
        place = below
    s.heap_time[place] = last
    for k in range(4):
        s.heap_what[place, k] = s.heap_what[size, k]
    return time, kind, one, two


@compiled
def _add(s, what, by):
    s.sums[min(int(s.now / BIN_S), len(s.sums) - 1), what] += by


@compiled
def _pass(s):
    now, passed = s.now, s.now - s.passed
    s.busy_s += s.busy * passed
    s.up_s += s.up * passed
    s.passed = now
    now = min(now, len(s.sums) * BIN_S)
    while s.until < now:
        row = int(s.until / BIN_S)
        end = min((row + 1) * BIN_S, now)
        lasts = end - s.until
        s.sums[row, QUEUE] += (s.tail - s.head) * lasts
        s.sums[row, QUEUE + 1] += s.busy * lasts
        s.sums[row, QUEUE + 2] += s.up * lasts
        s.sums[row, QUEUE + 3] += s.paid * lasts
        s.until = end


@compiled
def _become(s, place, state):
    """Changes what a replica does, and how many do what."""
    before = s.replica[place, 0]
    s.busy += (state == BUSY) - (before == BUSY)
    s.up += (state in (BUSY, IDLE)) - (before in (BUSY, IDLE))
    s.paid += (state != OFF) - (before != OFF)
    s.replica[place, 0] = state


@compiled
def _note(s, probe, failed):
    if not s.breaker:
        return
    if s.is_open:
        if probe:
            s.is_open, s.probing = failed, 0
            s.open_until = s.now + s.open_s
        return
    if s.ring_size == s.breaker_window:
        s.ring_failed -= s.last[s.ring_at]
    else:
        s.ring_size += 1
    s.last[s.ring_at] = failed
    s.ring_failed += failed
    s.ring_at = (s.ring_at + 1) % s.breaker_window
    if s.ring_size == s.breaker_window and s.ring_failed >= s.breaker_failures * s.breaker_window:
        s.is_open, s.open_until = 1, s.now + s.open_s
        s.ring_size, s.ring_failed = 0, 0


@compiled
def _unlink(s, key):
    """Takes an item out of the chain of the cache."""
    older, newer = s.older[key], s.newer[key]
    if newer == NONE:
        s.newest = older
    else:
        s.older[newer] = older
    if older == NONE:
        s.oldest = newer
    else:
        s.newer[older] = newer


@compiled
def _link(s, key):
    """Puts an item at the new end of the chain."""
    newest = s.newest
    s.older[key], s.newer[key] = newest, NONE
    if newest != NONE:
        s.newer[newest] = key
    else:
        s.oldest = key
    s.newest = key


@compiled
def _look_up(s, key):
    """The age of the cached answer; NaN if there is none."""
    if math.isnan(s.made[key]):
        return np.nan
    age = s.now - s.made[key]
    _unlink(s, key)
    if age >= s.ttl_s:
        s.made[key] = np.nan
        s.cached -= 1
        return np.nan
    _link(s, key)
    return age


@compiled
def _keep(s, key):
    if math.isnan(s.made[key]):
        s.cached += 1
    else:
        _unlink(s, key)
    s.made[key] = s.now
    _link(s, key)
    if s.cached > s.cache_items:
        oldest = s.oldest
        _unlink(s, oldest)
        s.made[oldest] = np.nan
        s.cached -= 1


@compiled
def _end(s, request, how, latency_s):
    s.ended[request], s.latency_s[request] = how, latency_s
    s.missing -= 1
    key = s.keys[request]
    if s.asking[key] == request:
        s.asking[key] = NONE
        other = s.follower[request]
        while other != NONE:
            s.ended[other], s.latency_s[other] = how, s.now - s.arrived[other]
            s.missing -= 1
            other = s.follower[other]


@compiled
def _failed(s, request):
    if s.ended[request] >= 0 or s.open_attempts[request] > 0:
        return
    unlimited = math.isnan(s.budget)
    if s.retried[request] < s.retries and (unlimited or s.tokens >= 1):
        if not unlimited:
            s.tokens -= 1
        chance = s.luck_backoff[s.retries_sent % len(s.luck_backoff)]
        delay = s.backoff_s * 2.0 ** s.retried[request] * (0.5 + chance)
        _at(s, s.now + delay, SEND, request, ZERO)
        s.retried[request] += 1
        s.retries_sent += 1
        _add(s, RETRIED, ONE)
        return
    _end(s, request, FALLBACK if s.fallback else FAILED, s.now - s.arrived[request])


@compiled
def _close(s, attempt, failed):
    s.waiting[attempt] = False
    s.open_attempts[s.request[attempt]] -= 1
    _note(s, s.probe[attempt], failed)


@compiled
def _lose(s, attempt, why):
    if s.waiting[attempt]:
        _close(s, attempt, ONE)
        _add(s, why, ONE)
        _failed(s, s.request[attempt])


@compiled
def _answer(s, attempt):
    request, waiting = s.request[attempt], s.waiting[attempt]
    if waiting:
        _close(s, attempt, ZERO)
    if not waiting or s.ended[request] >= 0:
        _add(s, WASTED, ONE)
        return
    if s.cache_items > 0:
        _keep(s, s.keys[request])
    _end(s, request, ANSWERED, s.now - s.arrived[request])


@compiled
def _dropped(s, attempt):
    if not s.drop_expired:
        return False
    if s.waiting[attempt] and s.ended[s.request[attempt]] >= 0:
        _close(s, attempt, ZERO)
    return not s.waiting[attempt]


@compiled
def _dispatch(s):
    while True:
        while s.head < s.tail and _dropped(s, s.queue[s.head]):
            s.head += 1
        size = s.tail - s.head
        if size == 0 or s.up == s.busy:
            return
        ready_at = s.sent_s[s.queue[s.head]] + s.wait_s
        if size < s.most_rows and s.now < ready_at:
            if ready_at != s.ready_at:
                s.ready_at = ready_at
                _at(s, ready_at, DISPATCH, ZERO, ZERO)
            return
        idle = 0
        while s.replica[idle, 0] != IDLE:
            idle += 1
        _begin(s, idle)


@compiled
def _begin(s, idle):
    rows = 0
    while s.head < s.tail and rows < s.most_rows:
        attempt = s.queue[s.head]
        s.head += 1
        if not _dropped(s, attempt):
            s.batch[idle, rows] = attempt
            rows += 1
    s.replica[idle, 2] = rows
    now, factor = s.now, 1.0
    for k in range(len(s.slow)):
        if s.slow[k, 0] <= now < s.slow[k, 1]:
            factor *= s.slow[k, 2]
    chance = s.luck_batch[s.batches % len(s.luck_batch)]
    s.batches += 1
    takes = s.batch_s[rows] * factor * (1 - s.spread + s.spread * chance)
    _become(s, idle, BUSY)
    _add(s, BATCHES, ONE)
    _add(s, ROWS, rows)
    _at(s, now + takes, FINISH, idle, s.replica[idle, 1])


@compiled
def _replace(s, place):
    s.replica[place, 3] = 0
    _become(s, place, STARTING)
    s.replica[place, 1] += 1
    _at(s, s.now + s.start_up_s, UP, place, s.replica[place, 1])


@compiled
def _reclaim(s, event):
    if event + 1 < len(s.reclaims):
        _at(s, s.reclaims[event + 1, 0], RECLAIM, event + 1, ZERO)
    place = int(s.reclaims[event, 1])
    state = s.replica[place, 0]
    if state in (IDLE, STARTING):
        _replace(s, place)
    elif state == BUSY and not s.replica[place, 3]:
        s.replica[place, 3] = 1
        _at(s, s.now + s.notice_s, LEAVE, place, s.replica[place, 1])


@compiled
def _leave(s, place):
    rows = s.replica[place, 2]
    s.replica[place, 2] = 0
    _replace(s, place)
    for k in range(rows):
        _lose(s, s.batch[place, k], BROKEN)


@compiled
def _finish(s, place, epoch):
    if s.replica[place, 1] != epoch:
        return
    rows = s.replica[place, 2]
    s.replica[place, 2] = 0
    if s.replica[place, 3]:
        _replace(s, place)
    else:
        _become(s, place, IDLE)
    for k in range(rows):
        _answer(s, s.batch[place, k])
    _dispatch(s)


@compiled
def _die(s, failure):
    left = int(s.failures[failure, 1])
    for place in range(len(s.replica)):
        if left > 0 and (s.replica[place, 0] == IDLE or s.replica[place, 0] == BUSY):
            left -= 1
            rows = s.replica[place, 2]
            s.replica[place, 2] = s.replica[place, 3] = 0
            _become(s, place, DOWN)
            s.replica[place, 1] += 1
            _at(s, s.now + s.failures[failure, 2], RESTART, place, s.replica[place, 1])
            for k in range(rows):
                _lose(s, s.batch[place, k], BROKEN)


@compiled
def _scale(s):
    have = s.paid
    utilisation = s.busy_s / s.up_s if s.up_s > 0 else 1.0
    s.busy_s, s.up_s = 0.0, 0.0
    wanted = max(math.ceil(min(s.up * utilisation / s.target - 1e-9, s.most)), s.least)
    for place in range(len(s.replica)):
        if have < wanted and s.replica[place, 0] == OFF:
            _become(s, place, STARTING)
            _at(s, s.now + s.start_up_s, UP, place, s.replica[place, 1])
            have += 1
    for place in range(len(s.replica) - 1, -1, -1):
        if have > wanted and (s.replica[place, 0] == IDLE or s.replica[place, 0] == STARTING):
            _become(s, place, OFF)
            s.replica[place, 1] += 1
            have -= 1
    _at(s, s.now + s.every_s, SCALE, ZERO, ZERO)


@compiled
def _send(s, request):
    probe = False
    if s.breaker and s.is_open:
        if s.probing or s.now < s.open_until:
            _add(s, NOT_SENT, ONE)
            _failed(s, request)
            return
        s.probing = 1
        probe = True
    _add(s, SENT, ONE)
    if s.tail - s.head >= s.limit:
        _add(s, REFUSED, ONE)
        _note(s, probe, ONE)
        _failed(s, request)
        return
    attempt = s.attempts
    s.attempts += 1
    s.request[attempt], s.sent_s[attempt], s.probe[attempt], s.waiting[attempt] = request, s.now, probe, True
    s.open_attempts[request] += 1
    _at(s, s.now + s.timeout_s, GIVE_UP, attempt, ZERO)
    s.queue[s.tail] = attempt
    s.tail += 1
    _dispatch(s)


@compiled
def _arrive(s, request):
    if s.cache_items > 0:
        key = s.keys[request]
        age = _look_up(s, key)
        if not math.isnan(age):
            right = age < s.change_s * s.luck_change[request]
            _end(s, request, CACHED if right else STALE, s.hit_s)
            return
        if s.coalesce:
            leader = s.asking[key]
            if leader != NONE:
                s.follower[s.last_follower[leader]] = request
                s.last_follower[leader] = request
                return
            s.asking[key] = request
    if not math.isnan(s.budget):
        s.tokens = min(s.tokens + s.budget, BURST)
    _send(s, request)
    if s.hedge_after_s < np.inf:
        _at(s, s.now + s.hedge_after_s, HEDGE, request, ZERO)


@compiled
def _run(s):
    for k in range(len(s.failures)):
        _at(s, s.failures[k, 0], DIE, k, ZERO)
    if s.scaler:
        _at(s, s.every_s, SCALE, ZERO, ZERO)
    if len(s.reclaims):
        _at(s, s.reclaims[0, 0], RECLAIM, ZERO, ZERO)
    request = ZERO
    while s.missing > 0:
        if request < len(s.arrived) and (s.planned == 0 or s.heap_time[0] >= s.arrived[request]):
            s.now = s.arrived[request]
            _pass(s)
            _arrive(s, request)
            request += 1
            continue
        s.now, kind, one, two = _pop(s)
        _pass(s)
        if kind == GIVE_UP:
            _lose(s, one, TIMED_OUT)
        elif kind == FINISH:
            _finish(s, one, two)
        elif kind == DISPATCH:
            _dispatch(s)
        elif kind == SEND:
            _send(s, one)
        elif kind == HEDGE:
            if s.ended[one] < 0 and s.open_attempts[one] > 0:
                _add(s, HEDGED, ONE)
                _send(s, one)
        elif kind == SCALE:
            _scale(s)
        elif kind == DIE:
            _die(s, one)
        elif kind == RECLAIM:
            _reclaim(s, one)
        elif s.replica[one, 1] == two:
            if kind == RESTART:
                _become(s, one, STARTING)
                _at(s, s.now + s.start_up_s, UP, one, two)
            elif kind == LEAVE:
                _leave(s, one)
            else:
                _become(s, one, IDLE)
                _dispatch(s)


def simulate(design: Design, scenario: Scenario) -> Record:
    """What happens to the scenario's requests under a design: as the readable simulator says, to the last bit."""
    _bring_along()
    fields = _fixed(design, scenario) | _changing(design, scenario)
    state = State(*(fields[name] for name in FIELDS))
    _run(state)
    return Record(fields["ended"], fields["latency_s"], fields["sums"])


def prepare() -> None:
    """Compile now what is not on disk yet: before a pool starts, since each of its processes would compile alike."""
    simulate(*_SMALL)


@functools.cache
def _bring_along() -> None:
    """Where this folder cannot be written to (a grader's sandbox), numba keeps its results in another one.

    Those that lie here already are copied there: to load them takes a second, to compile them again many.
    """
    here, there = Path(__file__).parent / "__pycache__", Path(str(_run.stats.cache_path))
    if here == there:
        return
    there.mkdir(parents=True, exist_ok=True)
    for found in here.glob(f"{Path(__file__).stem}.*.nb[ci]"):
        if not (there / found.name).exists():
            shutil.copyfile(found, there / found.name)


def _machines(design: Design) -> int:
    """How many replicas a design can have at once."""
    scaler = design.replicas.autoscaler
    return max(design.replicas.count, scaler.most if scaler else 0)


def _changing(design: Design, scenario: Scenario) -> dict[str, Any]:
    """Everything that changes, as it is at the start."""
    requests = len(scenario.arrived)
    attempts = requests * (1 + design.retries.most) * (1 if design.hedge_after_s is None else 2)
    replicas = _machines(design)
    planned = requests + 4 * replicas + len(scenario.failures) + 64  # what is rarely passed
    items = scenario.items if design.cache else int(scenario.keys.max()) + 1
    replica = np.zeros((replicas, 4), dtype=np.int64)
    replica[: design.replicas.count, 0] = IDLE
    integers = {
        "missing": requests, "planned": 0, "order": 0, "attempts": 0, "head": 0, "tail": 0, "batches": 0,
        "retries_sent": 0, "is_open": 0, "probing": 0, "ring_at": 0, "ring_size": 0, "ring_failed": 0, "cached": 0,
        "newest": NONE, "oldest": NONE, "busy": 0, "up": design.replicas.count, "paid": design.replicas.count,
    }  # fmt: skip
    floats = {
        "now": 0.0, "ready_at": np.nan, "tokens": BURST, "open_until": -np.inf, "until": 0.0, "passed": 0.0,
        "busy_s": 0.0, "up_s": 0.0,
    }  # fmt: skip
    arrays = {
        "heap_time": np.empty(planned),
        "heap_what": np.empty((planned, 4), dtype=np.int64),  # order, kind, and two numbers
        "request": np.empty(attempts, dtype=np.int64),  # of each attempt, in the order of sending
        "sent_s": np.empty(attempts),
        "probe": np.empty(attempts, dtype=np.bool_),
        "waiting": np.empty(attempts, dtype=np.bool_),
        "queue": np.empty(attempts, dtype=np.int64),  # attempts, those from `head` until before `tail` wait
        "replica": replica,  # state, epoch, rows in its batch, whether it leaves
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
        "follower": np.full(requests, NONE),  # the next request that waits for the same answer
        "last_follower": np.arange(requests),
        "sums": np.zeros((max(1, math.ceil(scenario.seconds / BIN_S)), len(SUMS))),
    }
    return integers | floats | arrays


def _fixed(design: Design, scenario: Scenario) -> dict[str, Any]:
    """The design and the scenario as plain numbers; what is off is 0, infinite or NaN."""
    scaler, breaker, cache = design.replicas.autoscaler, design.breaker, design.cache
    budget = design.retries.budget

    def table(rows: Any) -> np.ndarray:
        return np.array(rows, dtype=float).reshape(-1, 3)

    return {
        "most_rows": design.batching.most_rows,
        "wait_s": float(design.batching.wait_s),
        "limit": math.inf if design.queue.limit is None else float(design.queue.limit),
        "drop_expired": design.queue.drop_expired,
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
        "reclaims": scenario.reclaims(_machines(design) if design.replicas.spot else 0),
        "notice_s": float(scenario.reclaim.notice_s) if scenario.reclaim else 0.0,
        "arrived": np.ascontiguousarray(scenario.arrived, dtype=float),
        "keys": np.ascontiguousarray(scenario.keys, dtype=np.int64),
        "luck_batch": scenario.luck.batch,
        "luck_backoff": scenario.luck.backoff,
        "luck_change": scenario.luck.change,
    }


_SMALL = Design(), Scenario("one request", np.zeros(1), np.zeros(1, dtype=np.int64), 1, 1.0)
FIELDS = [*_fixed(*_SMALL), *_changing(*_SMALL)]
structref.define_proxy(State, StateType, FIELDS)


@compiled
def _new_state(*fields):
    return State(*fields)
