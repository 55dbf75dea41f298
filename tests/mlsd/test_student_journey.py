"""A student's way through a fresh edition: what is typed in a terminal and run in JupyterLab, from lesson to update."""

import hashlib
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from grader.released import pack
from grader.workflow.edition import PARTS
from grader.workflow.links import dead_links
from mlsd.lab import lab_environment
from tests.kernels import ReadersKernel

ROOT = Path(__file__).parents[2]
EXERCISE = "exercises/minimize_cost/minimize_cost.ipynb"
LESSON = "chapters/02_design_a_machine_learning_system/01_project_setup.ipynb"
RECALL = "chapters/recall/02_design_a_machine_learning_system/01_project_setup.toml"
ALONE = "import sys\nsys.meta_path[:] = [finder for finder in sys.meta_path if 'Editable' not in repr(finder)]\n"
"""The environment of these tests would find in the full repository what an edition lacks."""
OVERVIEW = "chapters/04_exercises/01_exercises.ipynb"
WEEK = timedelta(days=7)


class Student:
    """One who has unpacked an edition in `folder`, with a record of their own."""

    def __init__(self, edition: Path, place: Path) -> None:
        self.folder, self.record = shutil.copytree(edition, place / "course"), place / "record"
        (place / "alone").mkdir()
        (place / "alone" / "sitecustomize.py").write_text(ALONE)
        path = os.pathsep.join([str(self.folder), str(place / "alone")])
        self.environment = os.environ | lab_environment(os.environ)
        self.environment |= {"MLSD_HOME": str(self.record), "PYTHONPATH": path}

    def mlsd(self, line: str, typed: str = "", status: int = 0) -> str:
        """What a command says, of which `status` is the exit status."""
        return self.python("-m", "mlsd", *shlex.split(line), typed=typed, status=status)

    def python(self, *words: str, typed: str = "", status: int = 0) -> str:
        """What Python says in the course's folder."""
        done = subprocess.run(
            [sys.executable, *words], cwd=self.folder, env=self.environment, input=typed, capture_output=True, text=True
        )
        assert done.returncode == status, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def open(self, name: str) -> "Open":
        """A notebook in JupyterLab."""
        return Open(self.folder / name, self.environment)


def text_of(output: dict) -> str:
    """What one output says, as text and as HTML."""
    data = {kind: text for kind, text in output.get("data", {}).items() if kind.startswith("text/")}
    return "\n".join([output.get("text", ""), *output.get("traceback", ()), *data.values()])


