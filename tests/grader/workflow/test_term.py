"""An instructor's term, typed as INSTRUCTORS.md has it: nine students from three platforms, from release to regrade."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import toy_course as toy
from tests.grader.grading.engine_course import by_hand, edit_source
from tests.grader.workflow.hand_ins import NB, cloned, table_rows, zipped

DOWNLOAD = (2026, 11, 25, 9, 30, 0)
ROSTER = """\
id,first name,last name,email,github
ada,Ada,Moor,ada@uni.edu,
bo,Bo,Nash,bo@uni.edu,
cy,Cy,Orr,cy@uni.edu,
dee,Dee,Pike,dee@uni.edu,
eve,Eve,Quinn,eve@uni.edu,
fay,Fay,Reed,fay@uni.edu,
gus,Gus,Shaw,gus@uni.edu,
hal,Hal,Todd,hal@uni.edu,hal-codes
ivo,Ivo,Usher,ivo@uni.edu,
"""
WORKSHEET = """\
Identifier,Full name,Grade,Last modified (submission),Last modified (grade)
Participant 71,Ada Moor,,"Friday, 20 November 2026, 11:59 AM",-
Participant 72,Bo Nash,,"Thursday, 19 November 2026, 8:00 AM",-
Participant 73,Cy Orr,,"Saturday, 21 November 2026, 11:00 AM",-
Participant 74,Dee Pike,,"Friday, 20 November 2026, 11:00 AM",-
"""
TIMES = "name,received\neve,2026-11-20 10:00\nfay,2026-11-20 10:00\nred,2026-11-20 10:00\n"
# Points of the tests, of 2 + 3 + 1; by hand, of 2; and what lateness costs: a tenth of 8 points for the day begun.
TESTED = {"ada": 6, "bo": 1, "cy": 6, "dee": 0, "eve": 6, "fay": 6, "gus": 3, "hal": 6}
BY_HAND = {"ada": 1.5, "eve": 2}
FINAL = {"ada": 7.5, "bo": 1, "cy": 5.2, "dee": 0, "eve": 8, "fay": 8, "gus": 3, "hal": 6}
AFTER_REGRADE = FINAL | {"bo": 0, "gus": 2}


def handed_in(course, **answers: str) -> str:
    return json.dumps(toy.answered(course, **answers))


def moodle(course, path: Path) -> None:
    """Moodle's download of all submissions: each entry has the time of the download."""
    texts = {
        "Ada Moor_71": handed_in(course, **toy.RIGHT, reflection="Because / divides."),
        "Bo Nash_72": handed_in(course, **toy.WRONG),
        "Cy Orr_73": handed_in(course, **toy.RIGHT),
        "Dee Pike_74": "my notebook is on the other laptop",
    }
    path.write_bytes(zipped({f"{who}_assignsubmission_file_/{NB}": text for who, text in texts.items()}, DOWNLOAD))


def canvas(course, path: Path) -> None:
    text = handed_in(course, **toy.RIGHT | {"spread": toy.WRONG["spread"]})
    path.write_bytes(zipped({f"shawgus_13_888_{NB}": text}, DOWNLOAD))


def marks(path: Path) -> dict[str, float | str]:
    return {row["student_id"]: float(row["score"]) if row["score"] else "" for row in table_rows(path)}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_term_gives_each_student_the_marks_that_they_earned(tmp_path):
    course = toy.make(tmp_path / "course")
    here = course.root

    def mlsd(line: str, status: int = 0) -> str:
        command = [sys.executable, "-m", "mlsd", *shlex.split(line)]
        done = subprocess.run(command, cwd=here, capture_output=True, text=True)
        assert done.returncode == status, (line, done.stdout, done.stderr)
        return done.stdout + done.stderr

    mlsd("release halves")
    assert mlsd("release --check") == "exercises/ is what solutions/ gives.\n"
    for name, text in {"roster.csv": ROSTER, "Grades.csv": WORKSHEET, "times.csv": TIMES}.items():
        (here / name).write_text(text)
    (here / "groups.csv").write_text("group,student\nred,eve\nred,fay\n")
    assert "9 added" in mlsd("roster roster.csv")
    mlsd("deadline halves --due '2026-11-20 12:00' --timezone UTC --penalty 10%/day")

    moodle(course, here / "moodle.zip")
    canvas(course, here / "canvas.zip")
    work = handed_in(course, **toy.RIGHT)
    cloned(here / "cloned" / f"{toy.NAME}-hal-codes", "2026-11-20T10:00:00Z", work)  # of GitHub Classroom
    (here / "teams" / "red").mkdir(parents=True)
    (here / "teams" / "red" / NB).write_text(handed_in(course, **toy.RIGHT, reflection="Ours."))
    assert "4 collected" in mlsd("collect halves moodle.zip --times Grades.csv --timezone UTC")
    assert "shawgus_13 -> gus" in mlsd("collect halves canvas.zip --timezone UTC")
    assert "halves-hal-codes -> hal" in mlsd("collect halves cloned")
    assert "2 collected" in mlsd("collect halves teams --groups groups.csv --times times.csv --timezone UTC")

    said = mlsd("grade halves")
    assert "8 of 8 graded" in said
    assert "3 wait for points by hand" in said
    mlsd("report halves")
    by_hand(course, BY_HAND)  # eve's are for her group
    mlsd("feedback halves")
    for student in TESTED:
        assert course.folder("feedback", student, toy.NAME).joinpath("halves.html").is_file()
    assert not course.folder("feedback", "ivo", toy.NAME).exists()

    mlsd("export halves --to marks.csv")
    assert {row["student_id"]: float(row["raw_score"] or 0) for row in table_rows(here / "marks.csv")} == {
        **{student: TESTED[student] + BY_HAND.get(student, 0) for student in TESTED}, "fay": 8, "ivo": 0,
    }  # fmt: skip
    assert marks(here / "marks.csv") == FINAL | {"ivo": ""}
    assert "no Identifier" in mlsd("export halves --format moodle --to moodle.csv")
    moodles = {row["Email address"].partition("@")[0]: row for row in table_rows(here / "moodle.csv")}
    assert {who: float(row["Grade"]) for who, row in moodles.items() if who != "ivo"} == FINAL
    assert "Handed in 23 hours late" in moodles["cy"]["Feedback comments"]
    mlsd("export halves --format canvas --to canvas.csv", status=1)  # the roster has nobody's number in Canvas
    uploaded = {row["Student"].partition(", ")[2].lower(): row["halves"] for row in table_rows(here / "canvas.csv")[1:]}
    assert uploaded == {who: str(float(points)) for who, points in FINAL.items()} | {"ivo": ""}

    edit_source(course, "(2, 2): 0", "(2, 4): 2")  # in place of the pair whose spread a constant gives
    mlsd("release halves")
    assert "2 down" in mlsd("regrade halves")
    mlsd("export halves --to marks.csv")
    assert marks(here / "marks.csv") == FINAL | {"ivo": ""}
    mlsd("regrade halves --yes")
    mlsd("export halves --to marks.csv")
    assert marks(here / "marks.csv") == AFTER_REGRADE | {"ivo": ""}
    log = mlsd("marks halves --student bo").splitlines()
    assert [line for line in log if "spread-test" in line and "1 -> 0" in line and "(regrade)" in line]
