"""Window totals against a slow, obvious reference: ties, boundaries, unknown groups, every order."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlsd_lib.data import WindowIndex
from mlsd_lib.data.windows import WindowError

START = np.datetime64("2026-01-01T00:00:00", "us")
events = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(-5, 5)), max_size=40)
questions = st.lists(st.tuples(st.integers(-1, 4), st.integers(-5, 50)), min_size=1, max_size=20)


def hours(values):
    return START + np.array(values, dtype="timedelta64[h]")


def reference(events, question, window, delay):
    group, now = question
    seen = [value for g, t, value in events if g == group and now - delay - window <= t < now - delay]
    return len(seen), sum(seen)


@settings(max_examples=200, deadline=None)
@given(events=events, questions=questions, window=st.integers(1, 10), delay=st.integers(0, 10))
@example(events=[(0, 5, 1), (0, 5, 2)], questions=[(0, 5), (0, 6), (0, 15), (0, 16)], window=10, delay=0)
@example(events=[], questions=[(0, 0)], window=1, delay=0)
def test_totals_equal_the_obvious_reference(events, questions, window, delay):
    group, time, value = (np.array([row[i] for row in events], dtype=int) for i in range(3))
    index = WindowIndex(group, hours(time), value)
    asked, when = (np.array([row[i] for row in questions]) for i in range(2))
    counts, sums = index.totals(asked, hours(when), np.timedelta64(window, "h"), np.timedelta64(delay, "h"))
    expected = [reference(events, question, window, delay) for question in questions]
    assert counts.tolist() == [count for count, _ in expected]
    assert sums.tolist() == pytest.approx([total for _, total in expected])


def test_an_event_counts_neither_itself_nor_one_of_the_same_instant():
    index = WindowIndex(np.array([7, 7]), hours([3, 3]), np.array([10.0, 20.0]))
    counts, _ = index.totals(np.array([7, 7]), hours([3, 3]), np.timedelta64(1, "D"))
    assert counts.tolist() == [0, 0]


def test_later_events_never_change_an_answer():
    rng = np.random.default_rng(0)
    group, time, value = rng.integers(0, 5, 300), np.sort(rng.integers(0, 500, 300)), rng.normal(size=300)
    whole = WindowIndex(group, hours(time), value)
    now = int(time[150])
    past = time < now
    part = WindowIndex(group[past], hours(time[past]), value[past])
    ask = (np.arange(5), hours([now] * 5), np.timedelta64(100, "h"))
    for left, right in zip(whole.totals(*ask), part.totals(*ask), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-9)


def test_an_empty_window_is_refused():
    index = WindowIndex(np.array([1]), hours([0]), np.array([1.0]))
    with pytest.raises(WindowError, match="longer than nothing"):
        index.totals(np.array([1]), hours([1]), np.timedelta64(0, "h"))


def test_a_key_too_large_for_64_bits_is_refused_and_not_wrapped():
    group = np.arange(40_000)
    time = np.array(["1700-01-01", "2200-01-01"], dtype="datetime64[us]")[group % 2]
    with pytest.raises(WindowError, match="64-bit"):
        WindowIndex(group, time, np.ones(len(group)))
