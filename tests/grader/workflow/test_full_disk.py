"""A disk that is full: one line that names the place, no traceback, and nothing that is half there."""

import json
import os
import shutil
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from grader.errors import GraderError
from grader.whole_files import write_folder
from grader.workflow import release
from grader.workflow.collect import collect
from grader.write_errors import DiskFull
from tests import toy_course as toy
from tests.grader.full_disk import no_file_beyond
from tests.grader.grading.engine_course import mlsd

COMMANDS = {"grade": [], "deadline": ["--due", "none"], "export": []}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_disk_that_is_full_from_the_start_is_one_line(course, command):
    toy.submit(course, "al", toy.answered(course, **toy.RIGHT))
    with no_file_beyond(0), pytest.raises(GraderError, match=r"^.*there is no room to write.*\Z"):
        mlsd(course, command, toy.NAME, *COMMANDS[command])


@pytest.mark.parametrize("limit_bytes", [0, 1000])
def test_a_release_without_room_leaves_nothing_that_stops_the_next_one(tmp_path, limit_bytes, capfd):
    """With no room not even the secret is written, with a little the gradebook is not."""
    course = toy.make(tmp_path / "course")
    with no_file_beyond(limit_bytes), pytest.raises(DiskFull, match=str(course.root)):
        release.release(course, toy.NAME)
    assert course.secret_file.exists() == bool(limit_bytes)
    assert not course.folder("release", name=toy.NAME).exists()
    assert release.release(course, toy.NAME) == "released"
    assert "Traceback" not in capfd.readouterr().err


def test_a_gradebook_that_cannot_grow_is_no_fault_of_the_source(course, capfd):
    before = release.read_files(course.folder("release", name=toy.NAME))
    notebook = toy.source_notebook()
    notebook["cells"].append(toy.cell("markdown", "long", "word " * 100_000, locked=True))
    source = course.folder("source", name=toy.NAME) / f"{toy.NAME}.ipynb"
    source.write_text(json.dumps(notebook))
    with no_file_beyond(course.database.stat().st_size), pytest.raises(DiskFull, match=str(course.home)):
        release.release(course, toy.NAME)
    assert release.read_files(course.folder("release", name=toy.NAME)) == before
    assert "Traceback" not in capfd.readouterr().err
    assert release.release(course, toy.NAME) == "updated"


def test_a_folder_for_which_there_is_no_room_stays_as_it_was(tmp_path):
    place = tmp_path / "exercises" / "halves"
    write_folder(place, {"a.txt": b"old", "data/b.txt": b"old"})
    with no_file_beyond(10), pytest.raises(DiskFull, match="exercises"):
        write_folder(place, {"a.txt": b"new", "c.txt": b"longer than ten bytes"})
    assert release.read_files(tmp_path) == {"exercises/halves/a.txt": b"old", "exercises/halves/data/b.txt": b"old"}
    write_folder(place, {"c.txt": b"longer than ten bytes"})
    assert release.read_files(tmp_path) == {"exercises/halves/c.txt": b"longer than ten bytes"}


def test_a_later_hand_in_for_which_there_is_no_room_leaves_the_one_before(course, tmp_path):
    path = tmp_path / "class" / "ann" / f"{toy.NAME}.ipynb"
    path.parent.mkdir(parents=True)
    words = ["collect", toy.NAME, path.parents[1]]
    for text, when in (("first", 1e9), ("second", 2e9)):
        path.write_text(json.dumps(toy.answered(course, **toy.RIGHT, reflection=text)))
        os.utime(path, (when, when))
        with no_file_beyond(1000) if text == "second" else nullcontext():
            result = mlsd(course, *words)
    assert "refused    ann: cannot be written (File too large)" in result.output
    assert b"first" in (course.folder("submitted", "ann", toy.NAME) / path.name).read_bytes()
    assert "1 replaced" in mlsd(course, *words).output


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="it needs two file systems")
def test_an_earlier_hand_in_is_kept_whole_or_not_at_all(course, tmp_path):
    """Where earlier hand-ins go to another disk, which has no room for them."""
    path = tmp_path / "class" / "ann" / f"{toy.NAME}.ipynb"
    path.parent.mkdir(parents=True)
    with TemporaryDirectory(dir="/dev/shm") as elsewhere:
        there = course.configured(CourseDirectory={"db_url": f"sqlite:///{elsewhere}/marks.db"})
        for text, when in (("first " * 9_999, 1e9), ("second", 2e9)):
            path.write_text(json.dumps(toy.answered(course, **toy.RIGHT, reflection=text)))
            os.utime(path, (when, when))
            if text != "second":
                collect(there, toy.NAME, path.parents[1])
        with no_file_beyond(30_000), pytest.raises(DiskFull, match=f"below {there.home / 'earlier'}"):
            collect(there, toy.NAME, path.parents[1])
        assert not [*(there.home / "earlier").rglob(path.name)]
        assert b"first" in (course.folder("submitted", "ann", toy.NAME) / path.name).read_bytes()
        assert [done.outcome for done in collect(there, toy.NAME, path.parents[1])] == ["replaced"]
        assert [b"first" in kept.read_bytes() for kept in (there.home / "earlier").rglob(path.name)] == [True]


def test_the_exchange_offers_no_part_of_an_exercise(course):
    offered = course.home / "exchange" / "mlsd" / "outbound" / toy.NAME
    with no_file_beyond(1000), pytest.raises(DiskFull, match="exchange"):
        release.publish(course, toy.NAME)
    assert not offered.exists()
    assert release.publish(course, toy.NAME) == offered


def test_an_exchange_that_cannot_be_written_keeps_what_it_offers(course):
    offered = release.publish(course, toy.NAME)
    inbound = offered.parents[1] / "inbound"
    inbound.rmdir()
    inbound.touch()
    with pytest.raises(GraderError, match=r"Exchange\.root"):
        release.publish(course, toy.NAME)
    assert release.read_files(offered) == release.read_files(course.folder("release", name=toy.NAME))


def test_a_file_where_a_folder_must_be_is_named_and_kept(course):
    place = course.folder("release", name=toy.NAME)
    shutil.rmtree(place)
    place.write_text("somebody's notes")
    with pytest.raises(GraderError, match=f"{place} cannot be written"):
        mlsd(course, "release", toy.NAME)
    assert place.read_text() == "somebody's notes"
