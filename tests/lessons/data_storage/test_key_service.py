"""A column of an encrypted Parquet file opens for those who may use its key, and for nobody else."""

import pyarrow as pa
import pytest
from pyarrow import parquet
from pyarrow.parquet import encryption

from lessons.data_storage.key_service import KeyRing

TABLE = pa.table({"household": [1, 2, 3], "sales": [1.0, 2.0, 3.0]})


@pytest.fixture
def locked(tmp_path):
    """A ring of keys, and a file whose households have a key of their own."""
    ring = KeyRing({"writer": {"table", "persons"}, "analyst": {"table"}, "officer": {"table", "persons"}})
    which = encryption.EncryptionConfiguration(footer_key="table", column_keys={"persons": ["household"]})
    path = tmp_path / "locked"
    with parquet.ParquetWriter(path, TABLE.schema, encryption_properties=ring.to_write("writer", which)) as writer:
        writer.write_table(TABLE)
    return ring, path


def read(locked, column, who):
    ring, path = locked
    return parquet.read_table(path, columns=[column], decryption_properties=ring.to_read(who))[column].to_pylist()


def test_who_may_use_a_key_reads_its_column(locked):
    assert read(locked, "household", "officer") == [1, 2, 3]
    assert read(locked, "sales", "analyst") == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(("column", "who"), [("household", "analyst"), ("sales", "stranger")])
def test_who_may_not_is_refused(locked, column, who):
    with pytest.raises((OSError, PermissionError), match="is not for the"):
        read(locked, column, who)


def test_without_any_key_the_file_says_nothing(locked):
    with pytest.raises(OSError, match=r"encrypt|decrypt"):
        parquet.read_table(locked[1])
