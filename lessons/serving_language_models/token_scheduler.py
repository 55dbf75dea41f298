"""The loop of a server of language models in virtual time, compiled by numba: admit, make room, plan a step, deliver.

`token_streams.simulate` calls it and says what the fields mean. A request is a number, in the order of arrival. The
first call on a machine compiles for some seconds; later processes find the result on disk.
"""

from typing import NamedTuple

import numba
import numpy as np

inlined = numba.njit(inline="always")
"""Into `run`: a call would count every array of the engine, which took longer than what most functions do."""
RUNNING, COME, WAITING, DONE, USED, PEAK, LAST_LEFT, PREEMPTED, RECOMPUTED, STEPS = range(10)
COUNTS = 10


class Engine(NamedTuple):
    """Everything that changes, and what does not: (n,) a number a request, (slots,) a number a place in the batch."""

    arrived_s: np.ndarray  # (n,), sorted
    prompt: np.ndarray  # (n,) tokens
    output: np.ndarray  # (n,) tokens
    tenant: np.ndarray  # (n,)
    begins: np.ndarray  # (n,) where a request's tokens begin in `token_s`
    chunk: int  # tokens of a step; 0: a whole prompt is a step of its own
    memory: int  # tokens
    reserve: int  # tokens held for each admitted request; 0: as many as it has
    fair: bool
    lift: bool
    cost_s: np.ndarray  # (4,) fixed, weights, a token, a token of context
    charge: np.ndarray  # (2,) of a prompt's token, of an output's token
    token_s: np.ndarray  # when each token came
    cached: np.ndarray  # (n,) tokens in the memory that were computed
    need: np.ndarray  # (n,) tokens to compute before the next one comes out
    held: np.ndarray  # (n,) tokens of memory that it keeps others from
    made: np.ndarray  # (n,) tokens that came out
    waits: np.ndarray  # (n,) bool
    charged: np.ndarray  # (n,) bool, whether its prompt was charged
    preempted: np.ndarray  # (n,) how often
    oldest: np.ndarray  # (tenants,) no request of the tenant before this one waits
    counter: np.ndarray  # (tenants,) what was charged
    running: np.ndarray  # (slots,) requests in the order of admission
    work: np.ndarray  # (slots,) tokens that the step computes for each
    counts: np.ndarray  # (COUNTS,)


@numba.njit(cache=True)
def run(e):
    """Serves all requests; the seconds that were spent in steps."""
    now, busy_s = 0.0, 0.0
    while e.counts[DONE] < len(e.arrived_s):
        if e.counts[RUNNING] == 0 and e.counts[WAITING] == 0:
            now = max(now, e.arrived_s[e.counts[COME]])
        _arrive(e, now)
        _admit(e)
        tokens, context, growth = _plan(e)
        while e.counts[USED] + growth > e.memory:
            _preempt(e)
            tokens, context, growth = _plan(e)
        e.counts[PEAK] = max(e.counts[PEAK], e.counts[USED] + growth)
        takes = e.cost_s[0] + max(e.cost_s[1], tokens * e.cost_s[2]) + context * e.cost_s[3]
        now += takes
        busy_s += takes
        _deliver(e, now)
    return busy_s


@inlined
def _arrive(e, now):
    while e.counts[COME] < len(e.arrived_s) and e.arrived_s[e.counts[COME]] <= now:
        request = e.counts[COME]
        if e.lift and _first_waiting(e, e.tenant[request]) < 0:
            _lift(e, e.tenant[request])
        e.waits[request] = True
        e.counts[WAITING] += 1
        e.counts[COME] += 1


@inlined
def _first_waiting(e, tenant):
    """The tenant's oldest request in the queue, or -1."""
    while e.oldest[tenant] < e.counts[COME]:
        request = e.oldest[tenant]
        if e.waits[request] and e.tenant[request] == tenant:
            return request
        e.oldest[tenant] += 1
    return -1


@inlined
def _lift(e, tenant):
    """A tenant that comes back gets no credit for the time in which it asked for nothing."""
    level = np.inf
    for other in range(len(e.counter)):
        if _first_waiting(e, other) >= 0:
            level = min(level, e.counter[other])
    if level == np.inf and e.counts[LAST_LEFT] >= 0:
        level = e.counter[e.counts[LAST_LEFT]]
    if level < np.inf:
        e.counter[tenant] = max(e.counter[tenant], level)


