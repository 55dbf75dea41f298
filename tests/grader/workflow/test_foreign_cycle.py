"""A term in somebody else's course: nbgrader's quickstart course and an exercise of their own, as they type it."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from grader.course import Course
from tests import quickstart_course as quickstart
from tests.grader.grading.engine_course import by_hand
from tests.grader.workflow.hand_ins import table_rows, tarred, zipped
from tests.quickstart_course import NAME, SQUARES, SUM, WRONG
from tests.toy_course import cell, solved

RIGHT = {"squares": SQUARES, "sum_of_squares": SUM}
ANN = "ann-lee-101"
# The squares, their errors, the sum, the sum by squares: two of 1 point and two of half a point. bo's sum asks squares.
MARKS = {ANN: 3.0, "bo": 0.5, "cy": 3.0, "dee": 0.0}
OWN, COURSE = "ps2", "--course '../Kurs ü/cs101'"
SHARE = "def share(part, whole):\n    if whole == 0:\n        raise ValueError('no whole')\n    return part / whole"
COUNTED = """\
def counted(rows):
    answers = [row["answer"] for row in rows]
    return {answer: answers.count(answer) for answer in answers}"""
SHARE_TEST = """\
assert share(1, 4) == 0.25
try:
    share(1, 0)
except ValueError:
    pass
else:
    raise AssertionError("share(1, 0) must raise a ValueError")
### BEGIN HIDDEN TESTS
assert share(0, 7) == 0, "nothing of seven is nothing"
### END HIDDEN TESTS"""
COUNTED_TEST = "assert counted(ROWS) == {'yes': 3, 'no': 2}\nassert counted([]) == {}"
SETUP = "import csv\n\nwith open('answers.csv', newline='') as file:\n    ROWS = list(csv.DictReader(file))"
ANSWERS = {
    ANN: {"share": SHARE, "counted": COUNTED, "why": "Those who answered are not all."},
    "bo": {"share": SHARE, "counted": "def counted(rows):\n    return {'yes': 3, 'no': 2}"},
    "cy": {"share": SHARE.replace("whole == 0", "part == 0 or whole == 0"), "counted": COUNTED},
}
# Of the tests 2 points for the share and 3 for the count; by hand 2 for an answer in words and 1 for a picture.
TESTED, BY_HAND = {ANN: 5.0, "bo": 2.0, "cy": 3.0}, {"why": {ANN: 1.5}, "draw": {ANN: 1.0, "bo": 0.5, "cy": 0.0}}


def own_exercise(folder: Path) -> None:
    """An exercise of the instructor's, with asserts, newer in form than the course's header; it names no kernel."""
    test = {"grade": True, "locked": True}
    cells = [
        cell("markdown", "intro", "# Survey"),
        cell("code", "setup", SETUP, locked=True),
        cell("code", "share", solved(SHARE), solution=True),
        cell("code", "share-test", SHARE_TEST, points=2, **test),
        cell("code", "counted", solved(COUNTED), solution=True),
        cell("code", "counted-test", COUNTED_TEST, points=3, **test),
        cell("markdown", "why", "Who was not asked?", grade=True, solution=True, points=2),
        cell("markdown", "draw", "Draw a bar for each answer.", task=True, points=1),
    ]  # fmt: skip
    folder.mkdir()
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    (folder / "survey.ipynb").write_text(text)
    (folder / "answers.csv").write_text("answer\nyes\nno\nyes\nyes\nno\n")


def texts(notebook: dict) -> bytes:
    return json.dumps(notebook).encode()


def with_outputs(notebook: dict) -> dict:
    """As its student saved it after printing 40 MB, which pack as well as a bomb does."""
    printed = {"output_type": "stream", "name": "stdout", "text": "a line of a log\n" * 2_350_000}
    next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")["outputs"] = [printed]
    return notebook


