"""Collecting: Moodle's, Canvas's and plain layouts, nothing written outside, nothing lost, every refusal by name."""

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from grader.errors import GraderError
from grader.whole_files import write_folder
from grader.workflow import archive, collect, roster
from grader.workflow.exchange import collect_exchange
from grader.workflow.receipts import without_time
from grader.workflow.release import publish
from tests import toy_course as toy
from tests.grader.grading.engine_course import mlsd
from tests.grader.workflow.hand_ins import EVENING, MORNING, NB, NOON, cloned, in_the_roster, submitted, tarred, zipped

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


LAYOUTS = {
    "moodle, folders": {
        f"Anna Schmidt_1234_assignsubmission_file_/{NB}": "anna-schmidt-1234",
        f"Bo Müller_77_assignsubmission_file_/{NB}": "bo-müller-77",
        f"O'Neil, Pat_9_assignsubmission_file_/{NB}": "o-neil-pat-9",
    },
    "moodle, flat": {f"Anna Schmidt_1234_assignsubmission_file_{NB}": "anna-schmidt-1234"},
    "canvas": {f"doejane_12_999_{NB}": "doejane-12", f"roejim_LATE_13_888_{NB}": "roejim-13"},
    "canvas, late as of today": {f"roejim_late_13_888_{NB}": "roejim-13", f"roe2jim_14_late_7_{NB}": "roe2jim-14"},
    "canvas, anonymous": {f"anon_a1B2c_999_{NB}": "anon-a1B2c", f"anon_late_Zz9_77_{toy.NAME}-1.ipynb": "anon-Zz9"},
    "windows": {f"alice\\{NB}": "alice", f"bob\\work\\{NB}": "bob"},
    "folders": {f"alice/{NB}": "alice", f"bob/work/{NB}": "bob", f"carl/{toy.NAME}/{NB}": "carl"},
    "folders in a folder": {f"week 3/alice/{NB}": "alice", f"week 3/bob/{toy.NAME}/{NB}": "bob"},
    "one student's folder": {f"alice/{NB}": "alice"},
    "one student's folder in a folder": {f"download/alice/{NB}": "alice"},
    "files": {f"alice_{NB}": "alice", "bob.ipynb": "bob", f"{toy.NAME}-carl.ipynb": "carl"},
    "files in a folder": {"download/alice.ipynb": "alice", "download/bob.ipynb": "bob"},
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_layout_gives_each_student_their_own_notebook(course, take, layout):
    report = take({name: f"of {student}" for name, student in layout.items()})
    assert {line[:2] for line in report.values()} == {(student, "collected") for student in layout.values()}
    for student in layout.values():
        assert submitted(course, student)[NB] == f"of {student}".encode()


def test_a_folder_is_collected_as_a_zip_is(course, take, tmp_path):
    place = tmp_path / "class" / "alice"
    place.mkdir(parents=True)
    (place / NB).write_text("hers")
    (place / "data.csv").write_text("1")
    os.utime(place / "data.csv", (0, 0))
    os.utime(place / NB, (1_700_000_000, 1_700_000_000))
    assert take(place.parent)["alice"][:2] == ("alice", "collected")
    assert submitted(course, "alice") == {NB: b"hers", "data.csv": b"1", "timestamp.txt": b"2023-11-14 22:13:20 UTC"}


def thirds(course) -> dict:
    """The notebook of another released exercise, in which everything but the reflection has other names."""
    other = course.folder("release", name="thirds")
    other.mkdir()
    notebook = toy.answered(course, **toy.RIGHT)
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader") and cell["id"] != "reflection":  # which both exercises have
            cell["id"] = cell["metadata"]["nbgrader"]["grade_id"] = f"third-{cell['id']}"
    (other / "thirds.ipynb").write_text(json.dumps(notebook))
    return notebook


@pytest.mark.parametrize("stripped", [False, True], ids=["as fetched", "without nbgrader's metadata"])
def test_a_notebook_of_another_exercise_is_refused_by_one_line_that_names_it(course, take, stripped):
    notebook = thirds(course)
    for cell in notebook["cells"]:
        cell["metadata"] = {} if stripped else cell["metadata"]
    report = take({f"alice/{NB}": json.dumps(notebook), f"bob/{NB}": json.dumps(toy.answered(course, **toy.RIGHT))})
    assert report["alice"] == ("alice", "refused", f"this is the notebook of thirds, not of {toy.NAME}")
    assert report["bob"][1] == "collected"


def test_a_students_own_zip_is_opened_and_their_own_time_stamp_counts_for_nothing(course, take):
    own = zipped({NB: "hers", "helper.py": "x = 1", "timestamp.txt": "1999-01-01 00:00:00 UTC"}, when=NOON)
    assert take({"alice.zip": own})["alice"][1] == "collected"
    stamp = b"2026-11-20 08:00:00 UTC"
    assert submitted(course, "alice") == {NB: b"hers", "helper.py": b"x = 1", "timestamp.txt": stamp}


def test_a_renamed_notebook_is_taken_if_it_is_the_only_one(course, take):
    names = ("alice/my work (1).ipynb", "bob/a.ipynb", "bob/b.ipynb", "carl/essay.pdf")
    report = take(dict.fromkeys(names, "work"))
    assert report["alice"] == ("alice", "collected", f"my work (1).ipynb was taken for {NB}")
    assert report["bob"] == ("bob", "refused", f"no notebook {NB} in it (found: a.ipynb, b.ipynb)")
    assert report["carl"] == ("carl", "refused", f"no notebook {NB} in it (found: essay.pdf)")
    assert submitted(course, "alice")[NB] == b"work"


def test_of_several_attempts_in_canvas_the_last_counts(course, take):
    take({f"doejane_12_999_{toy.NAME}-2.ipynb": "third", f"doejane_12_999_{NB}": "first"})
    assert submitted(course, "doejane-12")[NB] == b"third"


@pytest.mark.parametrize("names", [(f"{toy.NAME}-2.ipynb", f"{toy.NAME} (1).ipynb"), (NB, f"old/{NB}")])
def test_two_notebooks_that_could_be_the_one_are_refused_by_name(take, names):
    _, outcome, detail = take({f"alice/{name}": "hers" for name in names} | {"bob.ipynb": "his"})["alice"]
    assert outcome == "refused"
    assert all(name in detail for name in names)


@pytest.fixture
def two_notebooks(course):
    """The exercise with a second notebook."""
    place = course.folder("release", name=toy.NAME)
    (place / "problem1-2.ipynb").write_bytes((place / NB).read_bytes())
    return course


def test_a_copy_of_one_of_several_notebooks_is_taken_for_it(two_notebooks, take):
    report = take({f"alice/a/{toy.NAME}-2.ipynb": "one", "alice/b/problem1-2-Copy1.ipynb": "two", f"bob/{NB}": "his"})
    files = submitted(two_notebooks, "alice")
    assert (files[NB], files["problem1-2.ipynb"]) == (b"one", b"two")
    assert report["bob"] == ("bob", "collected", "no problem1-2.ipynb in it")


@pytest.mark.parametrize("mode", ["", "gz", "bz2", "xz"])
def test_a_tar_is_collected_as_a_zip_is(course, take, tmp_path, mode):
    source = tmp_path / f"class.tar.{mode}".rstrip(".")
    source.write_bytes(tarred({f"./alice/{NB}": b"hers", f"./bob/{NB}": b"his"}, mode))
    assert {line[1] for line in take(source).values()} == {"collected"}
    assert submitted(course, "alice") == {NB: b"hers", "timestamp.txt": b"2023-11-14 22:13:20 UTC"}


def linked(name: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    return member


def test_hostile_members_of_a_tar_are_refused_by_name_and_the_others_collected(course, take, tmp_path):
    kinds = {"link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "pipe": tarfile.FIFOTYPE, "device": tarfile.CHRTYPE}
    files = {linked(f"{name}/{NB}", kind): b"" for name, kind in kinds.items()}
    source = tmp_path / "class.tar.gz"
    source.write_bytes(tarred({f"fine/{NB}": b"his", **files, f"../out/{NB}": b"x"}, "gz"))
    refused = {name for name, line in take(source).items() if line[1] == "refused"}
    assert refused == {*(f"{name}/{NB}" for name in kinds), f"../out/{NB}"}
    assert course.students(toy.NAME) == ["fine"]


def test_a_tar_that_states_a_header_of_a_gigabyte_is_refused_before_it_is_read():
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 1_000_000_000
    content = io.BytesIO(gzip.compress(header.tobuf() + bytes(10_000)))
    (entry,) = archive.read_archive(content, "class.tar.gz", archive.Limits())
    assert "header that is too large" in entry.refusal


@pytest.mark.parametrize("name", ["jos\u00e9", "\u738b\u660e"])
def test_a_name_in_utf_8_is_read_also_where_the_zip_does_not_say_so(course, take, tmp_path, name):
    plain = zipped({f"{name}/{NB}": "work"})
    source = tmp_path / "mac.zip"
    source.write_bytes(without_flag(plain))
    assert take(source)[name][1] == "collected"


def without_flag(content: bytes) -> bytes:
    """The zip without the mark that its names are UTF-8."""
    whole = bytearray(content)
    for mark, place in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        whole[whole.index(mark) + place + 1] &= 0xF7
    return bytes(whole)


def test_a_name_in_the_old_code_page_of_windows_is_read(take, tmp_path):
    whole = without_flag(zipped({f"jos\u00e9/{NB}": "work"}))
    source = tmp_path / "windows.zip"
    source.write_bytes(whole.replace("jos\u00e9".encode(), b"jos\x82x"))
    assert take(source)["jos\u00e9x"][1] == "collected"


def test_the_times_of_a_zip_are_those_of_the_zone_that_is_named(course, tmp_path):
    source = tmp_path / "class.zip"
    source.write_bytes(zipped({f"alice/{NB}": "hers"}, MORNING))
    collect.collect(course, toy.NAME, source, zone=collect.zone_of("America/New_York"))
    assert submitted(course, "alice")["timestamp.txt"] == b"2026-11-20 13:00:00 UTC"


def test_the_command_says_which_zone_it_took(course, tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    source = tmp_path / "class.zip"
    source.write_bytes(zipped({f"alice/{NB}": "hers"}, MORNING))
    try:
        said = mlsd(course, "collect", toy.NAME, source).output
    finally:
        monkeypatch.undo()
        time.tzset()
    assert "they were read as JST, this machine's time zone. Another: --timezone NAME" in said
    assert submitted(course, "alice")["timestamp.txt"] == b"2026-11-19 23:00:00 UTC"


@pytest.mark.skipif(sys.platform == "win32", reason="hard links there need no such care")
def test_a_later_download_forgets_neither_refusals_nor_identifiers(course, take):
    moodle = f"_assignsubmission_file_/{NB}"
    take({f"Ann A_1{moodle}": "hers", f"Bo B_2{moodle}": "his", "=Cy C_3_assignsubmission_file_/photo.png": "?"})
    take({f"Ann A_1{moodle}": "again"}, NOON)
    take({f"Bo B_2{moodle}": "again"}, NOON)
    last = {row["source"]: (row["outcome"], row["identifier"]) for row in collect.read_report(course, toy.NAME)}
    assert last == {
        "Ann A_1": ("replaced", "Participant 1"), "Bo B_2": ("replaced", "Participant 2"),
        "'=Cy C_3": ("refused", "Participant 3"),
    }  # fmt: skip


def test_a_folder_named_like_a_file_of_the_exercise_is_refused_by_name(course, take):
    report = take({f"alice/{NB}": "hers", "alice/values.csv/x": "1", f"bob/{NB}/{NB}": "his"})
    assert report["alice"][:2] == ("alice", "collected")
    assert report["alice/values.csv/x"][1] == "refused"
    assert "values.csv is a file of the exercise" in report["alice/values.csv/x"][2]
    assert report[f"bob/{NB}/{NB}"][1] == "refused"


def test_a_file_that_names_nobody_is_refused_by_name(take):
    assert take({NB: "whose", "alice.ipynb": "hers"})[NB][:2] == ("", "refused")


def test_the_newest_by_receipt_stays_and_what_it_replaces_is_kept(course, take):
    take({f"alice/{NB}": "first"}, MORNING)
    assert take({f"alice/{NB}": "first"}, NOON)["alice"][1] == "unchanged"
    assert take({f"alice/{NB}": "second"}, NOON)["alice"][1] == "replaced"
    assert take({f"alice/{NB}": "first, again"}, MORNING)["alice"][1] == "older"
    assert take({f"alice/{NB}": "another"}, NOON)["alice"][1] == "refused"
    assert submitted(course, "alice") == {NB: b"second", "timestamp.txt": b"2026-11-20 12:00:00 UTC"}
    kept = [path.read_bytes() for path in (course.home / "earlier").rglob("*.ipynb")]
    assert kept == [b"first"]


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such locks")
def test_an_older_download_that_is_collected_at_the_same_time_replaces_nothing(course, take, monkeypatch):
    take({f"alice/{NB}": "first"}, MORNING)
    other = Thread(target=take, args=({f"alice/{NB}": "second"}, NOON))
    rename = Path.rename

    def and_the_other_begins(*places):
        monkeypatch.setattr(Path, "rename", rename)
        rename(*places)
        other.start()
        other.join(1)  # it ends, unless it waits for this one

    def once_kept(*arguments):
        write_folder(*arguments)
        monkeypatch.setattr(Path, "rename", and_the_other_begins)

    monkeypatch.setattr(collect, "write_folder", once_kept)
    assert take({f"alice/{NB}": "third"}, EVENING)["alice"][1] == "replaced"
    other.join()
    assert submitted(course, "alice")[NB] == b"third"


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such locks")
def test_two_reports_that_are_written_at_the_same_time_lose_no_line(course, monkeypatch):
    first, second = ([collect.Collected(name, name, "collected")] for name in ("alice", "bob"))
    other = Thread(target=collect.write_report, args=(course, toy.NAME, second))
    write = collect.write_whole

    def and_the_other_begins(*arguments):
        monkeypatch.setattr(collect, "write_whole", write)
        other.start()
        other.join(1)  # it ends, unless it waits for this one
        write(*arguments)

    monkeypatch.setattr(collect, "write_whole", and_the_other_begins)
    collect.write_report(course, toy.NAME, first)
    other.join()
    assert [row["student"] for row in collect.read_report(course, toy.NAME)] == ["alice", "bob"]


def test_collecting_that_was_killed_between_two_renames_is_said_until_it_was_done_again(course, take):
    first, second = (json.dumps(toy.answered(course, **answers)) for answers in (toy.WRONG, toy.RIGHT))
    take({f"alice/{NB}": first}, MORNING)
    if (child := os.fork()) == 0:
        replace = os.replace
        os.replace = lambda a, b: os.kill(os.getpid(), 9) if Path(a).name == "whole" else replace(a, b)
        take({f"alice/{NB}": second}, NOON)
    assert os.waitpid(child, 0)[1] == 9
    assert not submitted(course, "alice")
    grade = ["grade", toy.NAME]
    assert f"Run it again first: mlsd collect {toy.NAME}" in mlsd(course, *grade, catch_exceptions=True).stderr
    assert take({f"alice/{NB}": second}, NOON)["alice"][1] == "collected"
    assert "broken off" not in mlsd(course, *grade).stderr


@pytest.mark.parametrize("stamp", [b"../../../submitted/bob", bytes(range(128, 256)), b"a" * 500])
def test_a_time_stamp_of_a_students_names_no_folder_when_the_hand_in_is_replaced(course, take, stamp):
    """Of what came through nbgrader's exchange, the student wrote it."""
    take({f"alice/{NB}": "first", f"bob/{NB}": "his"})
    (course.folder("submitted", "alice", toy.NAME) / "timestamp.txt").write_bytes(stamp)
    report = take({f"alice/{NB}": "second"}, NOON)
    assert report["alice"][1] == "replaced"
    assert submitted(course, "bob")[NB] == b"his"
    kept = [path.read_bytes() for path in (course.home / "earlier" / "alice").rglob(NB)]
    assert kept == [b"first"]


def test_two_names_that_claim_one_student_are_refused_until_a_map_decides(course, take):
    early, late = zipfile.ZipInfo(f"alice/{NB}", MORNING), zipfile.ZipInfo(f"alice_{NB}", NOON)
    report = take({late: "late", early: "early", f"bob/{NB}": "his"})
    assert {source: line[1] for source, line in report.items()} == {
        "alice": "refused", f"alice_{NB}": "refused", "bob": "collected"}  # fmt: skip
    assert f"alice_{NB} would be alice's too, and one name may be another's" in report["alice"][2]
    one_is_mapped = take({late: "late", early: "early"}, roster=f"name,student\nalice_{toy.NAME},eve\nalice,alice\n")
    assert {line[:2] for line in one_is_mapped.values()} == {("alice", "collected"), ("eve", "collected")}
    both = take({late: "late", early: "early"}, roster=f"name,student\nalice_{toy.NAME},bo\nalice,bo\n")
    assert {line[:2] for line in both.values()} == {("bo", "collected"), ("bo", "replaced")}
    assert submitted(course, "bo")[NB] == b"late"


@pytest.mark.parametrize("others", [f"bob_7_8_{NB}", f"Bob_8_assignsubmission_file_{NB}"])
def test_a_student_cannot_hand_in_for_another_by_the_name_of_a_file_of_their_own(course, take, others):
    report = take({f"ann/{others}": "hers", f"bob/{NB}": "his", "carl/model_3_1_weights.csv": "1", f"carl/{NB}": "c"})
    assert {source: line[:2] for source, line in report.items()} == {
        name: (name, "collected") for name in ("ann", "bob", "carl")}  # fmt: skip
    assert submitted(course, "ann")[NB] == b"hers"
    assert submitted(course, "bob")[NB] == b"his"
    assert submitted(course, "carl")["model_3_1_weights.csv"] == b"1"


def test_nor_where_theirs_is_the_only_folder_and_the_roster_knows_them(course, take, tmp_path):
    in_the_roster(course, tmp_path, "ann", "bob", "eve")
    report = take({f"ann/{who}_7_8_{NB}": "hers" for who in ("bob", "eve")})
    assert [line[:2] for line in report.values()] == [("ann", "refused")]


def test_nor_where_theirs_is_the_only_folder_and_they_have_handed_in_before(course, take):
    take({f"{who}/{NB}": f"of {who}" for who in ("ann", "bob")})
    report = take({f"ann/bob/{NB}": "hers"}, NOON)
    assert [line[:2] for line in report.values()] == [("ann", "replaced")]
    assert submitted(course, "bob")[NB] == b"of bob"


MARK = "assignsubmission_file"
OF_ADA = f"Ada_1_{MARK}_{NB}"


@pytest.mark.parametrize(
    "name",
    [f"Eve Li_3_{MARK}_x_1_{MARK}_{NB}", f"Eve Li_3_{MARK}_x_1_{MARK}_/{NB}", f"Ada_1_{MARK}_x_3_{MARK}_{NB}"],
    ids=["of a file", "of an archive that was opened", "of a person"],
)
def test_a_name_with_two_of_moodles_numbers_is_nobodys(course, take, name):
    """A student chooses the name of a file, which follows the number, and perhaps the own name, which comes before."""
    numbers = "name,student\n1,ada\n3,eve\n"
    take({OF_ADA: "of ada"}, roster=numbers)
    report = take({OF_ADA: "of ada", zipfile.ZipInfo(name, NOON): "of eve"}, roster=numbers)
    assert submitted(course, "ada")[NB] == b"of ada"
    assert [line[1] for source, line in report.items() if "Eve" in source or "x_3" in source] == ["refused"]


def test_a_file_that_has_its_own_name_in_moodle_twice_is_its_students(course, take):
    take({f"Ada_1_{MARK}_Ada_1_{MARK}_{NB}": "of ada"})
    assert submitted(course, "ada-1")[NB] == b"of ada"


def test_what_the_map_does_not_name_the_roster_may(course, take, tmp_path):
    in_the_roster(course, tmp_path, "ann", "bob")
    everyone = ("ann", "Robert", "Eve")
    report = take({f"{who}/{NB}": who for who in everyone}, roster="name;student\nRobert;bob\n")
    assert [report[who][:2] for who in everyone] == [("ann", "collected"), ("bob", "collected"), ("", "refused")]
    assert "nobody of the roster" in report["Eve"][2]


@pytest.mark.parametrize("name", ["..zip", "..tar.gz", "...zip", ".tar.zip"])
def test_an_archive_named_by_dots_alone_is_refused_and_the_others_are_collected(course, take, name):
    inner = zipped({NB: "hers"})
    report = take({f"ann/{name}": inner, f"bob/{NB}": "his"})
    assert report["bob"][:2] == ("bob", "collected")
    assert f"ann/{name}" not in report or report[f"ann/{name}"][1] == "refused"


def test_a_map_names_the_students_and_who_is_not_in_it_is_refused(course, take):
    roster = "name,student\nAnna Schmidt,as17\n77,bm05\nZoe\u0308,zo\u0308\n"  # as macOS lists names
    names = ("anna schmidt_1234", "Bo Müller_77", "Eve_9", "Zoë_8")
    files = {f"{who}_assignsubmission_file_/{NB}": who for who in names}
    report = take(files, roster=roster)
    assert report["anna schmidt_1234"][:2] == ("as17", "collected")
    assert report["Bo Müller_77"][:2] == ("bm05", "collected")
    assert report["Zoë_8"][:2] == ("zö", "collected")
    assert report["Eve_9"] == ("", "refused", "the map does not name it")


@pytest.mark.parametrize(
    ("roster", "said"),
    [
        ("name,student\nalice,../../root\n", "line 2.*not a name and a student id"),
        ("name,student\nalice\n", "line 2"),
        ("name,student\nalice,a\nAlice,b\n", "line 3.*already mapped to 'a'"),
        ("name,student\n", "maps nobody"),
        ("name student\nalice a\n", "line 1.*the heading, with a comma, semicolon or tab"),
    ],
)
def test_a_faulty_map_is_refused_naming_the_line(take, roster, said):
    with pytest.raises(GraderError, match=said):
        take({f"alice/{NB}": "hers"}, roster=roster)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_links_and_pipes_in_a_folder_are_refused(course, take, tmp_path):
    place = tmp_path / "class"
    for student in ("hard", "link", "pipe", "fine"):
        (place / student).mkdir(parents=True)
    (tmp_path / "outside.ipynb").write_text("outside")
    (place / "hard" / NB).hardlink_to(tmp_path / "outside.ipynb")
    (place / "link" / NB).symlink_to(tmp_path / "outside.ipynb")
    (place / "linked").symlink_to(tmp_path)
    os.mkfifo(place / "pipe" / NB)
    (place / "fine" / NB).write_text("his")
    refused = {source: detail for source, (_, outcome, detail) in take(place).items() if outcome == "refused"}
    assert set(refused) == {f"hard/{NB}", f"link/{NB}", "linked", f"pipe/{NB}"}
    assert refused[f"hard/{NB}"] == archive.HARD_LINK
    assert course.students(toy.NAME) == ["fine"]


@pytest.mark.parametrize("limits", [archive.Limits(files=2), archive.Limits(all_bytes=150)], ids=["files", "bytes"])
def test_a_source_that_holds_too_much_is_read_up_to_its_limit(limits):
    content = zipped({f"s{number}/{NB}": "x" * 100 for number in range(5)})
    *read, last = archive.read_archive(io.BytesIO(content), "all.zip", limits)
    assert len(read) == 2
    assert "holds too much" in last.refusal


def test_an_entry_without_a_date_gets_the_oldest():
    member = zipfile.ZipInfo(NB, (1980, 1, 1, 0, 0, 0))
    (entry,) = archive.read_archive(io.BytesIO(zipped({member: "x"})), "all.zip", archive.Limits(), zone=UTC)
    assert entry.received == datetime(1980, 1, 1, tzinfo=UTC)


def through_the_exchange(course, student: str, text: str, hour: int = 8) -> None:
    """What JupyterLab's "submit" leaves in nbgrader's exchange."""
    publish(course, toy.NAME)
    stamp = f"2026-11-20 {hour:02d}:00:00 UTC"
    inbound = course.home / "exchange" / "mlsd" / "inbound" / f"{student}+{toy.NAME}+{stamp}+x"
    inbound.mkdir()
    (inbound / NB).write_text(text)
    (inbound / "timestamp.txt").write_text(stamp)


def test_another_exercises_notebook_in_the_exchange_is_refused(course):
    wrong, right = json.dumps(thirds(course)), json.dumps(toy.answered(course, **toy.RIGHT))
    for student, first in {"alice": right, "bob": wrong}.items():
        through_the_exchange(course, student, first)
    assert mlsd(course, "collect", toy.NAME).exit_code == 1
    through_the_exchange(course, "alice", wrong, hour=9)
    said = mlsd(course, "collect", toy.NAME).stdout
    lines = [f"refused    {who}: this is the notebook of thirds, not of {toy.NAME}" for who in ("alice", "bob")]
    assert sorted(line for line in said.splitlines() if "thirds" in line) == lines
    assert submitted(course, "alice")[NB] == right.encode()
    assert not course.folder("submitted", "bob", toy.NAME).exists()
    for student in ("alice", "bob"):
        through_the_exchange(course, student, right, hour=10)
    assert mlsd(course, "collect", toy.NAME).exit_code == 0
    assert submitted(course, "bob")[NB] == right.encode()
    outcomes = {row["student"]: row["outcome"] for row in collect.read_report(course, toy.NAME)}
    assert outcomes == {"alice": "collected", "bob": "collected"}


def test_an_exchange_that_is_away_is_named(course):
    inbound = course.home / "exchange" / "mlsd" / "inbound"
    publish(course, toy.NAME)
    for folder in (inbound, course.home / "exchange"):
        shutil.rmtree(folder)
        with pytest.raises(GraderError, match=f"there is no folder {inbound}"):
            collect_exchange(course, toy.NAME)


def test_who_is_not_in_the_roster_hands_in_nothing_through_the_exchange(course, tmp_path):
    """Nor does somebody of it under a further name, whose feedback would tell of hidden cases."""
    in_the_roster(course, tmp_path, "alice,Alice Bell")
    for student in ("alice", "alicebell", "eve"):
        through_the_exchange(course, student, json.dumps(toy.answered(course, **toy.RIGHT)))
    _, report = collect_exchange(course, toy.NAME)
    assert {one.source.split("+")[0]: one.outcome for one in report} == {
        "alice": "collected", "alicebell": "refused", "eve": "refused"}  # fmt: skip
    assert course.students(toy.NAME) == ["alice"]


def test_an_exchange_of_another_kind_is_collected_as_it_says(course):
    """Its own class stays, although it looks at no notebook."""
    from nbgrader.exchange.default import ExchangeCollect

    through_the_exchange(course, "alice", json.dumps(thirds(course)))
    _, report = collect_exchange(course.configured(ExchangeFactory={"collect": ExchangeCollect}), toy.NAME)
    assert report == []
    assert submitted(course, "alice")


def test_a_source_that_does_not_exist_is_named(course, tmp_path):
    with pytest.raises(GraderError, match="no folder, zip or tar"):
        collect.collect(course, toy.NAME, tmp_path / "nothing.zip")


@pytest.mark.parametrize("typed", ["", ".", ".."])
def test_the_folder_of_the_course_itself_holds_no_hand_ins(course, typed, monkeypatch):
    """An empty argument, as an unset "$ZIP" gives it, is the working folder."""
    monkeypatch.chdir(course.root)
    before = course.students(toy.NAME)
    with pytest.raises(GraderError, match="holds the course itself"):
        collect.collect(course, toy.NAME, Path(typed))
    assert course.students(toy.NAME) == before


def test_the_copies_that_were_graded_are_no_hand_ins(course):
    for step in ("autograded", "feedback"):
        place = course.folder(step, "alice", toy.NAME)
        place.mkdir(parents=True)
        with pytest.raises(GraderError, match=f"lies in the course's own {step} folder"):
            collect.collect(course, toy.NAME, place.parents[1])


@needs_git
@pytest.mark.parametrize("above", ["", f"{toy.NAME}-submissions"], ids=["repositories", "in a folder"])
def test_github_classrooms_repositories_are_collected_by_the_roster(course, take, tmp_path, above):
    path = tmp_path / "class.csv"
    path.write_text("id,github\nanna,Anna-Lee\nbo,lee\n")
    roster.enter(course, path)
    for who, when in {
        "anna-lee": "2026-11-20T08:00:00+01:00",
        "lee": "1999-01-01T00:00:00Z",
        "eve": "2026-11-20T08:00:00Z",
    }.items():
        cloned(tmp_path / "class" / above / f"{toy.NAME}-{who}", when, who)
    report = take(tmp_path / "class")
    assert {source: line[:2] for source, line in report.items()} == {
        f"{toy.NAME}-anna-lee": ("anna", "collected"),
        f"{toy.NAME}-lee": ("bo", "collected"),
        f"{toy.NAME}-eve": ("", "refused"),
    }
    assert submitted(course, "anna") == {NB: b"anna-lee"}  # neither git's own files nor a time of receipt
    assert without_time(course, toy.NAME) == ["anna", "bo"]
    cloned(tmp_path / "class" / above / f"{toy.NAME}-lee", "2026-11-21T00:00:00Z", "better")
    assert take(tmp_path / "class")[f"{toy.NAME}-lee"][1] == "replaced"


@needs_git
def test_a_repository_in_a_hand_in_says_nothing_of_its_time(course, take, tmp_path):
    """Its student wrote what time its commits have."""
    cloned(tmp_path / "class/eve/work", "1999-01-01T00:00:00Z")
    (tmp_path / "class/ann").mkdir()
    (tmp_path / f"class/ann/{NB}").write_text("hers")
    take(tmp_path / "class")
    assert not submitted(course, "eve")["timestamp.txt"].startswith(b"1999")


@needs_git
def test_reading_a_repository_runs_no_program_that_it_names(course, take, tmp_path):
    place = tmp_path / "class" / f"{toy.NAME}-eve"
    cloned(place, "2026-11-20T08:00:00Z")
    programs = ("gpg.program", "core.fsmonitor", "core.pager", "core.sshCommand")
    settings = dict.fromkeys(programs, f"touch {tmp_path / 'ran'}; false") | {"log.showSignature": "true"}
    for name, value in settings.items():
        subprocess.run(["git", "-C", str(place), "config", name, value], check=True)
    assert take(tmp_path / "class")[place.name][:2] == ("eve", "collected")
    assert not (tmp_path / "ran").exists()
