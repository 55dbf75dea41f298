"""The metered file system notes every byte that pyarrow reads, and the kernel agrees."""

import pyarrow as pa
import pytest
from pyarrow import parquet

from lessons.data_storage.metered import Meter
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
    counts = meter.counts()
    assert counts["footers (kB)"] + counts["data (kB)"] == pytest.approx(counted / 1e3, rel=0.01)
    assert (counts["files opened"], counts["reads"]) == (1, len(meter.reads))


def test_the_footer_is_read_first_and_ends_the_file(path):
    meter = Meter()
    parquet.read_table(path, columns=["a"], filesystem=meter.arrow)
    first, *others = meter.reads
    assert first.is_footer
    assert first.start + first.size == meter.size(path)
    assert others
    assert not any(read.is_footer for read in others)


def test_two_meters_keep_their_notes_apart(path):
    one, other = Meter(), Meter()
    parquet.read_table(path, filesystem=one.arrow)
    assert one.reads
    assert other.reads == []


def test_places_are_shares_of_all_files_end_to_end(tmp_path):
    files = [tmp_path / name for name in ("a", "b")]
    files[0].write_bytes(bytes(30))
    files[1].write_bytes(bytes(10))
    meter = Meter()
    file = meter.open(str(files[1]))
    file.read(4)
    file.read(6)
    file.close()
    assert meter.spans(files) == [(75.0, 85.0, False), (85.0, 100.0, True)]
