"""nbgrader's exchange: only what a student laid there arrives, under the student's own name, and nobody ends it."""

import json
import os

import pytest

from grader.course import Course
from grader.grading.intake.submission import RECEIPT, stamp_of
from grader.grading.output.gradebook_rows import received
from grader.sandbox.resource_monitor import remove_folder
from grader.workflow import exchange
from grader.workflow.exchange import collect_exchange
from tests.attacks.corpus.exchange import LAID, Laid, submitted
from tests.attacks.course import TOKENS
from tests.attacks.course.ps1 import PS1
from tests.attacks.foreign_course import answered, copied
from tests.attacks.host import Host

SUBMITTED = "course/submitted"


@pytest.mark.parametrize("laid", LAID, ids=lambda laid: laid.name)
def test_an_odd_folder_in_the_exchange_costs_only_its_owner(laid: Laid, template, tmp_path):
    if laid.as_root and os.getuid() != 0:
        pytest.skip("only root can make a folder another user's")
    if laid.as_user and os.getuid() == 0:
        pytest.skip("root reads everything")
    right = json.dumps(answered(template, PS1)).encode()
    place, host = copied(template, tmp_path / "course"), Host(tmp_path)
    before = host.snapshot()
    inbound = tmp_path / "exchange" / "foreign" / "inbound"
    inbound.mkdir(parents=True)
    submitted(inbound, "ada", right)
    laid.lay(inbound, right, place)
    submitted(inbound, "zoe", right)
    course = Course.open(place).configured(Exchange={"root": str(tmp_path / "exchange")})
    _, report = collect_exchange(course, "ps1")
    _, again = collect_exchange(course, "ps1")  # which reads what the first has written
    assert sorted(map(str, again)) == sorted(map(str, report))
    names = {folder.name.split("+")[0]: folder.name.split("+")[2] for folder in inbound.iterdir() if "+" in folder.name}
    stamps = {path.parts[-3]: received(stamp_of(path.parent)) for path in place.glob("submitted/*/ps1/timestamp.txt")}
    assert stamps == {student: received(names[student]) for student in stamps}
    secrets = {path.parent: path.read_text() for path in place.glob(f"submitted/*/ps1/{RECEIPT}")}
    assert {folder.parts[-2] for folder in secrets} == set(stamps)  # nbgrader releases no feedback behind one without
    assert len({*secrets.values()}) == len(secrets)
    refused = "\n".join(
        f"{collected.source}: {collected.detail}" for collected in report if collected.outcome == "refused"
    )
    noted = "\n".join(collected.detail for collected in report if collected.outcome == "collected")
    arrived = {path for path in place.glob("submitted/*/ps1/**/*") if path.is_file()}
    there = {path.parts[-3] for path in arrived if path.name == "ps1.ipynb" and path.read_bytes() == right}
    assert there == set(laid.collected), f"{refused}\n{noted}"
    assert bool(refused) == bool(laid.refused)
    assert [word for word in laid.refused if word not in refused] == []
    assert [word for word in laid.noted if word not in noted] == []
    assert [path for path in arrived if path.is_symlink() or TOKENS["solution"].encode() in path.read_bytes()] == []
    for folder in inbound.iterdir():
        folder.chmod(0o700) if folder.is_dir() and not folder.is_symlink() else None
    remove_folder(str(tmp_path / "exchange"))  # not every file in it can be read
    assert [path for path in host.changed(before) if not path.startswith(SUBMITTED)] == []


@pytest.mark.parametrize(
    ("owner", "name"),
    [(exchange, "_refusal"), (exchange.Intake, "takes"), (exchange, "_kept"), (exchange.Sifting, "copy_files")],
)
def test_a_folder_that_goes_away_while_it_is_collected_costs_only_its_owner(
    owner, name, template, tmp_path, monkeypatch
):
    right = json.dumps(answered(template, PS1)).encode()
    place = copied(template, tmp_path / "course")
    inbound = tmp_path / "exchange" / "foreign" / "inbound"
    inbound.mkdir(parents=True)
    laid = {student: submitted(inbound, student, right) for student in ("ada", "eve", "zoe")}
    act = getattr(owner, name)

    def and_goes(*arguments):
        remove_folder(str(laid["eve"]))
        return act(*arguments)

    monkeypatch.setattr(owner, name, and_goes)
    _, report = collect_exchange(Course.open(place).configured(Exchange={"root": str(tmp_path / "exchange")}), "ps1")
    refused = {one.source.split("+")[0] for one in report if one.outcome == "refused"}
    assert [one.detail for one in report if "its name is" in one.detail] == []
    there = {path.parts[-3] for path in place.glob("submitted/*/ps1/ps1.ipynb") if path.read_bytes() == right}
    assert {"ada", "zoe"} <= there == set(laid) - refused
