"""`mlsd new lesson`: a skeleton that is red in every part, and a lesson once each part is written."""

import json
import re

import pytest
from typer.testing import CliRunner

from mlsd.new.lesson import PARTS, new_lesson
from notebook_runner import NotebookError, read_notebook
from notebook_runner.canonical import UNWRITTEN, canonical, problems

FILES = {"lessons/waiting/__init__.py", "lessons/waiting/checks.py", "tests/lessons/wrong_answers/03_waiting.py"}
FILLED = {
    "title": "# Waiting\n\nHow long is a queue?\n\nSection of the book: *Serving*.",
    "imports": "from mlsd_lib.lesson import Claim, case, check, claims, predict, use_style\n"
    "from mlsd_lib.lesson import plotting as plot\n\nuse_style()",
    "parameters": "seed = 0\nbusy = [0.5, 0.9]  # shares of the time",
    "question": "How long does the queue become?",
    "prediction": 'guess = predict("queue-at-nine-tenths", "How many wait at 0.9?", "requests", low=None, high=None)',
    "experiment": "waiting = {share: share**2 / (1 - share) for share in busy}  # M/M/1",
    "experiment-plot": 'plot.lines({"M/M/1": [*waiting.values()]}, "It grows", "busy", "", at=busy, guess=guess)\n'
    "guess.measured(waiting[0.9])",
    "experiment-seen": "It grows faster than the load.",
    "turn-why": "### Your turn\n\nWrite the mean number in the system.",
    "turn-answer": "def in_system(busy):\n    raise NotImplementedError",
    "turn-check": 'check("in-system", in_system, [case((0.5,), 1.0)], hint="Add who is served.")',
    "turn-solution": "<details><summary>A solution</summary>\n\n1 more.\n</details>",
    "claims-why": "## What this lesson claims",
    "claims": 'claims(Claim("nine tenths busy is far more than half", waiting[0.9] > 10 * waiting[0.5]))',
    "take-aways": "## Take-aways\n\nLeave room.",
}


def fill(path, skeleton, parts):
    nb = json.loads(skeleton)
    for cell in nb["cells"]:
        if cell["id"] in parts:
            cell["source"] = FILLED[cell["id"]]
    nb["metadata"]["mlsd"]["objectives"] = ["Say how long a queue is"]
    path.write_text(canonical(nb))


def test_the_skeleton_is_red_until_every_part_is_written(mini_course):
    path, *others = new_lesson(mini_course.root, "02_serving/03_waiting", "Waiting", "Serving")
    assert {file.relative_to(mini_course.root).as_posix() for file in others} == FILES
    assert path == mini_course.root / "chapters" / "02_serving" / "03_waiting.ipynb"
    assert len(problems(path)) == len(PARTS) + 1
    assert not mini_course.run(path).passed

    skeleton = path.read_text()
    for part in FILLED:
        fill(path, skeleton, set(FILLED) - {part})
        (problem,) = problems(path)
        assert problem.startswith(f"Cell {part!r}: it is the skeleton's ({UNWRITTEN!r}")

    fill(path, skeleton, FILLED)
    assert problems(path) == []
    assert read_notebook(mini_course.root, path).title == "Waiting"
    assert mini_course.run(path).passed


def test_the_command_writes_it_and_overwrites_nothing(mini_course, mlsd):
    code, output = mlsd("new", "lesson", "02_serving/03_waiting", "--title", "Waiting")
    assert code == 0
    assert "chapters/02_serving/03_waiting.ipynb: written." in output
    path = mini_course.root / "chapters" / "02_serving" / "03_waiting.ipynb"
    before = path.read_bytes()
    with pytest.raises(NotebookError, match="exists already and was left as it is"):
        mlsd("new", "lesson", "chapters/02_serving/03_waiting.ipynb")
    assert path.read_bytes() == before


def test_a_second_lesson_of_a_section_shares_its_checks(mini_course):
    new_lesson(mini_course.root, "02_serving/03_waiting", "Waiting", "Serving")
    filled = mini_course.root / "lessons" / "waiting" / "checks.py"
    filled.write_text("EXERCISES = 1")
    again = new_lesson(mini_course.root, "02_serving/03b_waiting_further", "More", "Serving", room="waiting")
    assert [path.name for path in again] == ["03b_waiting_further.ipynb", "03b_waiting_further.py"]
    assert filled.read_text() == "EXERCISES = 1"
    assert "lessons.waiting.checks" in again[0].read_text()


@pytest.mark.parametrize("place", ["02_serving/Waiting", "../03_waiting", "02_serving/3_waiting"])
def test_a_name_that_no_map_could_sort_is_refused(mini_course, place):
    with pytest.raises(NotebookError, match="two digits"):
        new_lesson(mini_course.root, place, "Waiting", "Serving")


def test_one_command_names_everything_that_can_be_new():
    from mlsd.cli import app

    text = CliRunner().invoke(app, ["new", "--help"]).output
    assert [kind for kind in ("lesson", "case", "exercise") if not re.search(rf"│ {kind}\s", text)] == []
