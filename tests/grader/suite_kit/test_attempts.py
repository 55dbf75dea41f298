"""A reader's own runs are kept and plotted; a grader's, and whoever else's, are not."""

import json
from types import SimpleNamespace

import matplotlib.pyplot as plt
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.validator import Validator

from grader.suite_kit import attempts
from grader.suite_kit.exercise import ExerciseError, load_exercise

STATED = """
points = { first = 3, second = 2 }
[families.right]
test = "first"
points = 3
production = "it breaks."
read = 'Deployment, "One step back"'
hints = ["What is asked of an empty list?", "Return early."]
[families.quick]
test = "second"
points = 2
production = "it is slow."
"""


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSD_HOME", str(tmp_path / "record"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return tmp_path / "record" / attempts.FILE


@pytest.fixture
def a_reader(monkeypatch):
    monkeypatch.setattr(attempts, "run_by_a_reader", lambda: True)


@pytest.fixture
def exercise(tmp_path):
    (tmp_path / "exercise.toml").write_text(STATED)
    return load_exercise(tmp_path)


def run(exercise, test, met, private=False):
    """One run of a test whose criterion is met or not."""

    def check(sheet, answer, name):
        sheet.private = private
        answer.call(name)
        sheet.criterion("row", "x", "y", met, exercise.points[test])

    return exercise.graded(test)(check)(lambda: 1)


def test_the_points_of_all_tests_together_are_those_of_the_last_run_of_each(a_reader, exercise):
    for test, met in (("first", False), ("second", True), ("first", True), ("second", False)):
        run(exercise, test, met)
    kept = attempts.read(exercise.name)
    assert [(attempt.test, attempt.points, attempt.maximum) for attempt in kept] == [
        ("first", 0.0, 3.0), ("second", 2.0, 2.0), ("first", 3.0, 3.0), ("second", 0.0, 2.0)
    ]  # fmt: skip
    assert attempts.totals(kept) == [0.0, 2.0, 5.0, 3.0]
    assert attempts.read("another exercise") == []


def test_runs_with_hidden_cases_and_starters_are_not_kept(a_reader, exercise):
    def starter():
        raise NotImplementedError()

    run(exercise, "first", True, private=True)
    exercise.graded("first")(lambda sheet, answer, name: answer.call(name))(starter)
    assert attempts.read(exercise.name) == []
    run(exercise, "first", True)
    assert len(attempts.read(exercise.name)) == 1


def test_without_a_reader_nothing_is_kept_and_nothing_drawn(exercise, own_record, capsys):
    before = plt.get_fignums()  # another test of this process may have left one
    assert run(exercise, "first", True) == 3
    exercise.plot_attempts()
    assert not own_record.parent.exists()
    assert (plt.get_fignums(), capsys.readouterr().out) == (before, "")


def test_the_plot_says_how_far_the_reader_is(a_reader, exercise, capsys):
    exercise.plot_attempts()
    assert "No run of a test is kept yet" in capsys.readouterr().out
    for test, met in (("first", False), ("second", True), ("first", True)):
        run(exercise, test, met)
    exercise.plot_attempts()
    (axes,) = plt.gcf().axes
    plt.close("all")
    assert axes.get_title(loc="left") == "5 of 5 points after 3 runs of a test"
    assert [0.0, 2.0, 5.0] in [list(line.get_ydata()) for line in axes.lines]


def test_a_damaged_line_costs_its_run_alone(a_reader, exercise, own_record):
    run(exercise, "first", True)
    with own_record.open("ab") as file:
        file.write(b'{"exercise": "half a li\n[1]\n\xff\n')
    run(exercise, "second", True)
    assert attempts.totals(attempts.read(exercise.name)) == [3.0, 5.0]


def test_a_record_that_cannot_be_written_costs_no_points(a_reader, exercise, own_record):
    own_record.parent.write_text("a file where the folder should be")
    assert run(exercise, "first", True) == 3
    assert attempts.read(exercise.name) == []


CELLS = [
    "from pathlib import Path\nfrom grader.suite_kit.exercise import load_exercise",
    "EXERCISE = load_exercise(Path({folder!r}))",
    "def check(sheet, answer, name):\n    sheet.criterion('row', 'x', 'y', answer.call(name) == 1, 3)",
    "EXERCISE.graded('first')(check)(lambda: 1)",
]


def test_nbgraders_validate_keeps_no_run(exercise, own_record, tmp_path):
    cells = [source.format(folder=str(exercise.folder)) for source in CELLS]
    path = tmp_path / "nb.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in cells]), path)
    assert "error" not in json.dumps(Validator().validate(str(path)))
    assert not own_record.exists()


def test_a_process_without_a_kernel_imports_nothing_to_find_that_out(monkeypatch):
    monkeypatch.setattr(attempts.sys, "modules", {"IPython": SimpleNamespace(get_ipython=lambda: None)})
    assert not attempts.run_by_a_reader()


STAGES = ["1. What is asked of an empty list?", "2. Return early.", '3. Read: Deployment, "One step back".']


def test_a_reader_opens_one_hint_after_the_other_and_sees_all_opened_again(a_reader, exercise, own_record, capsys):
    for opened in (1, 2, 3, 3):
        exercise.hint("right")
        shown = capsys.readouterr().out.splitlines()
        assert shown[:opened] == STAGES[:opened]
        assert shown[opened:] == ["Run this again for the next hint."] * (opened < 3)
    lines = own_record.with_name(attempts.HINTS).read_text().splitlines()
    assert [json.loads(line)["criterion"] for line in lines] == ["right"] * 4


def test_where_no_reader_is_the_first_hint_is_shown_and_nothing_kept(exercise, own_record, capsys):
    for _ in range(2):
        exercise.hint("right")
        assert capsys.readouterr().out.splitlines() == [STAGES[0], "Run this again for the next hint."]
    assert not own_record.with_name(attempts.HINTS).exists()


def test_a_record_that_cannot_be_written_costs_no_hint(a_reader, exercise, monkeypatch, capsys):
    monkeypatch.setenv("MLSD_HOME", "/dev/null/here")
    exercise.hint("right")
    assert capsys.readouterr().out.startswith(STAGES[0])


@pytest.mark.parametrize("criterion", ["quick", "other"])
def test_a_criterion_without_hints_is_refused_with_those_that_have_some(exercise, criterion):
    with pytest.raises(ExerciseError, match=f"no hint for '{criterion}'. There are hints for: right"):
        exercise.hint(criterion)