def handed_in(course: Course) -> dict[str, bytes]:
    """Five shapes in one zip: Moodle's folder, Windows' separators, a student's tar, kept outputs, a section."""
    right = texts(quickstart.answered(course, **RIGHT))
    half = texts(quickstart.answered(course, **RIGHT | {"squares": WRONG}))
    second = texts(quickstart.answered(course, "problem2", **{"part-a": "It counts."}))
    moodle = "Ann Lee_101_assignsubmission_file_"
    return {
        f"{moodle}/problem1.ipynb": right,
        f"{moodle}/problem2.ipynb": second,
        "bo\\ps1\\problem1-2.ipynb": half,
        "cy/cy.tar.gz": tarred({"./problem1.ipynb": right, "./problem2.ipynb": second}, "gz"),
        "dee/problem1.ipynb": texts(with_outputs(quickstart.released(course, "problem1"))),
        "monday/eve/problem1.ipynb": right,
        "monday/fay/problem1.ipynb": right,
    }


class Instructor:
    """One who works in a folder of their own and names the course in each command."""

    def __init__(self, folder: Path) -> None:
        (folder / "Kurs ü").mkdir()
        self.course = quickstart.make(folder / "Kurs ü" / "cs101")
        own_exercise(self.course / "source" / OWN)
        self.here = folder / "teaching"
        self.here.mkdir()

    def mlsd(self, line: str, status: int = 0, within: Path | None = None) -> str:
        """What a command says, of which `status` is the exit status; typed `within` the course it names none."""
        words = shlex.split(line if within else f"{line} {COURSE}")
        command = [sys.executable, "-m", "mlsd", *words]
        done = subprocess.run(command, cwd=within or self.here, capture_output=True, text=True)
        assert done.returncode == status, (line, done.stdout, done.stderr)
        assert "Warning" not in done.stderr
        return done.stdout + done.stderr

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a table that was written here."""
        return table_rows(self.here / name)


@pytest.fixture(scope="module")
def instructor(tmp_path_factory):
    """One who has released both exercises."""
    instructor = Instructor(tmp_path_factory.mktemp("foreign"))
    assert f"First: mlsd release {NAME} {COURSE}" in instructor.mlsd(f"grade {NAME}", status=2)
    said = instructor.mlsd("release")
    assert "ps1: released (release/ps1)" in said
    assert "ps2: released (release/ps2)" in said
    return instructor


def test_what_is_released_has_no_solution_and_stays_as_it_is(instructor):
    released = instructor.course / "release"
    there = {path.name for path in released.rglob("*.*")}
    assert there >= {"problem1.ipynb", "problem2.ipynb", "survey.ipynb", "answers.csv"}
    texts = [path.read_text() for path in released.rglob("*.ipynb")]
    assert not [text for text in texts for part in ("no whole", "nothing of seven", "range(1, n + 1)") if part in text]
    assert "raise NotImplementedError()" in texts[0] + texts[1]
    assert instructor.mlsd("release --check") == "release/ is what source/ gives.\n"
    assert "ps2: unchanged" in instructor.mlsd(f"release {OWN}")


def test_a_run_of_what_is_released_is_no_edit_and_an_answer_in_it_is_not_overwritten(instructor):
    path = instructor.course / "release" / NAME / "problem1.ipynb"
    saved = json.loads(path.read_text()) | {"nbformat_minor": 5}
    for number, found in enumerate(saved["cells"]):
        found |= {"id": f"8f3a9c{number:02}"} | ({"execution_count": 1} if found["cell_type"] == "code" else {})
    path.write_text(json.dumps(saved))  # as JupyterLab saves it
    assert f"{NAME}: updated" in instructor.mlsd(f"release {NAME}")
    text = path.read_text()
    assert "NAME = " in text
    path.write_text(text.replace("NAME = ", 'NAME = "me" '))
    assert "was edited" in instructor.mlsd(f"release {NAME}", status=2)
    path.write_text(text)


def test_the_quickstart_exercise_is_collected_graded_and_fed_back(instructor):
    folder = instructor.course
    (instructor.here / "class.zip").write_bytes(zipped(handed_in(Course.open(folder)), (2026, 3, 1, 12, 0, 0)))
    said = instructor.mlsd(f"collect {NAME} class.zip --timezone UTC", status=1)
    lines = said.splitlines()
    assert "collected  Ann Lee_101 -> ann-lee-101" in lines
    assert "collected  bo: problem1-2.ipynb was taken for problem1.ipynb; no problem2.ipynb in it" in lines
    assert "collected  cy" in lines
    assert "collected  dee: problem1.ipynb (40 MB) is kept without its outputs; no problem2.ipynb in it" in lines
    (refused,) = [line for line in lines if line.startswith("refused")]
    assert "monday: 2 notebooks in it could be problem1.ipynb: eve/problem1.ipynb, fay/problem1.ipynb" in refused
    assert "4 collected, 1 refused" in lines
    assert "A zip does not say which zone its times are in; they were read as UTC. Another: --timezone NAME" in lines
    assert lines[-1].endswith(f"Next: mlsd grade ps1 {COURSE}")
    assert (folder / "submitted/dee" / NAME / "timestamp.txt").read_text() == "2026-03-01 12:00:00 UTC"

    said = instructor.mlsd(f"grade {NAME}", within=folder / "source")
    assert "4 of 4 graded (0 of them earlier)" in said
    assert "Next: mlsd feedback ps1\n" in said
    assert "not released" not in said
    looked_at = {line.partition(":")[0] for line in said.splitlines() if re.match(r"\S+: [\d.]+ of \d+", line)}
    assert looked_at == {"bo", "dee"}  # neither handed in problem2
    assert "was edited" not in said

    said = instructor.mlsd(f"feedback {NAME}")
    for student, points in MARKS.items():
        page = folder / "feedback" / student / NAME / "problem1.html"
        assert f"{student}: {page}" in said
        assert re.search(rf"\(Score: {points} / \d", page.read_text())
    place = instructor.here / "ps1.csv"
    assert f"4 rows of marks: {place}" in instructor.mlsd(f"export {NAME} --to {place}")
    assert {row["student_id"]: float(row["raw_score"]) for row in instructor.rows("ps1.csv")} == MARKS
    assert "part-a" in {row["item"] for row in instructor.rows("ps1_items.csv") if row["open"] == "True"}


def test_an_exercise_of_their_own_is_graded_and_marked_by_hand(instructor):
    course = Course.open(instructor.course)
    downloads = instructor.here / "Downloads"
    downloads.mkdir()
    for student, answers in ANSWERS.items():
        notebook = quickstart.answered(course, "survey", OWN, **answers)
        if student == ANN:
            notebook["cells"].append(cell("code", "mine", "print('yes', '#' * 3)"))
        (downloads / f"{student}.ipynb").write_text(json.dumps(notebook))
    said = instructor.mlsd(f"collect {OWN} Downloads")
    assert f"collected  {ANN}.ipynb -> {ANN}: {ANN}.ipynb was taken for survey.ipynb" in said
    said = instructor.mlsd(f"grade {OWN}")
    assert "3 of 3 graded" in said
    assert f"3 wait for points by hand (mlsd formgrader {COURSE})" in said
    for item, given in BY_HAND.items():
        by_hand(course, given, item, of=("survey", OWN))
    instructor.mlsd(f"feedback {OWN}")
    pages = {student: course.folder("feedback", student, OWN) / "survey.html" for student in ANSWERS}
    assert "A hidden test failed." in pages["cy"].read_text()
    assert not [page for page in pages.values() if "nothing of seven" in page.read_text()]
    assert "share(1, 0) must raise" not in pages["bo"].read_text().rpartition("AssertionError")[2]
    final = {who: points + sum(given.get(who, 0) for given in BY_HAND.values()) for who, points in TESTED.items()}
    for student, points in final.items():
        assert f"(Score: {points} / 8.0)" in pages[student].read_text()
    assert "4 rows of marks: ps2.csv" in instructor.mlsd(f"export {OWN} --to ps2.csv")
    scores = {row["student_id"]: row["score"] for row in instructor.rows("ps2.csv")}
    assert scores == {who: str(points) for who, points in final.items()} | {"dee": ""}
    log = instructor.mlsd(f"marks {OWN} --student {ANN}").splitlines()
    assert [line for line in log if "survey/why" in line and "1.5" in line]
