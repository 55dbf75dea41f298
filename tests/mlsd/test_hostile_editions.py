"""An edition that is damaged, encrypted, a bomb or leads elsewhere is refused in one line, and the copy stays."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import GraderError
from grader.names import is_name
from grader.released import FILE, MOST_BYTES, unpacked
from mlsd.students.reset import reset
from mlsd.students.update import update
from tests.mlsd.student_course import NAME, answer, notebook_of, student_course

NOW = datetime(2027, 1, 15, tzinfo=UTC)
HEAD, ENTRY = b"PK\x03\x04\x14\x00", b"PK\x01\x02\x14\x03\x14\x00"
ENTRIES = {"README.md": b"hello\n" * 400, f"exercises/{NAME}/{NAME}.ipynb": b"{}", "mlsd_lib/a.py": b"x = 1\n" * 90}


def zipped(entries: dict[str, bytes], way: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", way) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def flagged(place: int, value: bytes) -> bytes:
    """An archive with other bytes at a place of the head of each entry, here and in the directory."""
    content = zipped(ENTRIES, zipfile.ZIP_STORED)
    for head in (HEAD, ENTRY):
        old = head + (b"\0\0" if place == 0 else b"\0\0\0\0")
        content = content.replace(old, head + (value if place == 0 else b"\0\0" + value))
    return content


def states_much() -> bytes:
    content = zipped({"README.md": b"x"}, zipfile.ZIP_STORED)
    where = content.index(b"PK\x01\x02") + 24
    return content[:where] + (MOST_BYTES + 1).to_bytes(4, "little") + content[where + 4 :]


HOSTILE = {
    "no zip": b"<html>404</html>",
    "empty": b"",
    "cut off": zipped(ENTRIES)[:300],
    "encrypted": flagged(0, b"\x01\0"),
    "unknown method": flagged(1, b"\x63\0"),
    "a bomb": states_much(),
    "many files": zipped({f"a/{number}": b"" for number in range(20_001)}),
    "upwards": zipped({"../mine/README.md": b"x"}),
    "absolute": zipped({"/etc/cron.d/x": b"x"}),
    "hidden": zipped({".git/hooks/post-commit": b"x"}),
    "backslash": zipped({"a\\..\\..\\x": b"x"}),
    "terminal": zipped({"a\x1b[2J.py": b"x"}),
    "twice a slash": zipped({"a//b": b"x"}),
}


@pytest.fixture
def mine(tmp_path):
    course = student_course(tmp_path / "mine")
    answer(notebook_of(course), "# my answer")
    return course


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_edition_changes_nothing(kind, mine, tmp_path):
    place = tmp_path / FILE
    place.write_bytes(HOSTILE[kind])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for attempt in (lambda: update(mine, place, NOW), lambda: reset(mine, NAME, NOW, place)):
        with pytest.raises(GraderError, match="Get the edition again") as refused:
            attempt()
        assert str(refused.value).isprintable()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@given(st.data())
def test_an_archive_damaged_anywhere_is_read_or_refused(tmp_path_factory, data):
    content = bytearray(zipped(ENTRIES))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    place = Path(tmp_path_factory.getbasetemp()) / "damaged.zip"
    place.write_bytes(content)
    try:
        names = unpacked(place).names
    except GraderError:
        return
    assert all(is_name(part) for name in names for part in name.split("/"))
