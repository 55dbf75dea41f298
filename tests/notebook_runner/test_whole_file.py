"""A file is there whole or not at all."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from notebook_runner.whole_file import write_whole


def test_the_new_content_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "state"
    for content in (b"first", b"", b"third\x00"):
        write_whole(path, content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="a file has no mode")
def test_a_new_file_has_the_usual_mode_and_an_old_one_keeps_its_own(tmp_path):
    path, usual = tmp_path / "state", tmp_path / "usual"
    usual.touch()
    write_whole(path, b"new")
    assert path.stat().st_mode == usual.stat().st_mode
    path.chmod(0o640)
    write_whole(path, b"newer", lasting=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_what_fails_half_way_leaves_the_old_content_and_nothing_else(tmp_path, monkeypatch, broken):
    path = tmp_path / "state"
    write_whole(path, b"old")

    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(OSError, match="no space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_beside_writers_sees_one_content_whole(tmp_path):
    path = tmp_path / "state"
    contents = [bytes([letter]) * 100_000 for letter in b"ABC"]
    write_whole(path, contents[0])
    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(lambda: [write_whole(path, content) for content in contents * 5]) for _ in range(2)]
        seen = [path.read_bytes()]
        while not all(writer.done() for writer in writers):
            seen.append(path.read_bytes())
    assert set(seen) <= set(contents)
    assert [writer.result() for writer in writers] == [[None] * 15] * 2
    assert list(tmp_path.iterdir()) == [path]
