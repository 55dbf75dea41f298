"""What lies in a submitted folder: read within limits, links and special files never followed, each refusal named."""

import json
import sys

import pytest

from grader.grading.intake import submission as intake
from grader.grading.intake.submission import Most, assignment, read_file, read_folder, submission
from grader.grading.records import Job
from tests import toy_course as toy


@pytest.fixture(scope="module")
def shared(released_once):
    return assignment(released_once, toy.NAME, Job(toy.NAME, "", {}))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture
def right(released_once):
    return json.dumps(toy.answered(released_once, **toy.RIGHT)).encode()


def answers(taken):
    cells = taken.job.notebooks[toy.NAME]["cells"]
    return {cell["id"]: cell["source"] for cell in cells if cell["id"] in toy.RIGHT}


def test_the_notebook_of_the_right_name_is_preferred_and_others_are_named(shared, folder, right):
    (folder / "halves.ipynb").write_bytes(right)
    (folder / "halves-Copy1.ipynb").write_bytes(b"{}")
    taken = submission(shared, "bo", folder)
    assert answers(taken) == toy.RIGHT
    assert [flag.text for flag in taken.flags] == ["not graded: halves-Copy1.ipynb"]


def test_limits_leave_files_out_by_name_but_never_the_notebook(folder, right):
    (folder / "a-large-file").write_bytes(b"x" * 5_000)
    for number in range(9):
        (folder / f"data{number}").write_bytes(b"x" * 100)
    (folder / "halves.ipynb").write_bytes(right)
    files, flags = read_folder(folder, Most(file_bytes=len(right), all_bytes=len(right) + 350, files=4))
    assert sorted(files) == ["data0", "data1", "data2", "halves.ipynb"]
    assert "'" not in flags[0].text
    assert "a-large-file" in flags[0].text


def test_a_name_that_would_spoil_a_report_is_left_out(folder):
    (folder / "line\nbreak").write_text("x")
    files, flags = read_folder(folder, Most())
    assert files == {}
    assert "line\\nbreak" in flags[0].text


def test_the_secret_is_kept_from_student_code_and_comes_back_with_the_result(shared, folder, right):
    (folder / "halves.ipynb").write_bytes(right)
    (folder / "submission_secret.txt").write_text("s")
    taken = submission(shared, "bo", folder)
    assert "submission_secret.txt" not in taken.job.files
    assert taken.own["submission_secret.txt"] == b"s"


def test_the_same_work_of_two_students_is_the_same_job_and_any_change_is_another(shared, folder, right):
    (folder / "halves.ipynb").write_bytes(right)
    one, two = (submission(shared, student, folder).job.digest() for student in ("al", "bo"))
    (folder / "more.txt").write_text("x")
    assert one == two != submission(shared, "al", folder).job.digest()


def test_a_file_larger_than_the_limit_is_not_read(folder):
    (folder / "large").write_bytes(b"x" * 11)
    assert read_file(folder / "large", 10) is None
    assert read_file(folder / "large", 11) == b"x" * 11


def test_a_folder_that_is_gone_is_no_empty_hand_in(shared, tmp_path):
    with pytest.raises(FileNotFoundError):
        submission(shared, "bo", tmp_path / "gone")


def test_of_very_many_files_the_first_are_looked_at(folder, right, monkeypatch):
    monkeypatch.setattr(intake, "MOST_NAMES", 2)
    (folder / "halves.ipynb").write_bytes(right)
    for name in ("a.txt", "b.txt", "c.txt"):
        (folder / name).write_text("x")
    files, flags = read_folder(folder, Most())
    assert [*files] == ["halves.ipynb", "a.txt"]
    assert [flag.text for flag in flags] == ["not taken, beyond the first 2 files: b.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="hard links there need no such care")
def test_a_hard_link_is_not_read_and_named(folder, right, tmp_path):
    (tmp_path / "theirs.ipynb").write_bytes(right)
    (folder / "halves.ipynb").hardlink_to(tmp_path / "theirs.ipynb")
    (folder / "own.txt").write_text("x")
    files, flags = read_folder(folder, Most())
    assert files == {"own.txt": b"x"}
    assert "a hard link" in flags[0].text
    assert "halves.ipynb" in flags[0].text


def test_a_folder_named_like_a_file_of_the_exercise_is_left_out_by_name(shared, folder, right):
    (folder / "halves.ipynb").write_bytes(right)
    (folder / "values.csv").mkdir()
    (folder / "values.csv" / "mine.txt").write_text("x")
    taken = submission(shared, "bo", folder)
    assert answers(taken) == toy.RIGHT
    assert taken.job.files == shared.files
    assert any("values.csv/mine.txt" in flag.text for flag in taken.flags)


def test_the_outputs_of_a_notebook_are_dropped_before_it_is_measured(shared, folder, released_once):
    notebook = toy.answered(released_once, **toy.RIGHT)
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 60_000_000}, "metadata": {}}
    notebook["cells"][2]["outputs"] = [picture]
    (folder / "halves.ipynb").write_text(json.dumps(notebook))
    taken = submission(shared, "bo", folder)
    assert answers(taken) == toy.RIGHT
    assert taken.flags == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows opens no file by its folder's descriptor")
def test_a_folder_that_becomes_a_link_while_it_is_packed_is_not_followed(folder, tmp_path, monkeypatch):
    for place, text in ((folder / "data", "own"), (tmp_path / "other", "another's")):
        place.mkdir()
        (place / "key.txt").write_text(text)

    def walk_and_swap(*where, walk=intake._walk):
        paths = walk(*where)
        (folder / "data").rename(tmp_path / "aside")
        (folder / "data").symlink_to(tmp_path / "other")
        return paths

    monkeypatch.setattr(intake, "_walk", walk_and_swap)
    files, flags = read_folder(folder, Most())
    assert files == {}
    assert "a link" in flags[0].text
