"""The token simulator: against a slow obvious one, queueing theory, and what holds of every server."""

from collections import defaultdict
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.latency_and_throughput.queueing_theory import md1
from lessons.serving_language_models.token_streams import Requests, Settings, StepCost, capacity_per_s, simulate
from mlsd_lib.simulation.errors import SimulationError

EIGHTH = StepCost(1 / 8, 1 / 4, 1 / 32, 1 / 1024)  # sums of them are exact, so that both simulators see the same ties


def reference(requests, cost, chosen):
    """Token times, preemptions and the peak of memory: the same rules on lists of objects, each step looked up anew."""
    columns = (requests.arrived_s, requests.prompt, requests.output, requests.tenant)
    future = [
        SimpleNamespace(id=i, arrived=a, prompt=p, output=o, tenant=t, stored=0, to_read=p, tokens=[], paid=False)
        for i, (a, p, o, t) in enumerate(zip(*(column.tolist() for column in columns), strict=True))
    ]
    everyone, queue, batch, charged, last = list(future), [], [], defaultdict(float), None
    now, preempted, peak = 0.0, 0, 0

    def held(one):
        return chosen.reserve_tokens or max(one.stored, one.to_read)

    def planned():
        streams = [request for request in batch if request.stored >= request.to_read]
        prompts = [request for request in batch if request.stored < request.to_read]
        if chosen.chunk_tokens is None:
            return (
                [(prompts[0], prompts[0].to_read - prompts[0].stored)]
                if prompts
                else [(stream, 1) for stream in streams]
            )
        work, left = [(stream, 1) for stream in streams], chosen.chunk_tokens - len(streams)
        for prompt in prompts:
            tokens = min(left, prompt.to_read - prompt.stored)
            left -= tokens
            work += [(prompt, tokens)] if tokens else []
        return work

    while future or queue or batch:
        if not queue and not batch:
            now = max(now, future[0].arrived)
        while future and future[0].arrived <= now:
            new, waiting = future.pop(0), {request.tenant for request in queue}
            if chosen.lift and new.tenant not in waiting and (waiting or last is not None):
                level = min(charged[tenant] for tenant in waiting or [last])
                charged[new.tenant] = max(charged[new.tenant], level)
            queue.append(new)
        while queue and len(batch) < chosen.slots:
            queue.sort(key=lambda waiting: (charged[waiting.tenant] if chosen.fair else 0, waiting.id))
            used, request = sum(map(held, batch)), queue[0]
            growth = len(batch) + 1 if batch and chosen.reserve_tokens is None else 0
            if used + held(request) + growth > chosen.memory_tokens:
                break
            batch.append(queue.pop(0))
            last = request.tenant
            charged[request.tenant] += 0 if request.paid else chosen.charge[0] * request.prompt
            request.paid = True
        peak = max(peak, sum(map(held, batch)))
        while True:
            work = planned()
            more = sum(request.stored >= request.to_read for request, _ in work) if chosen.reserve_tokens is None else 0
            if sum(map(held, batch)) + more <= chosen.memory_tokens:
                break
            victim = batch.pop()
            victim.stored, victim.to_read = 0, victim.prompt + len(victim.tokens)
            queue.append(victim)
            preempted += 1
        now += cost.seconds(sum(tokens for _, tokens in work), sum(request.stored for request, _ in work))
        for request, tokens in work:
            request.stored += tokens
            if request.stored >= request.to_read:
                request.tokens.append(now)
                charged[request.tenant] += chosen.charge[1]
        peak = max(peak, sum(map(held, batch)))
        batch = [request for request in batch if len(request.tokens) < request.output]
    return np.concatenate([request.tokens for request in everyone]), preempted, peak


@st.composite
def worlds(draw):
    """Requests and settings that can serve them, with little memory, few slots and equal times among them."""
    n = draw(st.integers(1, 14))
    arrived = np.sort(draw(st.lists(st.integers(0, 200), min_size=n, max_size=n))) / 16
    sizes = [np.array(draw(st.lists(st.integers(1, most), min_size=n, max_size=n))) for most in (30, 12)]
    tenant = np.array(draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)))
    requests = Requests(arrived, *sizes, tenant)
    longest, slots = int((sizes[0] + sizes[1]).max()), draw(st.integers(1, 5))
    reserve = draw(st.none() | st.integers(longest, longest + 9))
    memory = draw(st.integers(reserve or longest, 4 * longest + 40))
    chunk = draw(st.none() | st.integers(slots + 1, slots + 20))
    return requests, Settings(slots, chunk, memory, reserve, draw(st.booleans()), draw(st.booleans()))


