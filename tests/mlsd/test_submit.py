"""What is handed in: what collecting would refuse is refused, the rest is said, and every copy is kept."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from grader.grading.intake.limits import FILE_BYTES
from mlsd.students.files import StudentError
from mlsd.students.submit import submit
from tests.mlsd.student_course import NAME, OTHER, answer, answer_cells, edit, notebook_of, student_course

NOW = datetime(2027, 1, 15, 23, 58, 30, tzinfo=UTC)
PLACE = f"submitted/{NAME}/2027-01-15T235830Z"


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSD_HOME", str(tmp_path / "record"))
    return student_course(tmp_path / "course")


@pytest.fixture
def notebook(course):
    answer(notebook_of(course))
    return notebook_of(course)


def test_a_second_copy_of_one_second_replaces_nothing(course, notebook):
    submit(course, NAME, NOW)
    first = (course / PLACE / f"{NAME}.ipynb").read_bytes()
    answer(notebook, "# better")
    submit(course, NAME, NOW)
    assert (course / PLACE / f"{NAME}.ipynb").read_bytes() == first
    assert b"better" in (course / f"{PLACE}-2" / f"{NAME}.ipynb").read_bytes()


def test_no_run_of_a_test_is_no_points(course, notebook):
    assert "points of your own last runs: none; run the test cells" in submit(course, NAME, NOW)


def test_a_damaged_record_keeps_nobody_from_handing_in(course, notebook, tmp_path):
    run = {"exercise": NAME, "test": "a", "points": 1, "maximum": 2, "at_s": 1e300}
    (tmp_path / "record").mkdir()
    (tmp_path / "record" / "attempts.jsonl").write_bytes(b"\xff\n" + json.dumps(run).encode())
    assert "points of your own last runs: none; run the test cells" in submit(course, NAME, NOW)


def gone(notebook):
    del notebook["cells"]


def of_another(course):
    notebook_of(course).write_bytes(notebook_of(course, OTHER).read_bytes())


def cut(course):
    notebook_of(course).write_bytes(notebook_of(course).read_bytes()[:-300])


def huge(course):
    answer(notebook_of(course), "#" * (FILE_BYTES + 1))


REFUSED = {
    "empty": (lambda course: notebook_of(course).write_bytes(b""), "the file is empty"),
    "no notebook": (lambda course: edit(notebook_of(course), gone), "it has no list of cells"),
    "another exercise's": (of_another, f"this is the notebook of {OTHER}, not of {NAME}"),
    "cut": (cut, "the file is damaged"),
    "too large": (huge, "at most 30 are taken"),
    "not there": (lambda course: notebook_of(course).unlink(), rf"is not there\. .* mlsd reset {NAME}"),
}


@pytest.mark.parametrize(("damage", "message"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("anyway", [False, True])
def test_what_collecting_would_not_take_is_refused_and_nothing_is_kept(course, damage, message, anyway):
    damage(course)
    with pytest.raises(StudentError, match=message):
        submit(course, NAME, NOW, anyway)
    assert not (course / "submitted").exists()


def test_a_notebook_without_an_answer_is_refused_unless_it_is_wanted(course):
    with pytest.raises(StudentError, match=r"Nothing is answered.*--anyway"):
        submit(course, NAME, NOW)
    assert "answers changed: none" in submit(course, NAME, NOW, anyway=True)


def test_a_missing_answer_cell_is_named_and_refused_unless_it_is_wanted(course, notebook):
    def drop(nb):
        nb["cells"].remove(answer_cells(nb)[1])

    name = answer_cells(json.loads(notebook.read_text()))[1]["id"]
    edit(notebook, drop)
    with pytest.raises(StudentError, match=f"Answer cells are missing: {name}"):
        submit(course, NAME, NOW)
    assert f"answers missing: {name}" in submit(course, NAME, NOW, anyway=True)


def test_a_changed_cell_of_the_course_and_a_split_answer_are_named(course, notebook):
    def change(nb):
        nb["cells"][0]["source"].append("\nmine")
        nb["cells"].append({**answer_cells(nb)[0], "id": "another"})

    name = answer_cells(json.loads(notebook.read_text()))[0]["id"]
    edit(notebook, change)
    text = submit(course, NAME, NOW)
    assert "the released text is graded: title" in text
    assert f"the first with an answer is graded: {name}" in text


def test_an_exercise_that_there_is_not_is_answered_with_those_that_there_are(course):
    with pytest.raises(StudentError, match=rf"no exercise 'latency'.*{OTHER}, {NAME}"):
        submit(course, "latency", NOW)
    with pytest.raises(StudentError, match=rf"no exercise 'reduce_latncy'; there are .*\. Was {NAME} meant\?"):
        submit(course, "reduce_latncy", NOW)


def test_a_place_that_cannot_be_written_is_named_and_keeps_nothing(course, notebook):
    (course / "submitted").write_text("a file where the folder should be")
    with pytest.raises(StudentError, match=r"submitted.*cannot be written"):
        submit(course, NAME, NOW + timedelta(seconds=1))


def test_a_copy_without_a_known_release_asks_for_a_fresh_one(course, tmp_path):
    (course / "released.zip").rename(tmp_path / "released.zip")
    with pytest.raises(Exception, match="--from FOLDER"):
        submit(course, NAME, NOW)
    with pytest.raises(StudentError, match=r"--anyway --from .*released.zip"):
        submit(course, NAME, NOW, fresh=tmp_path / "released.zip")
    answer(notebook_of(course))
    assert "answers changed" in submit(course, NAME, NOW, fresh=tmp_path / "released.zip")
