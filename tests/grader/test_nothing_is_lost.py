"""What a person or a student put into a classroom survives every command, or is kept where the command says."""

import sqlite3
from contextlib import closing
from pathlib import Path

from typer.testing import CliRunner

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