@settings(max_examples=300, deadline=None)
@given(worlds())
def test_tokens_come_when_the_slow_obvious_simulator_says(world):
    requests, chosen = world
    token_s, preempted, peak = reference(requests, EIGHTH, chosen)
    got = simulate(requests, EIGHTH, chosen)
    assert got.token_s.tolist() == token_s.tolist()
    assert (got.preempted.sum(), got.peak_tokens) == (preempted, peak)


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_every_token_comes_once_in_order_and_memory_keeps_its_limit(world):
    requests, chosen = world
    got = simulate(requests, EIGHTH, chosen)
    for k, begin in enumerate(got.begins):
        own = got.token_s[begin : begin + requests.output[k]]
        assert (np.diff(own) > 0).all()
        assert own[0] >= requests.arrived_s[k] + EIGHTH.seconds(1)
    assert np.isfinite(got.token_s).all()
    assert got.peak_tokens <= chosen.memory_tokens
    assert len(got.token_s) == requests.output.sum()
    assert len(got.gap_s) == (requests.output - 1).sum()
    if chosen.reserve_tokens is not None:
        assert (got.preempted.sum(), got.recomputed) == (0, 0)


def drawn(rng, count, tenant=0):
    """Requests of a mixed kind, one a second."""
    lengths = rng.integers(1, 200, count), rng.integers(1, 60, count), np.full(count, tenant)
    return Requests(np.cumsum(rng.exponential(1.0, count)), *lengths)


def test_worlds_with_preemption_are_among_those_compared():
    requests = drawn(np.random.default_rng(0), 200).sped_up(100)
    got = simulate(requests, EIGHTH, Settings(8, 64, 400))
    assert got.preempted.sum() > 20
    assert got.recomputed > 0
    assert got.token_s.tolist() == reference(requests, EIGHTH, Settings(8, 64, 400))[0].tolist()


def test_one_slot_is_one_server_whose_service_is_known():
    requests = drawn(np.random.default_rng(1), 500).sped_up(0.1)
    got = simulate(requests, EIGHTH, Settings(slots=1, chunk_tokens=None))
    free, ends = 0.0, []
    for arrived, prompt, output in zip(requests.arrived_s, requests.prompt, requests.output, strict=True):
        decode = sum(EIGHTH.seconds(1, prompt + made) for made in range(output - 1))
        free = max(free, arrived) + EIGHTH.seconds(prompt) + decode
        ends.append(free)
    assert got.end_s == pytest.approx(ends)


def test_equal_requests_in_one_slot_wait_as_theory_says():
    count, service_s = 100_000, EIGHTH.seconds(16)
    one_token = np.ones(count, dtype=np.int64)
    arrived = np.cumsum(np.random.default_rng(2).exponential(service_s / 0.7, count))
    got = simulate(Requests(arrived, 16 * one_token, one_token), EIGHTH, Settings(slots=1, chunk_tokens=None))
    assert got.first_s.mean() - service_s == pytest.approx(md1(0.7 / service_s, service_s).wait_s, rel=0.05)


def test_a_full_batch_of_equal_streams_takes_the_formulas_steps():
    got = simulate(Requests(np.zeros(6), np.full(6, 10), np.full(6, 5)), EIGHTH, Settings(slots=6, chunk_tokens=60))
    steps = [EIGHTH.seconds(60), *(EIGHTH.seconds(6, 6 * (10 + made)) for made in range(4))]
    assert got.token_s.reshape(6, 5) == pytest.approx(np.tile(np.cumsum(steps), (6, 1)))
    assert (got.steps, got.busy_s, got.peak_tokens) == (5, pytest.approx(sum(steps)), 6 * (10 + 4))


