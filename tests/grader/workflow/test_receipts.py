"""When a hand-in was received: never the time of a platform's download, but what the platform says of it elsewhere."""

import csv
import io
import json
import os
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from grader.course import STAMP
from grader.errors import GraderError
from grader.workflow import stock
from grader.workflow.collect import collect
from grader.workflow.deadline import set_policy, shown, uncharged
from grader.workflow.exchange import collect_exchange
from grader.workflow.receipts import read_times
from grader.workflow.release import publish
from tests import toy_course as toy
from tests.grader.grading.engine_course import charged, mlsd, run

DUE = {"due": "2026-11-20 12:00", "zone": "UTC", "penalty": "10%/day"}
DOWNLOAD, LATER = (2026, 11, 25, 9, 30, 0), (2026, 11, 26, 9, 30, 0)
BERLIN = ZoneInfo("Europe/Berlin")
NAMES = {"moodle": "{who} Miller_{number}_assignsubmission_file_/", "canvas": "{who}miller{late}_{number}_99_"}
STUDENTS = {"moodle": "{who}-miller-{number}", "canvas": "{who}miller-{number}"}
CLASS = {"ann": (71, "2026-11-20 11:59"), "bob": (72, "2026-11-21 12:01"), "cy": (73, "")}


def zipped(course, path: Path, platform: str, when: tuple = DOWNLOAD, half: str = toy.RIGHT["half"]) -> Path:
    """A platform's download of three right hand-ins, bob's late: each entry has the time of the download."""
    content = json.dumps(toy.answered(course, **{**toy.RIGHT, "half": half}))
    with zipfile.ZipFile(path, "w") as archive:
        for who, (number, _) in CLASS.items():
            name = NAMES[platform].format(who=who, number=number, late="_LATE" if who == "bob" else "")
            archive.writestr(zipfile.ZipInfo(f"{name}{toy.NAME}.ipynb", when), content)
    return path


def worksheet(
    path: Path, heading: str = "Last modified (submission)", written: str = "{:%A, %d %B %Y, %I:%M %p}"
) -> Path:
    """Moodle's grading worksheet; nothing is known of cy."""
    table = io.StringIO()
    lines = csv.writer(table)
    lines.writerow(["Identifier", "Full name", "Grade", heading, "Last modified (grade)"])
    for who, (number, received) in CLASS.items():
        when = written.format(datetime.fromisoformat(received)) if received else "-"
        lines.writerow([f"Participant {number}", f"{who} Miller", "", when, "-"])
    path.write_text("\ufeff" + table.getvalue(), encoding="utf-8")
    return path


def submissions(path: Path) -> Path:
    """Canvas's submissions as its API answers in a browser."""
    rows = [
        {"user_id": number, "submitted_at": received.replace(" ", "T") + ":00Z" if received else None, "late": False}
        for number, received in CLASS.values()
    ]
    path.write_text("while(1);" + json.dumps(rows))
    return path


BRINGS = {"moodle": worksheet, "canvas": submissions}


def stamps(course) -> dict[str, str]:
    places = {student: course.folder("submitted", student, toy.NAME) / STAMP for student in course.students(toy.NAME)}
    return {student: place.read_text() if place.is_file() else "" for student, place in places.items()}


@pytest.mark.parametrize("platform", NAMES)
def test_nobody_is_charged_by_the_time_of_a_download_and_each_by_the_platforms_own(course, tmp_path, platform):
    ann, bob, cy = (STUDENTS[platform].format(who=who, number=number) for who, (number, _) in CLASS.items())
    source = zipped(course, tmp_path / "all.zip", platform)
    collect(course, toy.NAME, source, zone=UTC)
    run(course)
    set_policy(course, toy.NAME, **DUE)
    assert stamps(course) == {ann: "", bob: "", cy: ""}
    assert charged(course) == {ann: 0, bob: 0, cy: 0}
    [text] = [line for line in shown(course, toy.NAME) if line.startswith("unknown")]
    assert f"No time of receipt for {ann}, {bob}, {cy}: a download of Moodle or Canvas holds" in text
    assert "collect halves FROM --times FILE" in uncharged(course, toy.NAME)

    collect(course, toy.NAME, source, zone=UTC, times=BRINGS[platform](tmp_path / "times"))
    assert stamps(course) == {ann: "2026-11-20 11:59:00 UTC", bob: "2026-11-21 12:01:00 UTC", cy: ""}
    assert all(outcome.skipped for outcome in run(course).values())
    assert charged(course) == {ann: 0, bob: pytest.approx(1.6), cy: 0}
    assert f"No time of receipt for {cy}: " in uncharged(course, toy.NAME)


