"""Every verb of `mlsd` with what people mistype: one plain answer that names it, no traceback, and nothing lost.

`CALLS` holds a right call of each verb. Its arguments that name something are written `KIND:VALUE`; each in turn is
replaced by all that `BAD` holds for its kind. A verb that is not there, or has a path or name that is not tried, fails.
"""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing, suppress
from pathlib import Path

import pytest
from typer.main import get_command

from grader.workflow.release import release
from mlsd.cli import app
from tests import toy_course as toy
from tests.grader.grading import engine_course
from tests.mlsd.student_course import student_course
from tests.prepared import once

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is forked there")
ROOT = Path(__file__).parents[2]
MOST_LINES = 7  # of an answer; six of them are the known headings of a roster
STOPPED = "mlsd: Stopped; nothing is half-written. To go on, run the same command again."
COURSE = "--course course:course"
CALLS = {
    "notebooks": ["notebook:reduce_latency"],
    "check": ["notebook:reduce_latency"],
    "status": [""],
    "recall": ["lesson:performance_requirements"],
    "submit": ["exercise:reduce_latency --from edition:../student"],
    "reset": ["exercise:reduce_latency --from edition:../student"],
    "update": ["edition:../student"],
    "release": [f"exercise:halves {COURSE}", f"--to new-folder:new {COURSE}"],
    "collect": [
        f"exercise:halves hand-ins:class --timezone zone:Europe/Berlin {COURSE}",
        f"exercise:halves class --map table:map.csv --times table:times.csv --groups table:groups.csv {COURSE}",
    ],
    "grade": [f"exercise:halves --student student:wrong --sandbox level:namespaces {COURSE}"],
    "feedback": [f"exercise:halves --student student:wrong {COURSE}"],
    "leaks": [f"folder:student {COURSE}"],
    "formgrader": [f"{COURSE} --port port:8899"],
    "regrade": [
        f"exercise:halves --student student:wrong {COURSE}",
        f"exercise:halves --requests table:requests.csv --sandbox level:namespaces {COURSE}",
    ],
    "marks": [f"exercise:halves --student student:wrong --to file:out.csv {COURSE}"],
    "shares": [f"exercise:halves grader:ada {COURSE}"],
    "report": [f"exercise:halves --to file:out.html {COURSE}"],
    "demo": ["new-folder:new --no-browser"],
    "roster": [f"table:class.csv {COURSE}"],
    "deadline": [
        f"exercise:halves --due moment:none --penalty share:10%/day {COURSE}",
        f"exercise:halves --due none --timezone zone:UTC {COURSE}",
        f"exercise:halves --student student:wrong --extend length:2d --next-round {COURSE}",
    ],
    "export": [f"exercise:halves --format form:csv --missing mark:zero --to file:out.csv {COURSE}"],
    "certificate": [COURSE],
    "bank": ["exercise:reduce_latency"],
    "links": [""],
    "simulate": ["table:design.yaml --scenario scenario:steady --arrivals table:arrivals.csv --out file:out.html"],
    "measure": ["url:http://127.0.0.1:9/predict --row row:{} --out file:out.yaml"],
    "monitor": ["url:http://127.0.0.1:9 --windows 1 --out file:out.html"],
    "site": ["--out new-folder:pages"],
    "lab": ["--port port:8899"],
    "test": [""],
    "smoke": [""],
    "doctor": ["--course place:full"],
    "new case": ["case:forecast --course place:full"],
    "new lesson": ["lesson-place:01_introduction/09_new"],
    "new exercise": ["new-exercise:halve --course place:full"],
}
STUDENTS = {"notebooks", "check", "status", "recall", "submit", "reset", "update", "site", "lab", "test"}
FREE = {  # what takes any text, or what only another machine can refuse
    "--column", "--comment", "--dask", "--room", "--scheduler", "--section", "--title",
}  # fmt: skip
TYPED = {"level", "zone", "length", "moment", "share", "form", "mark", "scenario", "port", "row", "url"}
NAMES = {"exercise", "student", "lesson", "notebook"}
PATHS = {
    "table": ("nowhere", "empty", "noise", "v3.ipynb", "."),
    "hand-ins": ("nowhere", "empty", "noise", "v3.ipynb", "pipe"),
    "edition": ("nowhere", "empty", "noise", "pipe", "other.zip"),
    "notebook": ("v3.ipynb", "noise", "empty"),
    "file": ("empty", "text.txt/out", "long-name" * 30),
    "new-folder": ("text.txt", "class"),
    "folder": ("nowhere", "text.txt", "class"),
    "place": ("nowhere", "empty", "text.txt"),
    "course": ("nowhere", "empty", "text.txt", "noise_db", "later_db"),
}
OTHERS = {
    "case": ("No Name", "fraud.x"), "new-exercise": ("No Name",), "lesson-place": ("nowhere",), "grader": ("a/b",),
}  # fmt: skip
ENDED_OTHERWISE = {  # programs that answer Ctrl-C themselves; a term of two minutes; what needs the whole course
    "lab", "formgrader", "test", "demo", "smoke", "bank", "links",
}  # fmt: skip
READS_NOTEBOOKS = (
    "check", "status", "submit", "release", "collect", "grade", "feedback", "regrade",
    "report", "export", "leaks", "reset", "update",
)  # fmt: skip
READS_NO_GRADEBOOK = {"certificate", "formgrader", "leaks"}
ALWAYS_WRITTEN = ("classroom/reports/halves_collect.csv", "classroom/.mlsd-grade.lock")


