"""What a person or a student put into a classroom survives every command, or is kept where the command says."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from grader.errors import GraderError
from grader.workflow.gradebook_copies import FOLDER, KEPT
from mlsd.cli import app
from tests import toy_course as toy


def typed(course, *words: str):
    return CliRunner().invoke(app, [*words, "--course", str(course.root)], catch_exceptions=False)


def test_feedback_leaves_a_folder_that_holds_what_it_did_not_make(marked):
    assert typed(marked, "feedback", toy.NAME, "--student", "right").exit_code == 0
    own = marked.folder("feedback", "right", toy.NAME) / "letter.html"
    own.write_text("my own")
    for force in ((), ("--force",)):
        done = typed(marked, "feedback", toy.NAME, "--student", "right", *force)
        assert done.exit_code == 1
        assert "holds letter.html, which feedback did not make. Move it elsewhere" in done.output
    assert own.read_text() == "my own"


def test_an_edited_exercise_is_kept_when_it_is_generated_anew(marked):
    path = marked.folder("release", name=toy.NAME) / "values.csv"
    for text in ("mine", "mine again"):
        path.write_text(text)
        assert typed(marked, "release", toy.NAME, "--force").exit_code == 0
    kept = sorted((marked.home / "replaced_exercises").glob("*/values.csv"))
    assert [file.read_text() for file in kept] == ["mine", "mine again"]
    assert path.read_text() == "value\n1\n"


def students_in(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as book:
        return {student for (student,) in book.execute("SELECT id FROM student")}


def test_the_gradebook_as_it_was_is_named_in_the_last_line_and_five_are_kept(marked, tmp_path):
    roster = tmp_path / "class.csv"
    before = students_in(marked.database)
    for number in range(KEPT + 2):
        roster.write_text(f"id\nnew{number}\n")
        last = typed(marked, "roster", str(roster), "--remove").output.splitlines()[-1]
        copy = Path(last.removeprefix("The gradebook as it was before: "))
        assert students_in(copy) == before | ({f"new{number - 1}"} if number else set())
    assert len(list((marked.home / FOLDER).iterdir())) == KEPT


NAMES = st.sampled_from([toy.NAME, "halfs", "..", "../..", ".", "", "/", "submitted", "*", "a/b"])
WORDS = st.sampled_from(["--student=*", "--student=..", "--force", "--yes", "--late-days=2", "--stock"])
VERBS = ("feedback", "export", "report", "marks", "shares", "deadline", "plan", "release", "collect", "roster")


@settings(max_examples=12, deadline=None)
@example(verb="feedback", name="../..", words=[])
@example(verb="release", name="halves", words=["--force"])
@given(verb=st.sampled_from(VERBS), name=NAMES, words=st.lists(WORDS, max_size=2, unique=True))
def test_no_verb_with_any_argument_loses_a_file_or_a_mark(verb, name, words, marked_once, tmp_path_factory):
    root = tmp_path_factory.mktemp("any") / "course"
    shutil.copytree(marked_once.root, root)
    course = toy.Course.open(root)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and path != course.database}
    marks = marks_in(course.database)
    result = CliRunner().invoke(app, [verb, *words, "--course", str(root), "--", name])
    assert result.exception is None or isinstance(result.exception, GraderError | SystemExit)
    kept = {path.read_bytes() for path in root.parent.rglob("*") if path.is_file()}
    assert [path for path, content in before.items() if not path.is_file() and content not in kept] == []
    handed_in = [path for path in before if "submitted" in path.parts]
    assert all(path.read_bytes() == before[path] for path in handed_in)
    assert marks_in(course.database) == marks
    shutil.rmtree(root.parent)


def marks_in(database: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as book:
        return book.execute("SELECT auto_score, manual_score, extra_credit FROM grade ORDER BY id").fetchall()
