"""An empty gradebook of ours is nbgrader's own to the last table, and no other one is ever replaced by it."""

import os
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nbgrader.api import Gradebook

from grader.empty_gradebook import later_version, lay_empty_gradebook


def content(file):
    """Every table's definition, and the version that nbgrader finds in it."""
    with sqlite3.connect(file) as database:
        tables = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall()
        version = database.execute("SELECT version_num FROM alembic_version").fetchall()
    return [[str(part).replace("alembic_version;", "alembic_version") for part in row] for row in tables], version


def test_an_empty_gradebook_is_the_one_that_nbgrader_makes(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    Gradebook(f"sqlite:///{tmp_path / 'theirs.db'}", "").close()
    lay_empty_gradebook(tmp_path / "ours.db")
    Gradebook(f"sqlite:///{tmp_path / 'ours.db'}", "").close()
    assert content(tmp_path / "ours.db") == content(tmp_path / "theirs.db")


def test_a_new_gradebook_starts_no_program(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")  # `alembic` would not be found
    lay_empty_gradebook(tmp_path / "ours.db")
    with Gradebook(f"sqlite:///{tmp_path / 'ours.db'}", "") as book:
        assert book.students == []


def test_a_gradebook_that_is_there_is_never_replaced(tmp_path):
    (tmp_path / "ours.db").write_text("marks")
    lay_empty_gradebook(tmp_path / "ours.db")
    assert (tmp_path / "ours.db").read_text() == "marks"


def test_several_at_once_leave_one_gradebook_and_nothing_else(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lay_empty_gradebook, [tmp_path / "ours.db"] * 8))
    assert [path.name for path in tmp_path.iterdir()] == ["ours.db"]
    assert content(tmp_path / "ours.db")[1]


def test_damaged_bytes_are_left_to_who_opens_it(tmp_path):
    lay_empty_gradebook(tmp_path / "ours.db")
    damaged = bytearray((tmp_path / "ours.db").read_bytes())
    for start in range(8192, len(damaged), 1500):
        damaged[start : start + 40] = b"\xff" * 40
    (tmp_path / "ours.db").write_bytes(damaged)
    assert later_version(tmp_path / "ours.db") == ""
