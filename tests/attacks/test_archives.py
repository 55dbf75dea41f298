"""Broken intake: right work is collected, what is odd is refused by name, nothing else is written."""

import io
import json
import os
import subprocess
import sys
import tarfile

import pytest

from grader.course import Course
from grader.workflow import archive
from grader.workflow.collect import _opened, collect
from tests.attacks.corpus.archives import ARCHIVES, Archive, zipped
from tests.attacks.course import TOKENS
from tests.attacks.course.ps1 import PS1
from tests.attacks.foreign_course import answered, copied
from tests.attacks.host import Host, environment

SUBMITTED = "course/submitted"


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda archive: archive.name)
def test_an_odd_archive_costs_only_who_is_odd(archive: Archive, template, tmp_path):
    right = json.dumps(answered(template, PS1)).encode()
    course, host = copied(template, tmp_path / "course"), Host(tmp_path)
    source = tmp_path / "class.zip"
    source.write_bytes(archive.build(right, host.places))
    before = host.snapshot()
    report = collect(Course.open(course), "ps1", source)
    refused = "\n".join(
        f"{collected.source}: {collected.detail}" for collected in report if collected.outcome == "refused"
    )
    there = {path.parts[-3]: path.read_bytes() == right for path in course.glob("submitted/*/ps1/ps1.ipynb")}
    assert there == dict.fromkeys(archive.collected, True), refused
    assert bool(refused) == bool(archive.refused)
    assert [word for word in archive.refused if word not in refused] == []
    assert [name for name in host.changed(before) if not name.startswith(SUBMITTED)] == []


def test_a_folder_that_becomes_a_link_while_the_class_is_read_shows_nothing_else(tmp_path):
    source, outside = tmp_path / "class", tmp_path / "outside"
    for student in ("ada", "bob", "zoe"):
        (source / student / "ps1").mkdir(parents=True)
        (source / student / "ps1" / "ps1.ipynb").write_text(student)
    outside.mkdir()
    (outside / "ps1.ipynb").write_text(TOKENS["solution"])
    read = archive.read(source)
    found = [next(read)]  # bob sees by it that his turn will come
    (source / "bob" / "ps1").rename(tmp_path / "aside")
    (source / "bob" / "ps1").symlink_to(outside)
    found += read
    assert {str(entry.name): entry.content for entry in found if entry.content} == {
        f"{student}/ps1/ps1.ipynb": student.encode() for student in ("ada", "zoe")
    }
    assert [str(entry.name) for entry in found if entry.refusal] == ["bob/ps1"]


@pytest.mark.parametrize("swap", [os.symlink, lambda _, path: os.mkfifo(path)], ids=["link", "pipe"])
def test_a_file_that_becomes_another_just_before_it_is_opened_is_refused(swap, tmp_path, monkeypatch):
    path, other = tmp_path / "class" / "bob_ps1.ipynb", tmp_path / "other.ipynb"
    path.parent.mkdir()
    path.write_text("hers")
    other.write_text(TOKENS["solution"])
    before = archive._size_fault

    def and_swap(*arguments):
        path.unlink()
        swap(other, path)
        return before(*arguments)

    monkeypatch.setattr(archive, "_size_fault", and_swap)
    (found,) = archive.read(path.parent)
    assert (found.content, bool(found.refusal)) == (b"", True)


def test_an_archive_in_the_source_unpacks_no_more_than_its_part():
    """Of outputs, which pack well and are dropped, what is kept says little."""
    outputs = b'{"cells": [{"cell_type": "code", "outputs": ["' + bytes(3_000_000) + b'"]}]}'
    inner = zipped([(f"{number}.ipynb", outputs) for number in range(4)])
    entries = archive.read_archive(io.BytesIO(zipped([("bob/all.zip", inner)])), "class.zip", archive.Limits())
    found = list(_opened(entries, archive.Limits(read_bytes=40_000_000)))
    assert [entry.name.name for entry in found if not entry.refusal] == ["0.ipynb", "1.ipynb"]
    assert [entry.refusal for entry in found if entry.refusal] == [archive.TOO_MUCH]


def test_what_the_command_says_of_hostile_names_is_plain_text(template, tmp_path):
    """A terminal would obey them, and an encoding that has no such characters would end the command."""
    course, source = copied(template, tmp_path / "course"), tmp_path / "class.tar"
    right = json.dumps(answered(template, PS1)).encode()
    with tarfile.open(source, "w") as tar:
        for name in ("ada/ps1.ipynb", os.fsdecode(b"bo\xffb/ps1.ipynb"), "e\x1b[31mve/ps1.ipynb", "zoe/ps1.ipynb"):
            member = tarfile.TarInfo(name)
            member.size = len(right)
            tar.addfile(member, io.BytesIO(right))
    command = [sys.executable, "-m", "mlsd", "collect", "ps1", str(source), "--course", str(course)]
    ended = subprocess.run(command, capture_output=True, env=environment(tmp_path), cwd=tmp_path)
    assert ended.returncode == 1, ended.stderr[-2000:]
    assert b"\x1b" not in ended.stdout
    assert b"Report: " in ended.stdout
    assert {path.parts[-3] for path in course.glob("submitted/*/ps1/ps1.ipynb")} >= {"ada", "zoe"}
