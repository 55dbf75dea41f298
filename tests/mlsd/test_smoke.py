"""`mlsd smoke` finds what does not work, says what is left out, and writes nothing but a temporary folder.

`.ci/run` runs the whole of it; here each part is shown to fail where it must.
"""

import json
import os
import textwrap
from pathlib import Path

import pytest

from grader.errors import GraderError
from grader.sandbox import Level, probe
from mlsd import smoke
from mlsd.smoke import Case, HandIn, Step, run_notebook, steps, tried
from mlsd.user_folders import PLACES
from notebook_runner.course import KINDS, read_notebook

ROOT = Path(__file__).parents[2]


def broken() -> str:
    raise GraderError("the disk is full")


def test_a_failed_step_is_told_what_needs_it_is_not_tried_and_the_rest_goes_on():
    said: list[str] = []
    todo = [
        Step("train", broken),
        Step("ask", lambda: "200", needs="train"),
        Step("read", lambda: "seen"),
        Step("grade", broken, left_out="no bank"),
    ]
    assert tried(todo, said.append) == {
        "train": "failed", "ask": "not tried", "read": "passed", "grade": "left out"
    }  # fmt: skip
    lines = "".join(said).splitlines()
    assert [line.partition(" in 0 s; ") for line in lines] == [
        ("1 of 4  train: failed", " in 0 s; ", "the disk is full"),
        ("2 of 4  ask: not tried", " in 0 s; ", "it needs the step: train"),
        ("3 of 4  read: passed", " in 0 s; ", "seen"),
        ("4 of 4  grade: left out", " in 0 s; ", "no bank"),
    ]


@pytest.mark.parametrize(("run", "works"), [(broken, False), (lambda: "seen", True)])
def test_the_outcome_is_clear_and_the_temporary_folder_is_gone(run, works, monkeypatch):
    said: list[str] = []
    folders: list[Path] = []

    def one_step(root: Path, folder: Path, every_level: bool) -> list[Step]:
        folders.append(folder)
        return [Step("try", run)]

    monkeypatch.setattr(smoke, "steps", one_step)
    assert smoke.smoke(ROOT, said.append) is works
    assert ("The course works here: 1 steps passed" in said[-1]) is works
    assert ("1 of 1 steps did not work" in said[-1]) is not works
    assert not folders[0].exists()


def test_there_is_a_step_for_each_kind_of_notebook():
    kinds = {read_notebook(ROOT, ROOT / name).kind for name in smoke.NOTEBOOKS.values()}
    assert kinds | {"case_study"} == set(KINDS)


def test_a_student_edition_leaves_the_hand_in_out_and_says_why(tmp_path):
    left_out = {step.name: step.left_out for step in steps(tmp_path, tmp_path / "scratch") if step.left_out}
    assert list(left_out) == ["hand in a wrong answer", "grade it in the sandbox", "read its feedback"]
    assert set(left_out.values()) == {"a student edition has neither solutions nor a bank of wrong answers"}
    assert [step for step in steps(ROOT, tmp_path) if step.left_out] == []


def test_each_weaker_level_that_works_here_grades_too(tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "missing", lambda level: "" if level == Level.LIMITS else "no Landlock")
    names = [step.name for step in steps(ROOT, tmp_path, every_level=True)]
    assert [name for name in names if name.startswith("grade")] == [
        "grade it in the sandbox",
        "grade it in the sandbox at the level limits",
    ]


def test_what_programs_keep_in_a_home_folder_goes_to_the_temporary_folder(tmp_path):
    assert {
        name: Path(place).is_relative_to(tmp_path) for name, place in smoke._kept_in(tmp_path).items()
    } == dict.fromkeys(PLACES, True)


def test_a_notebook_that_fails_is_reported_with_its_cell(tmp_path):
    notebook = json.loads((ROOT / smoke.NOTEBOOKS["overview"]).read_text())
    [first, *_] = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    first["source"] = ["1 / 0"]
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "broken.ipynb").write_text(json.dumps(notebook))
    with pytest.raises(GraderError, match="ZeroDivisionError"):
        run_notebook(tmp_path, "chapters/broken.ipynb")


class Graded(HandIn):
    """A hand-in of which `mlsd` graded and fed back what the test wrote."""

    def _mlsd(self, *words: str) -> str:
        return ""


@pytest.fixture
def graded(tmp_path):
    for part in ("solutions", "grader/suites"):
        (tmp_path / part).mkdir(parents=True)
        (tmp_path / part / smoke.EXERCISE).symlink_to(ROOT / part / smoke.EXERCISE)
    return Graded(ROOT, tmp_path, {})


def test_points_that_the_bank_does_not_state_are_a_fault(graded):
    place = graded.course / "classroom" / "reports" / smoke.EXERCISE / smoke.STUDENT
    place.mkdir(parents=True)
    (place / "results.json").write_text('{"score": 4.0}')
    assert graded.grade() == "4 points, as its bank states"
    (place / "results.json").write_text('{"score": 20.0}')
    with pytest.raises(GraderError, match="it got 20 points, and its bank states 4"):
        graded.grade()


def test_feedback_that_does_not_say_what_was_wrong_is_a_fault(graded):
    place = graded.course / "classroom" / "feedback" / smoke.STUDENT / smoke.EXERCISE
    place.mkdir(parents=True)
    page = place / "page.html"
    page.write_text("at the <b>very</b> moment of an event (8 of 8); so their time does not count")
    assert graded.feedback() == 'it says "at the very moment of an event (8 of 8)"'
    page.write_text("well done")
    with pytest.raises(GraderError, match="the page does not say 'at the very moment"):
        graded.feedback()


SERVICE = """
    import http.server, json, signal, sys

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self, status=200, **answer):
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            self.do_GET(STATUS, action="keep", reason="a test")

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDS))
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[-1])), Answer).serve_forever()
"""


@pytest.mark.skipif(os.name == "nt", reason="there a server gets no SIGTERM")
@pytest.mark.parametrize(
    ("status", "ends", "outcome", "seen"),
    [
        (200, 0, "passed", "POST /predict: keep, because a test"),
        (503, 0, "failed", "HTTP Error 503"),
        (200, 3, "failed", "the service ended with status 3"),
    ],
)
def test_a_service_that_answers_or_ends_badly_is_a_fault(status, ends, outcome, seen, tmp_path):
    text = textwrap.dedent(SERVICE).replace("STATUS", str(status)).replace("ENDS", str(ends))
    (tmp_path / "tiny_service.py").write_text(text)
    said: list[str] = []
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "caller.key").touch()
    case = Case(tmp_path, tmp_path, {}, "tiny_service")
    assert tried([Step("ask", case.ask)], said.append) == {"ask": outcome}
    assert seen in "".join(said)


def test_a_case_that_cannot_be_trained_is_told_with_its_own_words(tmp_path):
    with pytest.raises(GraderError, match="No module named no_such_case"):
        Case(tmp_path, tmp_path, {}, "no_such_case").train()
