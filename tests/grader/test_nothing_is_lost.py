"""What a person or a student put into a classroom survives every command, or is kept where the command says."""

import shutil
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.errors import GraderError
from grader.grading.output.lock import LOCK
from grader.whole_files import write_whole
from grader.workflow import feedback
from grader.workflow.gradebook_copies import FOLDER, KEPT, kept_copy
from tests import toy_course as toy
from tests.grader.grading.engine_course import mlsd
from tests.mlsd.test_bad_input import Terminal, all_verbs


def test_feedback_leaves_a_folder_that_holds_what_it_did_not_make(marked):
    assert mlsd(marked, "feedback", toy.NAME, "--student", "right").exit_code == 0
    own = marked.folder("feedback", "right", toy.NAME) / "letter.html"
    own.write_text("my own")
    for force in ((), ("--force",)):
        done = mlsd(marked, "feedback", toy.NAME, "--student", "right", *force)
        assert done.exit_code == 1
        assert "holds letter.html, which feedback did not make. Move it elsewhere" in done.output
    assert own.read_text() == "my own"


def students_in(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as book:
        return {student for (student,) in book.execute("SELECT id FROM student")}


def test_the_gradebook_as_it_was_is_named_in_the_last_line_and_five_are_kept(marked, tmp_path):
    roster = tmp_path / "class.csv"
    before = students_in(marked.database)
    for number in range(KEPT + 2):
        roster.write_text(f"id\nnew{number}\n")
        last = mlsd(marked, "roster", str(roster), "--remove").output.splitlines()[-1]
        copy = Path(last.removeprefix("The gradebook as it was before: "))
        assert students_in(copy) == before | ({f"new{number - 1}"} if number else set())
    assert len(list((marked.home / FOLDER).iterdir())) == KEPT


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such locks")
def test_feedback_is_written_while_nobody_grades(marked, monkeypatch):
    import fcntl

    really = feedback.give_feedback

    def asked_in_between(*arguments):
        with (marked.home / LOCK).open() as grader, pytest.raises(BlockingIOError):
            fcntl.flock(grader, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield from really(*arguments)

    monkeypatch.setattr(feedback, "give_feedback", asked_in_between)
    assert mlsd(marked, "feedback", toy.NAME).exit_code == 0


def test_commands_of_one_moment_keep_a_copy_each(marked):
    def command(number: int) -> Path:
        with kept_copy(marked) as copy, closing(sqlite3.connect(marked.database)) as book, book:
            book.execute("INSERT INTO student (id) VALUES (?)", (f"new{number}",))
        write_whole(marked.home / "report.csv", f"{number}" * 9_999)
        return copy

    before = students_in(marked.database)
    with ThreadPoolExecutor(KEPT) as pool:
        copies = [*pool.map(command, range(KEPT))]
    assert {*(marked.home / FOLDER).iterdir()} == {*copies}
    assert len({*copies}) == KEPT
    assert all(before <= students_in(copy) for copy in copies)
    assert len({*(marked.home / "report.csv").read_text()}) == 1


def test_a_gradebook_that_another_program_holds_is_left_and_named(marked, tmp_path):
    (roster := tmp_path / "class.csv").write_text("id\nnew\n")
    before = marked.database.read_bytes()
    with closing(sqlite3.connect(marked.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for words in (("deadline", toy.NAME), ("roster", str(roster))):
            with pytest.raises(GraderError, match=f"another program holds {marked.database}. Close it"):
                mlsd(marked, *words)
    assert marked.database.read_bytes() == before
    assert not (marked.home / FOLDER).exists()


VERBS = {
    verb: params
    for verb, params in all_verbs().items()
    if any("--course" in param.opts for param in params)
    and verb not in ("formgrader", "doctor")  # a server; another place
}
NAMES = st.sampled_from(
    [
        toy.NAME, "right", "wrong", "*", "[rw]*", "..", "../..", ".", "", "/", "a/b", "halfs", "HALVES", "--yes", "%s",
        "halves\x1b[2J", "halves\n", "hal\N{ZERO WIDTH SPACE}ves", "\N{LATIN SMALL LETTER LONG S}", "x" * 300, "UTC",
        "submitted", "csv", "moodle", "zero", "none", "sealed", "limits", "10%/day", "2d", "2026-11-20 10:00",
    ]
)  # fmt: skip
HANDED_IN = "course/classroom/submitted/right/halves/halves.ipynb"
NUMBERS = st.sampled_from(["-1", "0", "1", "2", "99999999999999999999", "x", "1e9", "\N{ARABIC-INDIC DIGIT TWO}"])
PLACES = st.sampled_from(
    [
        "own", "own/letter.txt", "own/class.csv", "own/new.csv", "own/link", "course", ".", "..", "nowhere/new", "",
        "course/solutions", "course/nbgrader_config.py", "course/exercises", "course/classroom", "course/classroom/new",
        "course/classroom/gradebook.db", "course/classroom/submitted", "course/classroom/submitted/right",
        HANDED_IN, "course/classroom/autograded", "own/\x1b[2J", "own/%s",
    ]
)  # fmt: skip


@st.composite
def commands(draw):
    """A verb and what may stand behind it, by its own list of parameters."""
    verb = draw(st.sampled_from(sorted(VERBS)))
    options, arguments = [], []
    for param in VERBS[verb]:
        kind, option = str(param.type_descriptor.annotation), param.opts[0].startswith("--")
        if param.opts[0] in ("--scheduler", "--course") or (option and draw(st.integers(0, 2))):
            continue
        values = PLACES if "Path" in kind else NUMBERS if "int" in kind else NAMES
        count = 2 if "tuple" in kind else draw(st.integers(0, 2)) if "list" in kind else 1
        if "bool" in kind:
            options.append(param.opts[0])
        elif option:
            options += [param.opts[0], *(draw(values) for _ in range(count))]
        else:
            right = st.just({"file": "own/class.csv", "source": "own", "place": "own"}.get(param.name, toy.NAME))
            arguments += [draw(right | values) for _ in range(count)]
    course = "course" if draw(st.integers(0, 9)) else draw(PLACES)
    return [*verb.split(), *options, "--course", course, *draw(st.sampled_from([["--"], []])), *arguments]


MADE_BY_GRADING = {
    "autograded", "calibrations", "feedback", "logs", "released_texts", "reports", ".mlsd-grade.lock",
}  # fmt: skip


def rows_in(database: Path) -> set[tuple[object, ...]]:
    """What people entered: students, marks and comments by hand; and the hand-ins."""
    queries = (
        "SELECT id FROM student", "SELECT cell_id, notebook_id, manual_score, extra_credit FROM grade",
        "SELECT cell_id, notebook_id, manual_comment FROM comment", "SELECT id, student_id FROM submitted_assignment",
    )  # fmt: skip
    with closing(sqlite3.connect(database)) as book:
        return {(query, *row) for query in queries for row in book.execute(query)}


@pytest.fixture(scope="module")
def whole(marked_once, tmp_path_factory):
    """A class with marks and comments by hand, an exercise that was edited, and files of the instructor's own."""
    root = tmp_path_factory.mktemp("whole") / "here"
    shutil.copytree(marked_once.root, root / "course")
    (root / "course" / "exercises" / toy.NAME / "values.csv").write_text("mine")
    (root / "own").mkdir()
    (root / "own" / "letter.txt").write_text("my own letter")
    (root / "own" / "class.csv").write_text("id,name\nright,Ada\nnew,Bo\n")
    (root / "own" / "link").symlink_to(root / "course" / "classroom" / "submitted")
    with closing(sqlite3.connect(root / "course" / "classroom" / "gradebook.db")) as book:
        book.execute("UPDATE grade SET manual_score = 1.5, extra_credit = 0.5")
        book.execute("UPDATE comment SET manual_comment = 'see me'")
        book.commit()
    return root


@pytest.fixture(scope="module")
def terminal(whole):
    yield (opened := Terminal(whole))
    opened.close()


@settings(max_examples=60, deadline=None)
@example(command=["feedback", "../..", "--course", "course"])
@example(command=["release", "halves", "--force", "--course", "course"])
@example(command=["export", "halves", "--to", "own/letter.txt", "--course", "course"])
@example(command=["report", "halves", "--to", "course/classroom/gradebook.db", "--course", "course"])
@example(command=["marks", "halves", "--to", HANDED_IN, "--course", "course"])
@example(command=["grade", "halves", "--force", "--course", "course"])
@example(command=["regrade", "halves", "--all", "--yes", "--course", "course"])
@given(command=commands())
def test_no_verb_with_any_argument_loses_a_file_or_a_mark(command, whole, terminal, tmp_path_factory):
    here = tmp_path_factory.mktemp("any") / "deep" / "here"
    shutil.copytree(whole, here, symlinks=True)
    (here / "own" / "link").unlink()
    (here / "own" / "link").symlink_to(here / "course" / "classroom" / "submitted")
    book = here / "course" / "classroom" / "gradebook.db"
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file() and path != book}
    rows = rows_in(book)
    status, said = terminal.answer(command, here)
    assert status in (0, 1, 2), said
    assert "Traceback" not in said
    assert status == 0 or said.strip()
    kept = {path.read_bytes() for path in here.parents[1].rglob("*") if path.is_file()}
    assert [
        path for path, content in before.items() if content not in kept and not MADE_BY_GRADING & {*path.parts}
    ] == [], said
    assert [path for path in before if "submitted" in path.parts and path.read_bytes() != before[path]] == []
    assert rows <= set().union(*map(rows_in, [book, *here.rglob(f"{FOLDER}/*")])), said
    shutil.rmtree(here.parents[1])
