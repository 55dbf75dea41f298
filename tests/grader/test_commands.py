"""The commands as an instructor types them: what they say and the status they end with."""

import shutil

import pytest
from typer.testing import CliRunner

from grader.cli import app
from grader.errors import GraderError
from tests import toy_course as toy


@pytest.fixture
def mlsd():
    """Run `mlsd` with arguments: the exit status and what it printed."""

    def run(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
        return result.exit_code, result.output

    return run


def test_the_whole_cycle_from_release_to_marks(mlsd, course, tmp_path):
    here = ("--course", course.root)
    assert mlsd("release", *here)[0] == 0
    assert mlsd("release", "--check", *here) == (0, "exercises/ is what solutions/ gives.\n")
    for student, answers in {"alice": toy.RIGHT, "bob": {}}.items():
        shutil.copytree(course.folder("release", name=toy.NAME), tmp_path / "class" / student)
        toy_file = tmp_path / "class" / student / f"{toy.NAME}.ipynb"
        shutil.copy(toy.submit(course, "aside", toy.answered(course, **answers)), toy_file)
    shutil.rmtree(course.folder("submitted"))
    status, said = mlsd("collect", toy.NAME, tmp_path / "class", *here)
    assert (status, "2 collected" in said) == (0, True)
    status, said = mlsd("grade", toy.NAME, *here)
    assert (status, "2 of 2 graded" in said) == (0, True)
    status, said = mlsd("feedback", toy.NAME, *here)
    assert status == 0
    assert f"alice: {course.folder('feedback', 'alice', toy.NAME) / toy.NAME}.html" in said
    assert mlsd("export", "--to", tmp_path / "marks.csv", *here)[0] == 0
    assert "halves,alice,halves,spread-test,3.0,3.0" in (tmp_path / "marks_items.csv").read_text()


def test_a_refused_submission_and_a_stale_exercise_end_with_status_1(mlsd, course, tmp_path):
    (tmp_path / "class" / "alice").mkdir(parents=True)
    (tmp_path / "class" / "alice" / "essay.pdf").write_text("%PDF")
    status, said = mlsd("collect", toy.NAME, tmp_path / "class", "--course", course.root)
    assert (status, "refused    alice: no notebook" in said) == (1, True)
    (course.folder("release", name=toy.NAME) / "values.csv").unlink()
    status, said = mlsd("release", "--check", "--course", course.root)
    assert (status, "halves/values.csv is missing" in said) == (1, True)


def test_a_student_who_could_not_be_graded_ends_with_status_1_and_a_name(mlsd, course):
    toy.submit(course, "al", toy.answered(course, **toy.RIGHT))
    course.folder("autograded").mkdir(parents=True)
    course.folder("autograded", "al").touch()  # a file where the student's graded notebooks belong
    status, said = mlsd("grade", toy.NAME, "--stock", "--course", course.root)
    assert (status, "0 of 1 graded" in said, "Not graded: al." in said) == (1, True, True)


def test_who_needs_a_look_is_one_line(mlsd, graded):
    course, _, _ = graded
    status, said = mlsd("grade", toy.NAME, "--stock", "--course", course.root)
    assert status == 0
    told = {line.partition(":")[0] for line in said.splitlines() if ": " in line and " of 8;" in line}
    assert told == {"empty", "no-test", "endless", "stubborn", "deadly"}
    assert "8 of 8 graded (8 of them earlier), 5 need a look, 1 wait for points by hand" in said


@pytest.mark.parametrize(
    "option", ["--require-sandbox", "--require-sealed", "--sandbox=limits", "--jobs=2", "--seed=1"]
)
def test_stock_nbgrader_has_no_sandbox_to_ask_for(mlsd, course, option):
    with pytest.raises(GraderError, match=r"--stock has no sandbox.*leave out"):
        mlsd("grade", toy.NAME, "--stock", option, "--course", course.root)


@pytest.mark.parametrize("command", ["release", "collect", "grade", "feedback", "export", "leaks", "formgrader"])
def test_every_command_explains_itself_with_an_example(mlsd, command):
    status, said = mlsd(command, "--help")
    assert status == 0
    assert f"mlsd {command}" in said.split("Usage:")[1].split("\n", 1)[1]