def test_a_chunk_bounds_the_gap_that_a_long_prompt_makes():
    short = Requests(np.zeros(3), np.full(3, 4), np.full(3, 40))
    long = Requests(*(np.array([number]) for number in (3, 2_000, 2)))
    gaps = {
        chunk: simulate(short.with_others(long), EIGHTH, Settings(8, chunk)).gap_s.max() for chunk in (None, 256, 32)
    }
    assert gaps[None] > EIGHTH.seconds(2_000)
    assert gaps[256] <= EIGHTH.seconds(256, 2_200)
    assert gaps[32] < gaps[256] < gaps[None]


def test_the_capacity_of_one_slot_is_one_over_the_mean_service():
    requests = drawn(np.random.default_rng(4), 200)
    chosen = Settings(slots=1, chunk_tokens=None)
    assert capacity_per_s(requests, EIGHTH, chosen) == pytest.approx(200 / simulate(requests, EIGHTH, chosen).busy_s)
    assert capacity_per_s(requests, EIGHTH, Settings(slots=16)) > 1.5 * capacity_per_s(requests, EIGHTH, chosen)


def test_a_burst_comes_at_one_moment_among_the_others():
    requests, other = drawn(np.random.default_rng(5), 30), drawn(np.random.default_rng(6), 9, tenant=1)
    both = requests.with_others(other.burst(4, 7.5))
    assert both.arrived_s[both.tenant == 1].tolist() == [7.5] * 4
    assert both.output[both.tenant == 1].tolist() == other.output[:4].tolist()
    assert both.arrived_s.tolist() == sorted([*requests.arrived_s, 7.5, 7.5, 7.5, 7.5])


def service_difference(fair):
    """The most that two tenants who always wait differ by in what was charged, while both of them wait."""
    rng, charge = np.random.default_rng(3), (1.0, 2.0)
    requests = replace(drawn(rng, 300), arrived_s=np.zeros(300)).with_others(
        replace(drawn(rng, 300, tenant=1), arrived_s=np.full(300, 1e-6))
    )
    got = simulate(requests, EIGHTH, Settings(slots=8, chunk_tokens=64, fair=fair, charge=charge))
    first = got.token_s[got.begins]
    until = min(np.sort(first[requests.tenant == tenant])[-20] for tenant in (0, 1))
    tenants = np.repeat(requests.tenant, requests.output)
    times = np.concatenate([first, got.token_s])
    sign = np.concatenate([1 - 2 * requests.tenant, 1 - 2 * tenants])
    weight = np.concatenate([charge[0] * requests.prompt, np.full(len(got.token_s), charge[1])])
    order = np.argsort(times)
    within = times[order] <= until
    return np.abs(np.cumsum((sign * weight)[order][within])).max()


def test_two_tenants_that_always_wait_get_the_same_service_up_to_a_bound():
    bound = 2 * max(1.0 * 200, 2.0 * 8 * 60) + 8 * 200  # the paper's, and prompts that are charged but not yet computed
    assert service_difference(fair=True) <= bound
    assert service_difference(fair=False) > 4 * bound


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (Settings(slots=0), "slots is 0; at least 1"),
        (Settings(slots=8, chunk_tokens=8), "chunk_tokens is 8 and slots 8"),
        (Settings(reserve_tokens=12), "reserve_tokens is 12, and a request holds 13"),
        (Settings(memory_tokens=12), "memory_tokens is 12, and a request alone holds 13"),
        (Settings(memory_tokens=20, reserve_tokens=21), "memory_tokens is 20, and a request alone holds 21"),
    ],
)
def test_settings_that_cannot_serve_are_refused(chosen, message):
    with pytest.raises(SimulationError, match=message):
        simulate(Requests(np.zeros(1), np.array([10]), np.array([4])), EIGHTH, chosen)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((np.zeros(2), np.ones(3), np.ones(2)), "each request needs one entry in all"),
        ((np.array([1.0, 0.0]), np.ones(2), np.ones(2)), "must be sorted"),
        ((np.zeros(2), np.array([1, 0]), np.ones(2)), "The shortest prompt has 0 tokens"),
    ],
)
def test_requests_that_cannot_be_are_refused(columns, message):
    with pytest.raises(SimulationError, match=message):
        Requests(*columns)
