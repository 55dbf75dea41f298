"""Emulated devices: the schedule against what is known exactly."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.scaling import devices
from lessons.scaling.devices import Task
from lessons.scaling.sleeping_stages import asleep_s
from mlsd_lib.modeling import ModelingError


def idle(p, m, **how):
    tasks = devices.pipeline([1.0] * p, m, **how)
    return devices.idle_share(tasks, devices.schedule(tasks), [f"stage {number}" for number in range(p)])


@given(p=st.integers(1, 6), m=st.integers(1, 12), backward=st.sampled_from([0.0, 1.0, 2.0]), early=st.booleans())
def test_the_bubble_of_equal_stages_is_the_formulas(p, m, backward, early):
    assert idle(p, m, backward=backward, early=early) == pytest.approx((p - 1) / (m + p - 1), abs=1e-12)


@given(stages=st.lists(st.floats(0.1, 5), min_size=1, max_size=5), m=st.integers(1, 8))
def test_a_pipeline_ends_when_the_recursion_says(stages, m):
    free = [0.0] * len(stages)
    for _ in range(m):
        arrived = 0.0
        for number, seconds in enumerate(stages):
            arrived = free[number] = max(arrived, free[number]) + seconds / m
    assert devices.total_s(devices.schedule(devices.pipeline(stages, m))) == pytest.approx(free[-1])


@given(p=st.integers(1, 5), m=st.integers(1, 9), early=st.booleans())
def test_no_device_does_two_things_at_once_and_nothing_begins_before_what_it_needs(p, m, early):
    tasks = devices.pipeline([1.0 + number for number in range(p)], m, backward=2, early=early, link_s=0.1)
    spans = devices.schedule(tasks)
    for name, task in tasks.items():
        assert all(spans[other].end <= spans[name].start + 1e-12 for other in task.after)
    for device in {task.device for task in tasks.values()}:
        own = sorted(spans[name] for name, task in tasks.items() if task.device == device)
        assert all(one.end <= other.start + 1e-12 for one, other in itertools.pairwise(own))


def test_taking_turns_keeps_as_many_activations_as_stages_are_left():
    kept = {}
    for early in (False, True):
        spans = devices.schedule(devices.pipeline([1.0] * 4, 8, backward=2, early=early))
        kept[early] = [devices.most_kept(spans, stage) for stage in range(4)]
    assert kept == {False: [8, 8, 8, 8], True: [4, 3, 2, 1]}


def test_tasks_that_wait_for_each_other_are_refused():
    with pytest.raises(ModelingError, match="wait for ever"):
        devices.schedule({"a": Task("one", 1, ("b",)), "b": Task("two", 1, ("a",))})
    with pytest.raises(ModelingError, match="0 micro-batches"):
        devices.pipeline([1.0], 0)


@given(n=st.integers(2, 12), latency=st.floats(0, 1), mb=st.floats(1, 100))
def test_ring_and_servers_take_what_their_formulas_say(n, latency, mb):
    def spent(tasks):
        return devices.total_s(devices.schedule(tasks))

    assert spent(devices.ring_tasks(n, mb, 10, latency)) == pytest.approx(2 * (n - 1) * (mb / n / 10 + latency))
    assert spent(devices.server_tasks(n, mb, 10, latency)) == pytest.approx(2 * (n * mb / 10 + latency))
    assert spent(devices.server_tasks(n, mb, 10, latency, servers=n)) == pytest.approx(2 * (mb / 10 + latency))


def test_sleeping_stages_sleep_at_least_as_long_as_the_pipeline_takes():
    assert asleep_s(3, 2, 0.02) >= 0.02 * 4 / 2
