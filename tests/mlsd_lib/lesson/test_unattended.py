"""The record belongs to a reader: what runs a notebook with nobody there reads it and leaves it as it is."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.validator import Validator

from lessons.start_here.self_check import self_check
from mlsd_lib.lesson import calibration, predict
from mlsd_lib.lesson.reader import home, keeps_record, record
from tests.kernels import ReadersKernel
from tests.mlsd_lib.lesson.checked import checked

LESSON = [
    "from lessons.start_here.checks import check\nfrom mlsd_lib.lesson import predict",
    'guess_sum = predict("sum", "How long?", "ms", low=None, high=None)',
    "guess_sum.measured(3.0)",
    'check("inside-interval", lambda low, high, value: low <= value <= high)',
]


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSD_HOME", str(tmp_path / "record"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))


def kept():
    """All that the record holds, by table."""
    with record() as connection:
        tables = [row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: [tuple(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in tables}


def validate(folder):
    path = folder / "lesson.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in LESSON]), path)
    return Validator().validate(str(path))


def test_nbgraders_validate_writes_nothing_to_the_record(tmp_path):
    assert "error" not in json.dumps(validate(tmp_path))
    assert not home().exists()
    predict("sum", "How long?", "ms", 2, 4)
    before = kept()
    validate(tmp_path)
    assert kept() == before


def test_what_was_given_before_validate_still_counts_after_it(tmp_path):
    validate(tmp_path)
    assert predict("sum", "How long?", "ms", 2, 4).given
    predict("sum", "How long?", "ms", 2, 4).measured(3)
    assert calibration().answered == 1


@pytest.mark.parametrize("name", ["NBGRADER_VALIDATING", "NBGRADER_EXECUTION"])
def test_a_run_by_nbgrader_is_known_by_what_it_sets(name, monkeypatch):
    assert keeps_record()
    monkeypatch.setenv(name, "1")
    assert not keeps_record()
    predict("sum", "How long?", "ms", 2, 4).measured(3)
    checked("one")
    self_check({"merged-rows": 4})
    assert not home().exists()


def test_a_readers_kernel_begun_during_a_validation_keeps_the_record(monkeypatch):
    monkeypatch.setenv("NBGRADER_VALIDATING", "1")
    session = ReadersKernel()
    try:
        session.run(LESSON[0])
        session.run(LESSON[1].replace("low=None, high=None", "low=2, high=4"))
    finally:
        session.close()
    monkeypatch.delenv("NBGRADER_VALIDATING")
    assert predict("sum", "How long?", "ms").given


@pytest.fixture(scope="module")
def kernel():
    kernel = ReadersKernel()
    yield kernel
    kernel.close()


@pytest.fixture
def session(kernel, own_record):
    """A kernel at the first cell of the lesson, with an empty record; a kernel of its own a test would take long."""
    kernel.run(f"%reset -f\nimport os\nos.environ['MLSD_HOME'] = {str(home())!r}\n{LESSON[0]}")
    return kernel


def test_passing_an_empty_prediction_leaves_a_name_that_explains_itself(session):
    _, asked = session.run(LESSON[1])
    assert "90 % interval" in "".join(asked)
    assert "no prediction was given" in session.run("guess_sum")[0][0]
    plot = "from matplotlib.figure import Figure\nax = Figure().subplots()\nguess_sum.draw(ax)\nlen(ax.patches)"
    assert session.run(plot) == (["0"], [])
    shown, error = session.run(LESSON[2])
    assert error == []
    assert "Measured: 3 ms. You passed this one over" in "\n".join(shown)


def test_every_way_of_naming_a_prediction_leaves_the_name(session):
    session.run('first = second = predict("a", "?", "ms")')
    session.run('annotated: object = predict("c", "?", "ms")')
    session.run('old, new = predict("d", "?", "ms"), predict("e", "?", "ms")')
    assert session.run("first is second, first.given, annotated.given")[0] == ["(True, False, False)"]


def test_one_switch_passes_all_predictions_over_and_back(session):
    _, asked = session.run(LESSON[1])
    assert "ask_for_predictions(False)" in "".join(asked)
    session.run("from mlsd_lib.lesson import ask_for_predictions\nask_for_predictions(False)")
    shown, error = session.run('other = predict("other", "Which?", "ms")')
    assert error == []
    assert "Passed over" in "\n".join(shown)
    session.run("ask_for_predictions(True)")
    assert "90 % interval" in "".join(session.run('third = predict("third", "Which?", "ms")')[1])


@pytest.mark.parametrize("interval", ["low=2", 'low="1", high=2', "low=3, high=2"])
def test_an_invalid_interval_is_one_line_of_error(session, interval):
    _, lines = session.run(f'guess = predict("sum", "How long?", "ms", {interval})')
    assert len("\n".join(lines).splitlines()) == 1
    assert lines[0].startswith("LessonError: low is ")


def test_an_invalid_interval_stops_a_run_that_nobody_watches(tmp_path):
    import papermill

    cells = [LESSON[0], LESSON[1].replace("high=None", "high=2")]
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in cells]), tmp_path / "bad.ipynb")
    with pytest.raises(papermill.PapermillExecutionError, match="needs both ends"):
        papermill.execute_notebook(
            tmp_path / "bad.ipynb", tmp_path / "out.ipynb", kernel_name="python3", progress_bar=False
        )


def test_a_question_asked_outside_a_notebooks_cell_binds_nothing(monkeypatch):
    from mlsd_lib.lesson import predictions as room

    monkeypatch.setattr(room, "someone_is_there", lambda: True)
    with pytest.raises(room.PredictionWanted):
        exec(compile('quiet = predict("q", "?", "s")', "no-such-file", "exec"), {"predict": predict})
