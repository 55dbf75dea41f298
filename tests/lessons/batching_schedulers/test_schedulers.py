"""Schedulers: the loops against counted schedules and against each answer alone, memory within its limit."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.batching_schedulers import loops, schedules
from lessons.batching_schedulers.comparison import compare
from lessons.batching_schedulers.memory import by_policy, serve
from mlsd_lib.modeling.decoder import Decoder

RARE = partial(schedules.two_lengths, long_share=0.02)
LENGTHS = st.lists(st.integers(2, 9), min_size=1, max_size=9).map(np.array)
ALL_LOOPS = [loops.static, loops.continuous, loops.with_own_caches]


@pytest.fixture(scope="module")
def decoder():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # a second thread would only wait: the products are small
    yield Decoder(32, 2, 4, np.random.default_rng(0), 50)
    torch.set_num_threads(threads)


def prompts_of(count):
    return torch.from_numpy(np.random.default_rng(1).integers(0, 50, (count, 4)))


def alone(decoder, prompt, length):
    text = prompt[None]
    for _ in range(length):
        text = torch.cat([text, decoder(text).argmax(dim=1, keepdim=True)], dim=1)
    return text[0, len(prompt) :].tolist()


@settings(deadline=None, max_examples=15)
@given(lengths=LENGTHS, slots=st.integers(1, 4))
@pytest.mark.parametrize("loop", ALL_LOOPS)
def test_every_loop_writes_what_each_request_would_get_alone(decoder, loop, lengths, slots):
    prompts = prompts_of(len(lengths))
    run = loop(decoder, prompts, lengths, slots)
    assert run.answers == [alone(decoder, prompt, n) for prompt, n in zip(prompts, lengths, strict=True)]


@settings(deadline=None, max_examples=15)
@given(lengths=LENGTHS, slots=st.integers(1, 4))
def test_the_loops_take_the_steps_of_the_counted_schedules(decoder, lengths, slots):
    runs = [loop(decoder, prompts_of(len(lengths)), lengths, slots) for loop in ALL_LOOPS]
    by_turns = schedules.continuous_steps(lengths - 1, slots)
    assert [run.steps for run in runs] == [schedules.static_steps(lengths - 1, slots), by_turns, by_turns]


@given(steps=st.lists(st.integers(1, 50), min_size=1, max_size=30).map(np.array), slots=st.integers(1, 9))
def test_a_continuous_schedule_keeps_the_bounds_of_list_scheduling(steps, slots):
    taken, least = schedules.continuous_steps(steps, slots), max(steps.max(), steps.sum() / slots)
    assert least <= taken <= 2 * least
    assert taken <= schedules.static_steps(steps, slots)


@given(steps=st.integers(1, 50), groups=st.integers(1, 9), slots=st.integers(1, 9))
def test_the_longest_of_a_group_lies_between_the_mean_and_the_slots_times_it(steps, groups, slots):
    assert schedules.longest_over_mean(np.full(groups * slots, steps), slots) == pytest.approx(1)
    one_long = np.tile(np.eye(slots, dtype=int)[0] * steps, groups)
    assert schedules.longest_over_mean(one_long, slots) == pytest.approx(slots)


def test_equal_variation_is_not_equal_gain():
    shapes = {"lognormal": schedules.lognormal_lengths, "two": schedules.two_lengths, "rare": RARE}
    generators = [np.random.default_rng(trace) for trace in range(5)]
    gain = {
        name: np.mean(schedules.gains_in_steps(shape, 1.0, 8, generators, 400, 60)) for name, shape in shapes.items()
    }
    assert gain["rare"] < 0.85 * min(gain["lognormal"], gain["two"])


@pytest.mark.parametrize("lengths_of", [schedules.lognormal_lengths, schedules.two_lengths, RARE])
def test_lengths_have_the_mean_and_the_variation_that_were_asked_for(lengths_of):
    lengths = lengths_of(np.random.default_rng(2), 200_000, 100, 0.8)
    assert lengths.mean() == pytest.approx(100, rel=0.02)
    assert lengths.std() / lengths.mean() == pytest.approx(0.8, rel=0.05)


def slow_waste(lengths, prompt, reserve):
    """The mean empty share where each of the requests, one after the other, has `reserve` tokens to itself."""
    held = [1 - (prompt + n) / reserve for length in lengths for n in range(1, length + 1)]
    return sum(held) / len(held)


def test_requests_that_fit_one_at_a_time_are_served_in_turn():
    lengths = np.array([3, 5, 2])
    served = serve(lengths, prompt=4, memory=16, block=1, reserve=16)
    assert (served.steps, served.rows, served.preempted) == (10, 1.0, 0)
    assert served.waste == pytest.approx(slow_waste(lengths, 4, 16))


@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=15).map(np.array),
    block=st.sampled_from([1, 4, 16]),
    room=st.integers(1, 4),
    whole=st.booleans(),
)
def test_memory_is_enough_for_all_and_every_token_is_written_once(lengths, block, room, whole):
    served = serve(lengths, 8, 48 * room, block, 48 if whole else 0)
    assert served.rows * served.steps == pytest.approx(lengths.sum())
    assert 0 <= served.waste < 1
    assert served.steps >= max(lengths)
    if whole:
        assert (served.preempted, served.read_again) == (0, 0)
        assert served.rows <= room


def test_a_request_that_made_room_reads_again_what_it_had_written():
    served = serve(np.array([6, 6]), prompt=2, memory=10, block=1)
    assert served.preempted == 1
    assert served.read_again > 2
    assert served.steps > 6


def test_a_table_of_policies_says_which_share_of_all_tokens_was_read_again():
    table = by_policy(np.array([6, 6]), 2, 10, {"blocks": (1, 0), "whole": (1, 8)})
    assert table["read again"].tolist() == [serve(np.array([6, 6]), 2, 10, 1).read_again / 16, 0.0]
    assert table.loc["whole", "rows in a step"] == 1


def test_the_comparison_has_a_row_for_each_loop_and_lengths_static_first(decoder):
    answers = {"mixed": np.array([2, 6, 3]), "equal": np.array([4, 4, 4])}
    table, runs = compare(decoder, prompts_of(3), answers, slots=2, rounds=1)
    assert table["steps"].tolist() == [7, 5, 5, 6, 6, 6]
    assert table["steps"].groupby(level=0).transform("first").tolist() == [7, 7, 7, 6, 6, 6]
    assert table["calls that read"].tolist() == [2, 2, 3, 2, 2, 3]
    assert [key for key in runs if key[1] == "static"] == [("mixed", "static"), ("equal", "static")]
    assert (table["gain in CPU time"] > 0).all()
    assert (table["gain in CPU time"].xs("static", level=1) == 1).all()