def all_verbs() -> dict[str, list]:
    """The parameters of each verb, as the program lists them."""
    commands = get_command(app).commands
    found = {name: command for name, command in commands.items() if not hasattr(command, "commands")}
    for group in set(commands) - set(found):
        found |= {f"{group} {name}": command for name, command in commands[group].commands.items()}
    return {name: command.params for name, command in found.items()}


def mistyped(name: str) -> str:
    return name[:-2] + name[-1]


def bad_values(verb: str, kind: str, right: str) -> list[str]:
    """What is tried in place of an argument of a right call, as it is typed in the verb's folder."""
    places = PATHS.get(kind, ())[: 3 if verb in READS_NO_GRADEBOOK else None]
    typed = [f"../{place}" if verb in STUDENTS else place for place in places]
    if kind in NAMES:
        typed.append(mistyped(right))
    return [*typed, *([f"{right}?"] if kind in TYPED else []), *OTHERS.get(kind, ())]


def cases():
    for verb, arguments in ((verb, call.split()) for verb, calls in CALLS.items() for call in calls):
        for place, argument in enumerate(arguments):
            kind, _, right = argument.partition(":")
            for bad in bad_values(verb, kind, right) if right else ():
                words = [*map(plain, arguments[:place]), bad, *map(plain, arguments[place + 1 :])]
                yield pytest.param(verb, kind, right, bad, words, id=f"{verb}, {kind} {bad}")


def plain(argument: str) -> str:
    """An argument of a right call as it is typed."""
    return argument if argument.startswith("--") else argument.partition(":")[2] or argument


def folder_of(verb: str) -> str:
    """Where a person types a verb, below the folder that `made` fills."""
    return "student" if verb in STUDENTS else "full" if verb == "new lesson" else "."


def other_gradebook(place: Path, name: str) -> Path:
    shutil.copytree(place / "course", place / name)
    return place / name / "classroom" / "gradebook.db"


def made(place: Path) -> None:
    """A course whose class was graded, a student's copy, and files of every wrong kind."""
    course = toy.make(place / "course")
    release(course, toy.NAME)
    toy.hand_in_five(course)
    engine_course.run(course, jobs=1)
    student_course(place / "student")
    shutil.copy(ROOT / "chapters" / "00_start_here.ipynb", place / "student" / "chapters")
    for folder in ("empty", "full/tests", "full/solutions"):
        (place / folder).mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", place / "full")
    (place / "noise").write_bytes(bytes(range(256)) * 20)
    (place / "text.txt").write_text("notes\n")
    (place / "v3.ipynb").write_text(json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": []}]}))
    with zipfile.ZipFile(place / "other.zip", "w") as archive:
        archive.writestr("notes.txt", "nothing of a course")
    shutil.copytree(place / "course" / "exercises" / "halves", place / "class" / "ada")
    tables = {
        "map.csv": "name,student\nada,ada\n", "times.csv": "name,received\nada,2026-11-20 08:00\n",
        "groups.csv": "group,student\nred,ada\n", "class.csv": "id,name\nada,Ada\n",
        "requests.csv": "id,item,reason\n", "arrivals.csv": "count\n60\n60\n", "design.yaml": "replicas: {count: 2}\n",
    }  # fmt: skip
    for name, text in tables.items():
        (place / name).write_text(text)
    other_gradebook(place, "noise_db").write_bytes(b"no database, but a text\n" * 99)
    with closing(sqlite3.connect(other_gradebook(place, "later_db"))) as book:
        book.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
        book.commit()


def digest(place: Path) -> dict[str, str]:
    """Every file below `place` with its content, a gradebook with its rows."""
    return {
        path.relative_to(place).as_posix(): hashlib.sha1(content(path)).hexdigest()
        for path in place.rglob("*")
        if path.is_file() and not path.as_posix().endswith(ALWAYS_WRITTEN)
    }


def content(path: Path) -> bytes:
    if path.suffix == ".db":
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path)) as book:
            return "".join(line for line in book.iterdump() if line.startswith("INSERT")).encode()
    return path.read_bytes()