class Open:
    """A notebook with a kernel: cells are written, run, and saved with what they showed."""

    def __init__(self, path: Path, environment: dict[str, str]) -> None:
        self.path, self.notebook = path, json.loads(path.read_text())
        self.cells = {cell["id"]: cell for cell in self.notebook["cells"]}
        self.kernel = ReadersKernel(str(path.parent), environment | {"JPY_SESSION_NAME": str(path)})

    def __enter__(self) -> "Open":
        return self

    def __exit__(self, *_: object) -> None:
        self.path.write_text(json.dumps(self.notebook, indent=1, ensure_ascii=False) + "\n")
        self.kernel.close()

    def write(self, sources: dict[str, str]) -> None:
        """Replace the texts of cells, by their ids."""
        for name, source in sources.items():
            self.cells[name]["source"] = source

    def solution(self, name: str) -> str:
        """The code of a folded solution."""
        return re.search(r"```python\n(.*?)```", "".join(self.cells[f"{name}-solution"]["source"]), re.DOTALL)[1]

    def run(self, *names: str) -> str:
        """All that these cells showed, as text and as HTML."""
        shown = []
        for name in names:
            self.kernel.run("".join(self.cells[name]["source"]), name)
            self.cells[name] |= {"outputs": self.kernel.outputs, "execution_count": len(shown) + 1}
            shown += map(text_of, self.kernel.outputs)
        return "\n".join(shown)

    def run_on(self, after: str = "") -> str:
        """The cell at which *Run all below* `after` stops."""
        names = [name for name, cell in self.cells.items() if cell["cell_type"] == "code"]
        for name in names[names.index(after) + 1 if after else 0 :]:
            self.run(name)
            if any(output["output_type"] == "error" for output in self.cells[name]["outputs"]):
                return name
        return ""


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    folder = tmp_path_factory.mktemp("released") / "edition"
    release = [sys.executable, "-m", "mlsd", "release", "--to", str(folder)]
    done = subprocess.run(release, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "no leak found" in done.stdout
    return folder


def test_an_edition_has_what_students_need_and_nothing_that_grades(edition):
    kept = subprocess.run(["git", "ls-files", *PARTS], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    missing = {name for name in kept.splitlines() if not (edition / name).exists() and (ROOT / name).exists()}
    graders = ("/hidden/", "/bank/", "/instructors/", "/jupyter_server_config.d/", "/formgrade_rubric/")
    assert {name for name in missing if not any(part in name for part in graders)} == set()
    assert list(dead_links(edition)) == []
    assert sorted(path.name for path in (edition / "grader").iterdir()) == [
        "__init__.py", "errors.py", "grading", "jupyter", "names.py", "released.py", "secret.py", "suite_kit", "suites",
        "workflow", "write_errors.py",
    ]  # fmt: skip
    assert sorted(path.stem for path in edition.glob("grader/[gw]*/**/*.py") if path.stem != "__init__") == [
        "limits", "notebook_parser", "wrong_exercise"
    ]  # fmt: skip


@pytest.fixture(scope="module")
def student(edition, tmp_path_factory):
    """One who has read, run and saved a lesson."""
    student = Student(edition, tmp_path_factory.mktemp("student"))
    assert "sound  packages" in student.mlsd("doctor")
    assert "formgrader" not in student.mlsd("--help")
    assert student.mlsd("status").startswith("Begin: Start here")
    assert "You have come to nothing yet that is asked again" in student.mlsd("recall")
    studies_a_lesson(student)
    return student


def test_every_suite_is_imported_from_the_edition_alone(student):
    suites = ", ".join(f"grader.suites.{path.parent.name}" for path in student.folder.glob("grader/suites/*/suite.py"))
    code = (
        f"import mlsd.cli, {suites}, mlsd_lib, case_studies, grader\nfor m in (grader, mlsd, mlsd_lib, case_studies):"
    )
    assert {*student.python("-c", f"{code} print(m.__path__[0].rpartition('/')[0])").splitlines()} == {
        str(student.folder)
    }


def studies_a_lesson(student: Student) -> None:
    """Two predictions, one passed over, a wrong answer and two right ones; then it is saved with outputs."""
    with student.open(LESSON) as lesson:
        assert lesson.run_on() == "lead-predict"
        assert "Write your 90 % interval, in frauds a day" in text_of(lesson.cells["lead-predict"]["outputs"][0])
        predict(lesson, "lead-predict", 2, 9)
        assert lesson.run_on("lead-predict") == "threshold-predict"
        assert re.search("Measured: .* You said 2 to 9: the value lies", lesson.run("decided"))
        right = lesson.solution("test-days")
        lesson.write({"test-days-answer": right.replace("math.ceil", "int")})
        said = lesson.run("test-days-answer", "test-days-check")
        assert "gave 31; expected 32. A part of a day is no day: round up." in said
        lesson.write({"test-days-answer": right})
        assert "pass. 3 of 3" in lesson.run("test-days-answer", "test-days-check")
        assert "2 questions are due" in student.mlsd("status")  # what follows would give predictions away
        predict(lesson, "threshold-predict", 90, 99)
        assert lesson.run_on("threshold-predict") == "spec-predict"
        lesson.write({"threshold-answer": lesson.solution("threshold")})
        assert "pass. " in lesson.run("threshold-answer", "threshold-check")
        lesson.run("spec-predict")
        assert lesson.run_on("spec-predict") == ""
        assert "11 of 11 claims hold" in text_of(lesson.cells["claims-money"]["outputs"][0])


def predict(notebook: Open, cell: str, low: float, high: float) -> None:
    """Write an interval into a cell that asks for one, and run it."""
    source = "".join(notebook.cells[cell]["source"])
    notebook.cells[cell]["source"] = source.replace("low=None", f"low={low}").replace("high=None", f"high={high}")
    assert f"You expect {low} to {high}" in notebook.run(cell)


def test_what_was_saved_with_outputs_is_checked_and_left_as_it_is(student):
    mine = (student.folder / LESSON).read_bytes()
    assert "1 passed" in student.mlsd(f"check {LESSON}")
    assert (student.folder / LESSON).read_bytes() == mine
    said = student.mlsd("status")
    assert said.startswith("Continue with: Project set-up, further")
    assert "5 questions are due on what you have come to" in said


@pytest.mark.tools
def test_pages_show_what_a_student_wrote_and_say_so(student, tmp_path):
    """Of a copy with the lesson and what it requires: tests/mlsd/test_site.py makes the pages of the whole course."""
    if not (ROOT / ".venv-site" / "made-from").exists():
        pytest.skip("there is no .venv-site")
    reader = Student(student.folder, tmp_path)
    (reader.folder / ".venv-site").symlink_to(ROOT / ".venv-site")
    for path in {*reader.folder.rglob("*.ipynb")} - {reader.folder / name for name in required(reader.folder, LESSON)}:
        path.unlink()
    said = reader.mlsd("site")
    assert f"{LESSON}: as you saved it, with your answers" in said
    page = (reader.folder / "pages" / LESSON).with_suffix(".html").read_text()
    assert "From your own copy of this notebook" in page
    assert "You said 2 to 9: the value lies" in page


def required(folder: Path, name: str) -> set[str]:
    """The notebook `name` and all that it requires."""
    stated = json.loads((folder / name).read_text())["metadata"]["mlsd"].get("requires", [])
    return {name}.union(*(required(folder, other) for other in stated))


def test_an_exercise_is_answered_handed_in_and_kept_through_an_update(student, edition, tmp_path):
    answers_an_exercise(student)
    hands_it_in(student)
    a_new_edition_comes(student, changed_edition(edition, tmp_path / "new"))


def answers_an_exercise(student: Student) -> None:
    """Run it as it is, then with one answer wrong, then with all of them right; save it with outputs."""
    solution = json.loads((ROOT / EXERCISE.replace("exercises", "solutions", 1)).read_text())["cells"]
    right = {cell["id"]: without_marks(cell["source"]) for cell in solution if "### BEGIN" in "".join(cell["source"])}
    with student.open(EXERCISE) as exercise:
        assert exercise.run_on() == ""
        assert "not attempted" in exercise.run("test-numbers")
        wrong = right["break-even"].replace('24 * offer["reserved_hour"]', 'offer["reserved_hour"]')
        exercise.write(right | {"break-even": wrong})
        said = exercise.run(*right, "test-numbers")
        assert "partial, 4 of 5 points" in said
        assert "break_even_hours is too low in 6 of 6" in said
        assert "In production: a year is paid for machines that run in the evening" in said
        exercise.write({"break-even": right["break-even"]})
        assert "pass, 5 of 5 points" in exercise.run("break-even", "test-numbers")
        assert student.mlsd("status").startswith("Continue where you were: Minimize cost")
        assert exercise.run_on("policy") == ""
    said = student.mlsd("status")
    assert said.startswith("Continue with: Reduce latency")
    assert re.search(r"Minimize cost +\[#{20}\]  20 of 20 points", said)
    with student.open(OVERVIEW) as overview:
        assert re.search(r"\[Minimize cost[^|]*\|.*\| 20 of 20 points \|", overview.run("imports", "table"))


def without_marks(source: list[str]) -> str:
    """A solution as a student would write it."""
    return "".join(line for line in source if "### " not in line)


def hands_it_in(student: Student) -> None:
    assert "1 passed" in student.mlsd("check minimize_cost")
    said = student.mlsd("submit minimize_cost")
    assert "answers changed: break-even, spare" in said
    assert "answers as released: decision-record\nanswers missing: none\n" in said
    assert re.search(r"points of your own last runs: 20 of 20, at .* UTC; the notebook was saved at .* UTC\n", said)
    copy = student.folder / re.search("Hand in this copy: (.*)", said)[1]
    assert copy.read_bytes() == (student.folder / EXERCISE).read_bytes()
    digest = hashlib.sha256(copy.read_bytes()).hexdigest()
    assert f"sha256 of minimize_cost.ipynb: {digest}\n" in copy.with_name("receipt.txt").read_text()


def changed_edition(edition: Path, folder: Path) -> Path:
    """The next edition: the exercise has another statement, and one answer cell another starter."""
    shutil.copytree(edition, folder)
    notebook = json.loads((folder / EXERCISE).read_text())
    notebook["cells"][0]["source"].append("\nSecond edition.")
    starter = next(cell for cell in notebook["cells"] if cell["id"] == "cache")
    starter["source"].append("\n# For each of the sizes.")
    (folder / EXERCISE).write_text(json.dumps(notebook, indent=1))
    pack(folder)
    return folder


def a_new_edition_comes(student: Student, new: Path) -> None:
    mine = (student.folder / EXERCISE).read_bytes()
    assert "Nothing was written" in student.mlsd(f"update {new} --dry-run")
    assert (student.folder / EXERCISE).read_bytes() == mine
    said = student.mlsd(f"update {new}")
    assert [line for line in said.splitlines() if ".ipynb" in line] == [f"merged      {EXERCISE}"]
    kept = re.search("What you had before is kept in (.*)", said)[1]
    assert (student.folder / kept / EXERCISE).read_bytes() == mine
    merged = json.loads((student.folder / EXERCISE).read_text())["cells"]
    changed = [cell["id"] for cell, before in zip(merged, json.loads(mine)["cells"], strict=True) if cell != before]
    assert changed == [merged[0]["id"]]  # the statement is new; answers and outputs are as they were
    assert "".join(merged[0]["source"]).endswith("Second edition.")
    assert "already; nothing was changed" in student.mlsd(f"update {new}")
    assert "1 unchanged" in student.mlsd("check minimize_cost")
    assert "answers changed: break-even, spare" in student.mlsd("submit minimize_cost")
    said = student.mlsd(f"reset {EXERCISE}")
    kept = re.search("What was there is kept: (.*)", said)[1]
    assert json.loads((student.folder / kept).read_text())["cells"] == merged
    assert (student.folder / EXERCISE).read_bytes() == (new / EXERCISE).read_bytes()


def test_questions_come_back_after_days_and_what_was_answered_is_kept(student):
    asked = tomllib.loads((ROOT / RECALL).read_text())["question"]
    said = student.mlsd("recall", typed="\n")
    assert "1 of 5, Project set-up" in said
    assert f"Measured in {LESSON}, under 'Is the model better?'" in said
    assert "Stopped. What you answered is kept" in said
    (right,) = (answer["says"] for answer in asked[1]["answers"] if answer.get("right"))
    number = re.search(rf"^  (\d)  {re.escape(right)}$", said, re.MULTILINE)[1]
    assert "Right. " in student.mlsd("recall --limit 1", typed=f"{number}\n")
    assert "0 of 2 right" in student.mlsd("recall --limit 2", typed="\n\n")
    assert "1 question is due" in student.mlsd("status")
    assert "0 of 1 right" in student.mlsd("recall", typed="\n")
    assert "Nothing is due now. The next question comes on" in student.mlsd("recall")
    a_week_passes(student)
    assert "5 questions are due" in student.mlsd("status")


def a_week_passes(student: Student) -> None:
    """All moments of the record's questions are a week earlier, so that a week has passed since."""
    with closing(sqlite3.connect(student.record / "reader.db")) as connection, connection:
        for key, text in connection.execute("SELECT id, card FROM recalls").fetchall():
            card = json.loads(text)
            moments = {name: datetime.fromisoformat(card[name]) - WEEK for name in ("due", "last_review")}
            earlier = json.dumps(card | {name: moment.isoformat() for name, moment in moments.items()})
            connection.execute("UPDATE recalls SET card = ? WHERE id = ?", (earlier, key))
