"""Speed is a ratio of CPU times of the answering process; the measurement itself is tested on a virtual clock."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from grader.suite_kit import benchmark
from grader.suite_kit.answer import Handle
from grader.suite_kit.benchmark import Speed, Subject, compare, one_round

STEPS = (2.5, 8, 30)


class VirtualAnswer:
    """Answers that cost what they are told to, on a clock of its own."""

    def __init__(self, cpu_s, wall_s=None, null_s=0.01, after_s=0.0, delegated_s=0.0):
        self.cost, self.wall, self.null_cost = cpu_s, cpu_s if wall_s is None else wall_s, null_s
        self.after, self.delegated = after_s, delegated_s
        self.cpu, self.elsewhere = 0.0, 0.0

    def call(self, target, *arguments, method="", watch=False):
        self.cpu += self.cost() if callable(self.cost) else self.cost
        self.elsewhere += self.delegated
        Wall.now += self.wall() if callable(self.wall) else self.wall
        return 0.5

    def null(self, *arguments):
        self.cpu += self.null_cost

    def cpu_s(self):
        return self.cpu

    def delegated_s(self):
        return self.elsewhere

    def helpers(self):
        return 0


class Wall:
    now = 0.0


@pytest.fixture(autouse=True)
def virtual_clock(monkeypatch):
    monkeypatch.setattr(benchmark, "_wall_s", lambda: Wall.now)
    monkeypatch.setattr(benchmark, "_sleep", lambda seconds: None)


def subject(answer):
    return Subject(answer, Handle(0, "Service"), "predict")


def test_the_ratio_is_that_of_the_work_less_the_null_call():
    found = one_round(subject(VirtualAnswer(2.01)), subject(VirtualAnswer(0.11)), itertools.count())
    assert found.ratio == pytest.approx(20)
    assert found.low == pytest.approx(20)
    assert found.alike == pytest.approx(1)
    assert found.wall_ratio == pytest.approx(2.01 / 0.11)


def test_a_slow_side_that_does_a_part_counts_for_the_whole():
    part = replace(subject(VirtualAnswer(0.51)), factor=4.0)
    found = one_round(part, subject(VirtualAnswer(0.11)), itertools.count())
    assert found.ratio == pytest.approx(20)
    assert found.wall_ratio == pytest.approx(4 * 0.51 / 0.11)


def test_an_answer_that_costs_nothing_has_the_highest_ratio_not_an_infinite_one():
    found = one_round(subject(VirtualAnswer(2.01)), subject(VirtualAnswer(0.01)), itertools.count())
    assert found.ratio == pytest.approx(benchmark.HIGHEST)


def test_every_request_is_new_to_both_sides():
    seen = []

    class Recorder(VirtualAnswer):
        def call(self, target, *arguments, **options):
            seen.append(arguments[0])
            return super().call(target, *arguments, **options)

    one_round(subject(VirtualAnswer(2.0)), subject(Recorder(0.1)), itertools.count())
    assert len(seen) == len(set(seen))


def test_a_few_disturbed_pairs_do_not_move_the_ratio():
    rng = np.random.default_rng(3)
    disturbed = VirtualAnswer(lambda: 2.01 * (1 if rng.random() < 0.95 else 5))
    found = one_round(subject(disturbed), subject(VirtualAnswer(0.11)), itertools.count())
    assert found.ratio == pytest.approx(20, rel=0.05)


def test_what_the_first_call_pays_for_caches_that_the_other_side_took_does_not_count():
    calls = itertools.count()
    cold = VirtualAnswer(lambda: 0.11 if next(calls) % benchmark.ROWS_A_PAIR else 3.0, wall_s=0.1)
    slow, requests = subject(VirtualAnswer(2.01)), list(range(benchmark.ROWS_A_PAIR))
    for slow_first in (True, False):
        assert benchmark._pair(slow, subject(cold), requests, slow_first).ratio() == pytest.approx(20)


def test_libraries_have_one_thread_only_while_they_are_compared():
    def threads():
        return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

    seen = []
    counting = VirtualAnswer(lambda: seen.append(threads()) or 0.11)
    with threadpool_limits(2, "blas"):
        compare(subject(VirtualAnswer(2.01)), subject(counting), itertools.count(), STEPS)
        assert threads() == {2}
    assert seen
    assert all(numbers == {1} for numbers in seen)


def test_a_round_ends_when_no_further_pair_is_needed():
    fast, slow, fresh = subject(VirtualAnswer(0.11)), subject(VirtualAnswer(2.01)), itertools.count()
    assert len(one_round(slow, fast, fresh, STEPS).outputs) == benchmark.LEAST_PAIRS * benchmark.ROWS_A_PAIR
    swings = itertools.chain([1] * 2, itertools.cycle([1.01] * benchmark.ROWS_A_PAIR + [0.11] * benchmark.ROWS_A_PAIR))
    found = one_round(slow, subject(VirtualAnswer(lambda: next(swings), wall_s=0.1)), fresh, STEPS)
    assert len(found.outputs) == benchmark.PAIRS * benchmark.ROWS_A_PAIR
    assert len(one_round(slow, fast, fresh).outputs) == benchmark.PAIRS * benchmark.ROWS_A_PAIR


def test_what_another_process_does_for_an_answer_counts_however_little_it_is():
    alone, helped = (subject(VirtualAnswer(0.02, null_s=0.01, delegated_s=each)) for each in (0.0, 0.01))
    before = one_round(subject(VirtualAnswer(1.01)), alone, itertools.count()).ratio
    assert one_round(subject(VirtualAnswer(1.01)), helped, itertools.count()).ratio == pytest.approx(before / 2)


@pytest.mark.parametrize(
    ("ratios", "enough"),
    [
        ([9] * 4, False), ([9] * 5, True), ([7] * 5, True), ([9] * 4 + [7], False), ([9] * 5 + [7], False),
        ([9] * 6 + [7], True), ([7] * 6 + [9], True), ([9] * 8 + [7] * 2, False),
    ],
)  # fmt: skip
def test_one_pair_on_the_other_side_of_a_threshold_asks_for_two_more(ratios, enough):
    assert benchmark.clear(ratios, [8]) is enough
    assert benchmark.clear(ratios, [2.5, 8, 30]) is enough


def above_at_its_end(ratios, threshold):
    """Whether the median of the pairs that a round takes reaches a threshold."""
    pairs = next((n for n in range(len(ratios)) if benchmark.clear(ratios[:n], [threshold])), len(ratios))
    return np.median(ratios[:pairs]) >= threshold


def test_ending_a_round_early_changes_a_step_less_than_once_in_a_thousand():
    rng = np.random.default_rng(5)
    for share_above in (0.1, 0.3, 0.4, 0.5, 0.6, 0.9):
        above = rng.random((4000, benchmark.PAIRS)) < share_above
        rounds = np.where(above, 9.0, 7.0)
        differ = sum(above_at_its_end(row, 8) != (np.median(row) >= 8) for row in rounds)
        assert differ / len(rounds) <= 1 / 1024 + 3 * (1 / 1024 / len(rounds)) ** 0.5, share_above


def test_waiting_shows_on_the_wall_and_caps_the_steps():
    waits = VirtualAnswer(0.02, wall_s=3.0)
    found, sure = compare(subject(VirtualAnswer(2.01)), subject(waits), itertools.count(), STEPS)
    assert sure
    assert found.ratio > 100
    assert found.steps(STEPS) == 0


def test_work_of_other_processes_is_found():
    delegates = VirtualAnswer(0.02, delegated_s=0.5)
    found = one_round(subject(VirtualAnswer(2.01)), subject(delegates), itertools.count())
    assert found.delegated_s == pytest.approx(0.5 * benchmark.PAIRS * benchmark.ROWS_A_PAIR)


@pytest.mark.parametrize(("share", "looks", "busy"), [(0.01, 1, False), (0.12, 3, True), (0.9, 1, True)])
def test_work_after_the_answer_is_found_also_where_the_machine_gives_it_little_time(monkeypatch, share, looks, busy):
    answer, slept = VirtualAnswer(1), []

    def sleep(seconds):
        slept.append(seconds)
        answer.cpu += share * seconds

    monkeypatch.setattr(benchmark, "_sleep", sleep)
    assert (benchmark._idle_cpu_s(answer) > benchmark.BUSY_S) == busy
    assert len(slept) == looks


STEADY = Speed(ratio=20.0, low=19.0, high=21.0, wall_ratio=20.0)


@pytest.mark.parametrize(
    ("ratio", "steps"), [(1.0, 0), (2.49, 0), (2.5, 1), (7.99, 1), (8.0, 2), (29.9, 2), (30.0, 3), (900.0, 3)]
)
def test_points_come_in_whole_steps(ratio, steps):
    assert replace(STEADY, ratio=ratio, wall_ratio=ratio / 2).steps(STEPS) == steps


def rounds(monkeypatch, *speeds):
    told = iter(speeds)
    monkeypatch.setattr(benchmark, "one_round", lambda slow, fast, fresh, thresholds: next(told))
    return compare(subject(VirtualAnswer(2)), subject(VirtualAnswer(1)), itertools.count(), STEPS)


def test_one_settled_round_is_enough(monkeypatch):
    assert rounds(monkeypatch, STEADY) == (STEADY, True)


def test_the_best_of_three_rounds_counts_where_a_step_is_near(monkeypatch):
    near = replace(STEADY, ratio=8.1, low=7.8, high=8.4)
    found, sure = rounds(monkeypatch, replace(near, ratio=7.9), near, replace(near, ratio=7.95))
    assert sure
    assert found.ratio == 8.1


def test_a_machine_on_which_slow_is_not_as_fast_as_slow_is_unstable(monkeypatch):
    found, sure = rounds(monkeypatch, *[replace(STEADY, alike=1.2)] * 3)
    assert not sure
    assert found.ratio == STEADY.ratio


def test_a_wide_spread_across_a_step_is_unstable_and_the_lowest_end_counts(monkeypatch):
    wide = replace(STEADY, ratio=20.0, low=6.0, high=60.0)
    found, sure = rounds(monkeypatch, wide, replace(wide, low=7.0), wide)
    assert not sure
    assert found.low == 7.0
    assert found.steps(STEPS, found.low) == 1


def test_a_wide_spread_above_the_last_step_is_no_matter(monkeypatch):
    fast = replace(STEADY, ratio=120.0, low=60.0, high=400.0, wall_ratio=100.0)
    assert rounds(monkeypatch, fast) == (fast, True)
