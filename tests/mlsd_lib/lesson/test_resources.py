"""Costs as the kernel counts them: bytes read and memory, against work of which they are known."""

import math

import pytest

from mlsd_lib.lesson.reader import LessonError
from mlsd_lib.lesson.resources import bytes_on_disk, bytes_read_by, run_measured

HOLD = "held = bytearray(mb * 2**20)\nanswer = [mb, 'held']"


def test_bytes_read_are_those_that_were_asked_for(tmp_path):
    (tmp_path / "file").write_bytes(bytes(300_000))
    # The test's own process has threads that read from pipes meanwhile, which only adds: the least of several counts.
    for work, expected in (((tmp_path / "file").read_bytes, 300_000), (lambda: None, 0)):
        assert min(bytes_read_by(work) for _ in range(9)) == pytest.approx(expected, abs=20)


def test_bytes_on_disk_of_a_folder_are_those_of_all_its_files(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "one").write_bytes(bytes(10))
    (tmp_path / "below" / "other").write_bytes(bytes(5))
    assert (bytes_on_disk(tmp_path), bytes_on_disk(tmp_path / "one")) == (15, 10)


def test_a_program_that_holds_more_has_a_higher_peak_and_gives_its_answer():
    little, much = (run_measured(HOLD, {"mb": mb}) for mb in (1, 101))
    assert much.peak_mb - little.peak_mb == pytest.approx(100, abs=2)
    assert much.answer == [101, "held"]


def test_a_program_beyond_its_allowance_is_killed():
    run = run_measured(HOLD + "\nimport time\ntime.sleep(60)", {"mb": 100}, allowed_mb=80)
    assert math.isnan(run.peak_mb)
    assert run.answer is None


def test_a_program_that_fails_is_no_measurement():
    with pytest.raises(LessonError, match="code 1"):
        run_measured("answer = no_such_name", {})
