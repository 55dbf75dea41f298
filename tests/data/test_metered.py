"""The metered file system notes every byte that pyarrow reads, and the kernel agrees."""

import pyarrow as pa
import pytest
from pyarrow import parquet

from mlsd_lib.data.metered import Meter
from mlsd_lib.lesson.resources import bytes_read_by


@pytest.fixture
def path(tmp_path):
    table = pa.table({"a": list(range(50_000)), "b": [f"text {at}" for at in range(50_000)]})
    parquet.write_table(table, tmp_path / "table.parquet")
    return str(tmp_path / "table.parquet")


def test_the_reads_are_the_bytes_that_the_kernel_counts(path):
    parquet.read_table(path, filesystem=Meter().arrow)  # what Python loads for the first time is read as well
    meter = Meter()
    counted = bytes_read_by(lambda: parquet.read_table(path, filesystem=meter.arrow))
    assert meter.total() == pytest.approx(counted, rel=0.01)
    assert meter.total() == meter.total(footers=True) + meter.total(footers=False)


def test_the_footer_is_read_first_and_ends_the_file(path):
    meter = Meter()
    parquet.read_table(path, columns=["a"], filesystem=meter.arrow)
    first, *others = meter.reads
    assert first.is_footer
    assert first.start + first.size == meter.size(path)
    assert others
    assert not any(one.is_footer for one in others)


def test_two_meters_keep_their_notes_apart(path):
    one, other = Meter(), Meter()
    parquet.read_table(path, filesystem=one.arrow)
    assert one.reads
    assert other.reads == []
