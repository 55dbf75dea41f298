"""A file of one's own: the example that CONTRIBUTING shows reads it, and refuses what breaks its rules."""

import gzip
import re
from pathlib import Path

import pytest

from mlsd_lib.datasets import DataError
from mlsd_lib.datasets.published import read_csv

(EXAMPLE,) = re.findall(r"```python\n(.*?)```", Path(__file__).parents[3].joinpath("CONTRIBUTING.md").read_text(), re.S)
HEADER = "Tool wear [min],Machine failure\n"


def read_parts(path):
    scope = {}
    exec(EXAMPLE, scope)
    return scope["read_parts"](path)


def test_the_example_reads_a_file_and_says_how_it_differs(tmp_path):
    path = tmp_path / "parts.csv"
    path.write_text(f"{HEADER}5,0\n7,1\n", encoding="utf-8-sig")
    table, card = read_parts(path)
    assert table["Machine failure"].tolist() == [0, 1]
    for part in ("2 rows, published 10,000", "1 failures, published 339", "12 min as the sum of wear"):
        assert part in str(card)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cannot be read: No columns"),
        (b"row,of,four,cells\n1,2,3,4,5,6\n1,2,3,4,5,6,7\n", "cannot be read: Error tokenizing"),
        (b"\0\0\0", "lacks the column Tool wear"),
        (b"a;b\n1;2\n", "is separated by ';'"),
        (HEADER.encode(), "holds nothing, 0 rows"),
        (HEADER.encode("utf-16"), "are UTF-8: download it again"),
        (HEADER.encode() + b"5,0\n\xe9,0\n", "are UTF-8: download it again"),
        (HEADER.encode() + b"5,0\n7,2\n", r"Machine failure: 2 in row 1 \(1 such rows\); it is 0 or 1"),
        (HEADER.encode() + b"5,0\n,1\n", "Tool wear .*: nan in row 1"),
    ],
)
def test_what_breaks_a_rule_of_the_example_is_refused_by_name(tmp_path, content, words):
    path = tmp_path / "parts.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_parts(path)


def test_a_packed_file_that_is_damaged_anywhere_is_refused_by_name(tmp_path):
    packed, path = gzip.compress(f"{HEADER}5,0\n".encode() * 200), tmp_path / "parts.csv.gz"
    for at in range(10, len(packed) - 8):
        path.write_bytes(packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1 :])
        with pytest.raises(DataError, match=r"parts.csv.gz"):
            read_csv(path, ("nowhere",))
