"""A whole cycle over the course that `nbgrader quickstart` makes, as its instructor types it and reads it."""

import csv
import io
import json
import re
import tarfile
import zipfile

import pytest
from typer.testing import CliRunner

from grader.course import Course
from mlsd.cli import app
from tests import quickstart_course as quickstart
from tests.quickstart_course import NAME, SQUARES, SUM, WRONG

RIGHT = {"squares": SQUARES, "sum_of_squares": SUM}
# The squares, their errors, the sum, the sum by squares: two of 1 point and two of half a point. bo's sum asks squares.
MARKS = {"ann-lee-101": 3.0, "bo": 0.5, "cy": 3.0, "dee": 0.0}


def texts(notebook: dict) -> bytes:
    return json.dumps(notebook).encode()


def with_outputs(notebook: dict) -> dict:
    """As its student saved it after printing 40 MB."""
    printed = {"output_type": "stream", "name": "stdout", "text": "a line of a log\n" * 2_350_000}
    next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")["outputs"] = [printed]
    return notebook


def in_a_tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


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
        "cy/cy.tar.gz": in_a_tar({"./problem1.ipynb": right, "./problem2.ipynb": second}),
        "dee/problem1.ipynb": texts(with_outputs(quickstart.released(course, "problem1"))),
        "monday/eve/problem1.ipynb": right,
        "monday/fay/problem1.ipynb": right,
    }


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The folder, and what each command said with its exit status, in the order in which they were typed."""
    folder = quickstart.make(tmp_path_factory.mktemp("foreign") / "cs101")
    said = {}

    def mlsd(*arguments: str) -> None:
        result = CliRunner().invoke(app, [*arguments, "--course", str(folder)], catch_exceptions=False)
        said[arguments[0]] = (result.exit_code, result.output)

    mlsd("release")
    with zipfile.ZipFile(folder.parent / "class.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in handed_in(Course.open(folder)).items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 3, 1, 12, 0, 0)), content, zipfile.ZIP_DEFLATED, 1)
    mlsd("collect", NAME, str(folder.parent / "class.zip"), "--timezone", "UTC")
    mlsd("grade", NAME, "--jobs", "2")
    mlsd("feedback", NAME)
    mlsd("export", NAME, "--to", str(folder / "marks.csv"))
    return folder, said


def test_release_names_the_exercise_and_the_secret(told):
    folder, said = told
    status, text = said["release"]
    assert (status, "ps1: released (release/ps1)" in text) == (0, True)
    assert sorted(path.name for path in (folder / "release" / NAME).glob("*.ipynb")) == [
        "problem1.ipynb",
        "problem2.ipynb",
    ]


def test_collect_says_of_everybody_what_was_taken_for_what_and_why_not(told):
    folder, said = told
    status, text = said["collect"]
    lines = text.splitlines()
    assert status == 1
    assert "collected  Ann Lee_101 -> ann-lee-101" in lines
    assert "collected  bo: problem1-2.ipynb was taken for problem1.ipynb; no problem2.ipynb in it" in lines
    assert "collected  cy" in lines
    assert "collected  dee: problem1.ipynb (40 MB) is kept without its outputs; no problem2.ipynb in it" in lines
    (refused,) = [line for line in lines if line.startswith("refused")]
    assert "monday: 2 notebooks in it could be problem1.ipynb: eve/problem1.ipynb, fay/problem1.ipynb" in refused
    assert "4 collected, 1 refused" in lines
    assert "A zip does not say which zone its times are in; they were read as UTC. Another: --timezone NAME" in lines
    assert lines[-1].endswith(f"Next: mlsd grade ps1 --course {folder}")
    stamp = folder / "submitted" / "dee" / NAME / "timestamp.txt"
    assert stamp.read_text() == "2026-03-01 12:00:00 UTC"


def test_grade_names_who_needs_a_look_and_what_to_do_next(told):
    folder, said = told
    status, text = said["grade"]
    assert status == 0
    assert "4 of 4 graded (0 of them earlier)" in text
    assert f"Next: mlsd feedback ps1 --course {folder}" in text
    assert "not released" not in text
    looked_at = {line.partition(":")[0] for line in text.splitlines() if re.match(r"\S+: [\d.]+ of \d+", line)}
    assert looked_at == {"bo", "dee"}  # neither handed in problem2
    assert "was edited" not in text


def test_feedback_has_a_page_a_notebook_that_says_the_points(told):
    folder, said = told
    status, text = said["feedback"]
    assert status == 0
    for student, points in MARKS.items():
        page = folder / "feedback" / student / NAME / "problem1.html"
        assert f"{student}: {page}" in text
        assert re.search(rf"\(Score: {points} / \d", page.read_text())


def test_the_export_gives_the_points_of_the_tests(told):
    folder, said = told
    status, text = said["export"]
    assert (status, f"4 rows of marks: {folder / 'marks.csv'}" in text) == (0, True)
    with (folder / "marks.csv").open(newline="", encoding="utf-8") as file:
        assert {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(file)} == MARKS
    with (folder / "marks_items.csv").open(newline="", encoding="utf-8") as file:
        waiting = {row["item"] for row in csv.DictReader(file) if row["open"] == "True"}
    assert "part-a" in waiting
