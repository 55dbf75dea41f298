"""The bar of a long cell: every item once and in order, a bar for a reader, nothing in a run."""

import pytest

from mlsd_lib.lesson import progress_bar


@pytest.mark.parametrize("there", [True, False])
def test_the_items_come_once_and_in_order_and_only_a_reader_sees_a_bar(monkeypatch, capsys, there):
    monkeypatch.setattr(progress_bar, "WAIT_S", 0.0)
    monkeypatch.setattr(progress_bar, "someone_is_there", lambda: there)
    assert list(progress_bar.progress(range(5), "banks")) == [0, 1, 2, 3, 4]
    assert ("banks" in capsys.readouterr().err) == there


def test_what_is_done_at_once_has_no_bar(monkeypatch, capsys):
    monkeypatch.setattr(progress_bar, "someone_is_there", lambda: True)
    assert list(progress_bar.progress(range(5), "banks")) == [0, 1, 2, 3, 4]
    assert "banks" not in capsys.readouterr().err
