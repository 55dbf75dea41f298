"""Broken intake: right work is collected, what is odd is refused by name, nothing else is written."""

import json

import pytest

from grader.course import Course
from grader.workflow.collect import collect
from tests.attacks.corpus.archives import ARCHIVES, Archive
from tests.attacks.course.ps1 import PS1
from tests.attacks.foreign_course import answered, copied
from tests.attacks.host import Host

SUBMITTED = "course/submitted"


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda archive: archive.name)
def test_an_odd_archive_costs_only_who_is_odd(archive: Archive, template, tmp_path):
    right = json.dumps(answered(template, PS1)).encode()
    course, host = copied(template, tmp_path / "course"), Host(tmp_path)
    source, roster = tmp_path / "class.zip", tmp_path / "roster.csv"
    source.write_bytes(archive.build(right, host.places))
    roster.write_text(archive.roster)
    before = host.snapshot()
    report = collect(Course.open(course), "ps1", source, roster if archive.roster else None)
    refused = "\n".join(f"{one.source}: {one.detail}" for one in report if one.outcome == "refused")
    there = {path.parts[-3]: path.read_bytes() == right for path in course.glob("submitted/*/ps1/ps1.ipynb")}
    assert there == dict.fromkeys(archive.collected, True), refused
    assert bool(refused) == bool(archive.refused)
    assert [word for word in archive.refused if word not in refused] == []
    assert [name for name in host.changed(before) if not name.startswith(SUBMITTED)] == []