@inlined
def _next(e):
    """Which request is admitted next: the oldest, or the oldest of the tenant that was charged least; -1 for none."""
    best = -1
    for tenant in range(len(e.counter)):
        request = _first_waiting(e, tenant)
        if request < 0:
            continue
        less = best < 0 or e.counter[tenant] < e.counter[e.tenant[best]]
        equal = best >= 0 and e.counter[tenant] == e.counter[e.tenant[best]]
        if best < 0 or (less if e.fair and not equal else request < best):
            best = request
    return best


@inlined
def _admit(e):
    while e.counts[RUNNING] < len(e.running):
        request = _next(e)
        if request < 0:
            return
        wanted = e.reserve if e.reserve > 0 else e.need[request]
        growth = 0 if e.reserve > 0 or e.counts[RUNNING] == 0 else e.counts[RUNNING] + 1  # one more token for each
        if e.counts[USED] + wanted + growth > e.memory:
            return
        e.waits[request] = False
        e.counts[WAITING] -= 1
        e.counts[LAST_LEFT] = e.tenant[request]
        if not e.charged[request]:
            e.charged[request] = True
            e.counter[e.tenant[request]] += e.charge[0] * e.prompt[request]
        _hold(e, request, wanted)
        e.running[e.counts[RUNNING]] = request
        e.counts[RUNNING] += 1


@inlined
def _hold(e, request, tokens):
    e.counts[USED] += tokens - e.held[request]
    e.held[request] = tokens


@inlined
def _plan(e):
    """How many tokens the next step computes for each running request.

    Gives all of them, the tokens that they look back at, and those of memory that they take beyond what is held.
    """
    running, tokens, context = e.counts[RUNNING], 0, 0
    for k in range(running):
        request = e.running[k]
        decodes = e.cached[request] >= e.need[request]
        e.work[k] = 1 if decodes else 0
        tokens += e.work[k]
        context += e.work[k] * e.cached[request]
    growth = tokens if e.reserve == 0 else 0
    for k in range(running if tokens < running else 0):
        request = e.running[k]
        missing = e.need[request] - e.cached[request]
        if missing > 0 and e.chunk == 0:
            e.work[:running] = 0
            e.work[k] = missing
            return missing, e.cached[request], 0
        if missing > 0 and tokens < e.chunk:
            e.work[k] = min(e.chunk - tokens, missing)
            tokens += e.work[k]
            context += e.cached[request]
    return tokens, context, growth


@inlined
def _preempt(e):
    """The request that was admitted last goes back to the queue, and loses what was computed for it."""
    e.counts[RUNNING] -= 1
    request = e.running[e.counts[RUNNING]]
    e.counts[PREEMPTED] += 1
    e.preempted[request] += 1
    e.counts[RECOMPUTED] += e.cached[request]
    _hold(e, request, 0)
    e.cached[request] = 0
    e.need[request] = e.prompt[request] + e.made[request]
    e.waits[request] = True
    e.counts[WAITING] += 1
    e.oldest[e.tenant[request]] = min(e.oldest[e.tenant[request]], request)


@inlined
def _deliver(e, now):
    """Gives out the tokens of the step that ended `now`; complete requests leave."""
    stay = 0
    for k in range(e.counts[RUNNING]):
        request = e.running[k]
        decodes = e.cached[request] >= e.need[request]
        e.cached[request] += e.work[k]
        if e.work[k] > 0 and e.cached[request] >= e.need[request]:
            e.token_s[e.begins[request] + e.made[request]] = now
            e.made[request] += 1
            e.counter[e.tenant[request]] += e.charge[1]
            if decodes and e.reserve == 0:
                _hold(e, request, e.held[request] + 1)
        if e.made[request] == e.output[request]:
            _hold(e, request, 0)
            e.counts[DONE] += 1
        else:
            e.running[stay] = request
            stay += 1
    e.counts[RUNNING] = stay
    e.counts[STEPS] += 1