def test_a_late_mark_of_canvas_stands_in_the_report_and_charges_nobody(course, tmp_path):
    report = collect(course, toy.NAME, zipped(course, tmp_path / "all.zip", "canvas"), zone=UTC)
    marked = {collected.student: "Canvas marks it late" in collected.detail for collected in report}
    assert marked == {"annmiller-71": False, "bobmiller-72": True, "cymiller-73": False}


def test_of_two_downloads_the_later_counts_whichever_is_collected_first(course, tmp_path):
    first = zipped(course, tmp_path / "first.zip", "moodle")
    second = zipped(course, tmp_path / "second.zip", "moodle", LATER, "def half(x): return x / 2 + 0")
    times = worksheet(tmp_path / "times.csv")
    outcomes = []
    for source, known in ((first, times), (second, None), (first, times), (second, times)):
        report = collect(course, toy.NAME, source, zone=UTC, times=known)
        outcomes.append({collected.outcome for collected in report})
    assert outcomes == [{"collected"}, {"replaced"}, {"older"}, {"unchanged"}]
    assert stamps(course)["bob-miller-72"] == "2026-11-21 12:01:00 UTC"


def test_a_hand_in_collected_after_grading_is_graded_by_stock_nbgrader_too(course, tmp_path):
    collect(course, toy.NAME, zipped(course, tmp_path / "first.zip", "moodle"), zone=UTC)
    [ann, *_] = students = course.students(toy.NAME)
    list(stock.grade(course, toy.NAME, [ann]))
    assert [stock.is_graded(course, toy.NAME, student) for student in students] == [True, False, False]
    collect(course, toy.NAME, zipped(course, tmp_path / "first.zip", "moodle"), zone=UTC)
    assert stock.is_graded(course, toy.NAME, ann)
    collect(
        course, toy.NAME, zipped(course, tmp_path / "second.zip", "moodle", LATER, "def half(x): return 0"), zone=UTC
    )
    assert not stock.is_graded(course, toy.NAME, ann)


def test_the_command_says_who_has_no_time_and_takes_the_platforms_file(course, tmp_path):
    source, times = zipped(course, tmp_path / "all.zip", "canvas"), submissions(tmp_path / "times.json")
    words = ["collect", toy.NAME, source, "--timezone", "UTC"]
    first, then = (mlsd(course, *words, *more) for more in ([], ["--times", times]))
    assert (first.exit_code, then.exit_code) == (0, 0), first.output + then.output
    assert "No time of receipt for annmiller-71, bobmiller-72, cymiller-73: a download of Moodle or" in first.output
    assert f"collect {toy.NAME} FROM --times FILE" in first.output
    assert "No time of receipt for cymiller-73: " in then.output
    with pytest.raises(GraderError, match="--map, --times and --groups go with a folder, zip or tar: name it before"):
        mlsd(course, "collect", toy.NAME, "--times", times)


def test_the_same_work_handed_in_again_later_keeps_its_first_time(course, tmp_path):
    source = zipped(course, tmp_path / "all.zip", "canvas")
    collect(course, toy.NAME, source, zone=UTC, times=submissions(tmp_path / "times.json"))
    again = tmp_path / "again.csv"
    again.write_text("name,received\nannmiller_71,2026-11-22 10:00\nbobmiller_72,2026-11-19 10:00\n")
    collect(course, toy.NAME, source, zone=UTC, times=again)
    known = stamps(course)
    assert known["annmiller-71"] == "2026-11-20 11:59:00 UTC"
    assert known["bobmiller-72"] == "2026-11-19 10:00:00 UTC"


def again(notebook: dict, **changed: str) -> bytes:
    """A notebook as JupyterLab saves it after a run, in another encoding; `changed` are texts of cells by their ids."""
    for number, cell in enumerate(notebook["cells"]):
        cell |= {"id": f"run-{number}", "source": changed.get(cell["id"], cell["source"])}
        cell |= {"execution_count": number, "outputs": []} if cell["cell_type"] == "code" else {}
    return json.dumps(notebook).encode("utf-16")


@pytest.mark.parametrize("way", ["folder", "exchange"])
def test_a_notebook_run_again_keeps_its_first_time_and_a_changed_one_is_charged_at_once(course, tmp_path, way):
    set_policy(course, toy.NAME, **DUE)
    right, rules = toy.answered(course, **toy.RIGHT), {"rules": "Changed by the student."}
    publish(course, toy.NAME)
    for hours, changed in ((-1, {}), (25, {}), (26, rules)):
        when = datetime(2026, 11, 20, 12, tzinfo=UTC) + timedelta(hours=hours)
        stamp = f"{when:%Y-%m-%d %H:%M:%S} UTC"
        inbound = course.home / "exchange/mlsd/inbound" / f"ann+{toy.NAME}+{stamp}+x"
        place = (tmp_path / str(hours) / "ann" if way == "folder" else inbound) / f"{toy.NAME}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_bytes(again(json.loads(json.dumps(right)), **changed) if hours > 0 else json.dumps(right).encode())
        os.utime(place, (when.timestamp(), when.timestamp()))
        if way == "folder":
            collect(course, toy.NAME, tmp_path / str(hours))
        else:
            (inbound / STAMP).write_text(stamp)
            collect_exchange(course, toy.NAME)
        run(course)
        at_once = charged(course)
        assert at_once == {"ann": pytest.approx(1.6 if changed else 0)}
        run(course, force=True)
        assert charged(course) == at_once


