"""The bar of a long cell: every item once and in order, a bar for a reader, nothing in a run."""

import io
import sys

import pytest

from mlsd_lib.lesson import progress_bar as room


@pytest.fixture
def screen(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(room, "WAIT_S", 0.0)
    return sys.stderr


@pytest.mark.parametrize("there", [True, False])
def test_the_items_come_once_and_in_order_and_only_a_reader_sees_a_bar(screen, monkeypatch, there):
    monkeypatch.setattr(room, "someone_is_there", lambda: there)
    assert list(room.progress(range(5), "banks")) == [0, 1, 2, 3, 4]
    assert ("banks" in screen.getvalue()) == there


def test_what_a_loop_raises_comes_through(screen, monkeypatch):
    monkeypatch.setattr(room, "someone_is_there", lambda: True)
    with pytest.raises(ZeroDivisionError):
        [1 / one for one in room.progress([1, 0], "banks")]