class Terminal:
    """Types verbs in the folder of `made`; each runs in a process of its own."""

    def __init__(self, place: Path, *before: str) -> None:
        self.place = place
        command = [*before, sys.executable, "-m", "tests.mlsd.forked_verbs"]
        self.server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def type(self, verb: str, words: list[str], interrupt: bool = False) -> tuple[int, str]:
        """The status and the answer; what lies in the folder must be as before."""
        before = digest(self.place)
        answer = self.typed(verb, words, interrupt)
        assert digest(self.place) == before, answer[1]
        return answer

    def typed(self, verb: str, words: list[str], interrupt: bool = False, folder: str = "") -> tuple[int, str]:
        """The status and the answer."""
        return self.answer([*verb.split(), *words], self.place / (folder or folder_of(verb)), interrupt)

    def answer(self, words: list[str], here: Path, interrupt: bool = False) -> tuple[int, str]:
        """The status and the answer of `mlsd WORDS`, typed in a folder."""
        asked = {"words": words, "folder": str(here), "interrupt": str(self.place) * interrupt}
        self.server.stdin.write(json.dumps(asked) + "\n")
        self.server.stdin.flush()
        answer = json.loads(self.server.stdout.readline())
        return answer["status"], answer["text"]

    def close(self) -> None:
        self.server.stdin.close()
        self.server.wait()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    shutil.copytree(once(tmp_path_factory, "person", made), folder := tmp_path_factory.mktemp("person") / "here")
    os.mkfifo(folder / "pipe")  # nobody writes into it: who opened it would wait for ever
    return folder


@pytest.fixture(scope="module")
def terminal(place):
    yield (opened := Terminal(place))
    opened.close()


def test_every_verb_and_every_name_and_path_that_it_takes_is_tried():
    verbs = all_verbs()
    assert set(CALLS) == set(verbs)
    for verb, params in verbs.items():
        named = {param.opts[0] for param in params if param.opts[0].startswith("--")}
        texts = {param.opts[0] for param in params if {"Path", "str"} & words_of(param)}
        arguments = " ".join(CALLS[verb]).split()
        assert (texts & named) - FREE <= set(arguments), verb
        assert not (texts - named) or ":" in arguments[0], verb


def words_of(param) -> set[str]:
    annotation = str(param.type_descriptor.annotation)
    return {word for word in ("Path", "str") if word in annotation}


@pytest.mark.parametrize(("verb", "kind", "right", "bad", "words"), [*cases()])
def test_a_wrong_name_or_place_is_answered_plainly_and_nothing_is_lost(terminal, verb, kind, right, bad, words):
    status, said = terminal.type(verb, words)
    assert status not in (0, 130), said
    assert "Traceback" not in said
    assert Path(bad).name.rstrip("?") in said.replace("\n", "")
    assert len(said.strip().splitlines()) <= MOST_LINES, said
    if kind in ("exercise", "student") and verb not in STUDENTS:
        assert right in said


@pytest.mark.parametrize(("verb", "words"), [("site", ["--publish"]), ("reset", ["reduce_latency"])])
def test_a_copy_that_nobody_can_compare_is_answered_with_options_that_the_verb_has(terminal, verb, words):
    status, said = terminal.typed(verb, words, folder="full")
    assert (status, "neither released.zip nor a git repository" in said) == (2, True)
    assert {*re.findall(r"--\w+", said)} <= {name for param in all_verbs()[verb] for name in param.opts}


def test_a_notebook_with_a_cell_that_is_none_is_named_or_done_without(place, tmp_path):
    shutil.copytree(place, tmp_path / "here", ignore=shutil.ignore_patterns("pipe"))
    for path in (tmp_path / "here").rglob("*.ipynb"):
        with suppress(ValueError, KeyError):
            notebook = json.loads(path.read_text())
            path.write_text(json.dumps({**notebook, "cells": [*notebook["cells"], 1]}))
    terminal = Terminal(tmp_path / "here")
    for verb in READS_NOTEBOOKS:
        status, said = terminal.typed(verb, [plain(argument) for argument in CALLS[verb][0].split()])
        assert "Traceback" not in said, said
        assert not status or ".ipynb is damaged" in said or "not cells of a notebook" in said, (verb, said)
    terminal.close()


@pytest.mark.parametrize("verb", sorted(set(CALLS) - ENDED_OTHERWISE))
def test_ctrl_c_at_work_is_answered_by_one_line(terminal, verb):
    status, said = terminal.type(verb, [plain(argument) for argument in CALLS[verb][0].split()], interrupt=True)
    assert status == 130, said
    last = said.strip().splitlines()[-1]
    assert last == STOPPED
    assert "Traceback" not in said


def test_ctrl_c_while_the_verbs_are_loaded_is_answered_by_the_same_line():
    pressed = (
        "import os, runpy, signal, sys\n"
        "sys.addaudithook(lambda event, said: event == 'import' and said[0] == 'typer' and os.kill(os.getpid(), 2))\n"
        "runpy.run_module('mlsd', run_name='__main__')"
    )
    ended = subprocess.run([sys.executable, "-c", pressed], cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr.strip()) == (130, STOPPED)