def test_times_name_students_as_the_roster_does_and_a_line_of_nobody_is_named(course, tmp_path):
    roster = tmp_path / "class.csv"
    roster.write_text("id,name,email\nann,Ann Miller,ann@x.org\nbob,Bob Bo,b@x.org\ncy,Cy,c@x.org\n")
    mlsd(course, "roster", roster)
    for who in ("ann", "bob"):
        place = tmp_path / "all" / who / f"{toy.NAME}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(toy.answered(course, **toy.RIGHT)))
        os.utime(place, (4e9, 4e9))
    times = tmp_path / "times.csv"
    times.write_text("name,received\nB@X.org,2026-11-20 08:00\nCy,2026-11-20 08:00\nAna,2026-11-20 08:00\n")
    words = ["collect", toy.NAME, tmp_path / "all", "--times", times, "--timezone", "UTC"]
    said = mlsd(course, *words).output
    assert "line 4 (ana): no hand-in here and nobody in the roster has this name" in said
    assert said.count("2096-10-02 07:06:40 UTC, has not come yet") == 2
    assert "(cy)" not in said
    times.write_text(worksheet(times).read_text().replace("ann Miller", "Ann Miller"))
    assert mlsd(course, *words).exit_code == 0
    assert stamps(course) == {"ann": "2026-11-20 11:59:00 UTC", "bob": "2026-11-20 08:00:00 UTC"}


@pytest.mark.parametrize(
    ("heading", "written"),
    [
        ("Last modified (submission)", "{:%A, %d %B %Y, %I:%M %p}"),
        ("Last modified (submission)", "{:%d %B %Y, %H:%M}"),
        ("Zuletzt geändert (Abgabe)", "Freitag, 20. November 2026, 11:59"),
        ("Dernière modification (travail remis)", "vendredi 20 novembre 2026, 11:59"),
        ("Última modificación (entrega)", "viernes, 20 de noviembre de 2026, 11:59"),
    ],
)
def test_a_worksheet_is_read_in_moodles_languages_as_of_its_zone(tmp_path, heading, written):
    path = worksheet(tmp_path / "times.csv", heading, written)
    path.write_text(path.read_text().replace("Participant ", "Teilnehmer/in"))
    known, _ = read_times(path, BERLIN)
    assert known["participant 71"] == datetime(2026, 11, 20, 10, 59, tzinfo=UTC)


FAULTY = {
    "Identifier,Grade\nParticipant 1,2\n": "have the columns Identifier, Grade. Bring Moodle's grading worksheet",
    "name,received\nann,yesterday\n": "line 2: the time 'yesterday' cannot be read. Write it as 2027-01-15 23:59",
    "name,received\nann,9999-12-31T23:59-12:00\n": "line 2: the time '9999-12-31T23:59-12:00' cannot be read",
    "name,received\nann,0001-01-01 00:00+14:00\n": "line 2: the time '0001-01-01 00:00+14:00' cannot be read",
    "[" * 200_000: "are no JSON",
    f'[{{"user_id": {"9" * 5_000}, "submitted_at": ""}}]': "are no JSON",
    "name,received\nann,-\n": "hold no time of receipt",
    '[{"user_id": 1}]': "entry 1 has no submitted_at",
    '[{"user_id": 1,': "are no JSON",
    "": "have the columns nothing",
}


@pytest.mark.parametrize("text", FAULTY, ids=range(len(FAULTY)))
def test_a_file_without_times_is_refused_by_name_before_anything_is_taken(course, tmp_path, text):
    times = tmp_path / "times.csv"
    times.write_text(text)
    with pytest.raises(GraderError) as raised:
        collect(course, toy.NAME, zipped(course, tmp_path / "all.zip", "moodle"), zone=UTC, times=times)
    assert FAULTY[text] in str(raised.value)
    assert str(times) in str(raised.value)
    assert course.students(toy.NAME) == []


def test_a_name_of_two_rows_gets_no_time(tmp_path):
    times = tmp_path / "times.csv"
    times.write_text("name;received\nann;2026-11-20 10:00\nANN;2026-11-20 11:00\nbob;2026-11-20T10:00:00+02:00\n")
    assert read_times(times, UTC)[0] == {"bob": datetime(2026, 11, 20, 8, 0, tzinfo=UTC)}
