"""The student edition and the scan that proves it: planted leaks must be found, wherever and however they hide."""

import gzip
import json
import re
import subprocess
import zipfile
import zlib
from functools import reduce
from pathlib import Path

import pytest

from grader import secret
from grader.errors import GraderError
from grader.released import FILE, unpacked
from grader.workflow import leaks
from grader.workflow.edition import PARTS, write_edition
from grader.write_errors import DiskFull
from tests import toy_course as toy
from tests.grader.full_disk import no_file_beyond
from tests.grader.grading.engine_course import edit_source

ROOT = Path(__file__).parents[3]
HIDDEN = "".join(f"def scenario_{number}(rng):\n    return rng.normal({number}, 1.0)\n\n\n" for number in range(6))
BANK = "".join(f"def guess_{number}(values):\n    return sorted(values)[{number}]\n\n\n" for number in range(6))
SOLUTION = "return max(values) - min(values)"


@pytest.fixture
def repository(course):
    """A full repository in small: every part of an edition, hidden files, a bank, a secret."""
    root = course.root
    for part in set(PARTS) - {"exercises"}:
        if "." in part or part.isupper() or part == "Makefile":
            (root / part).parent.mkdir(parents=True, exist_ok=True)
            (root / part).write_text('[project]\nname = "mlsd"\n' if part == "pyproject.toml" else f"the {part}\n")
        else:
            (root / part / "__pycache__").mkdir(parents=True)
            (root / part / "module.py").write_text("import numpy as np\n")
            (root / part / "__pycache__" / "module.pyc").write_bytes(b"compiled")
    kept = {"grader/suites/halves/hidden/cases.py": HIDDEN, "grader/suites/halves/bank/guess.py": BANK}
    for name, text in kept.items():
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(text)
    (root / "grader/suites/halves/hidden/__init__.py").touch()
    return course


def escaped_in_a_broken_notebook(folder: Path) -> None:
    (folder / "cut.ipynb").write_text(json.dumps({"source": f'x = "1"\n{SOLUTION}\n'})[:-1])


def output_of_a_notebook(folder: Path) -> None:
    data = {"cells": [{"outputs": [{"text": ["a\n", f'"quoted" {SOLUTION}\n']}]}]}
    (folder / "run.ipynb").write_text(json.dumps(data))


def checkpoint(folder: Path) -> None:
    (folder / ".ipynb_checkpoints").mkdir()
    source = json.dumps(toy.source_notebook(), indent=1)
    (folder / ".ipynb_checkpoints" / "halves-checkpoint.ipynb").write_text(source)


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def history(folder: Path, pack: bool) -> None:
    """A solution that was committed once and removed since."""
    git(folder, "init", "-q")
    (folder / "notes.txt").write_text(f"def spread(values):\n    {SOLUTION}\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    git(folder, "rm", "-q", "notes.txt")
    git(folder, "commit", "-qm", "two")
    if pack:
        git(folder, "gc", "-q", "--prune=now")


def in_a_zip(folder: Path) -> None:
    with zipfile.ZipFile(folder / "old.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/b.py", BANK)


PLANTED = {
    "a solution in a checkpoint": (checkpoint, "a line of the solution of halves"),
    "a solution in a git object": (lambda folder: history(folder, pack=False), "a line of the solution of halves"),
    "a solution in a git pack": (lambda folder: history(folder, pack=True), "a line of the solution of halves"),
    "a solution in an output": (output_of_a_notebook, "a line of the solution of halves"),
    "a solution in a cut notebook": (escaped_in_a_broken_notebook, "a line of the solution of halves"),
    "a hidden file renamed": (
        lambda folder: (folder / "utilities.txt").write_text(HIDDEN),
        "the file grader/suites/halves/hidden/cases.py",
    ),
    "a hidden file changed": (
        lambda folder: (folder / "mine.py").write_text("# mine\n" + HIDDEN.replace("scenario_1", "mine")),
        "most lines of the file grader/suites/halves/hidden/cases.py",
    ),
    "an answer of the bank in a zip": (in_a_zip, "the file grader/suites/halves/bank/guess.py"),
    "a hidden file packed": (
        lambda folder: (folder / "x.gz").write_bytes(gzip.compress(gzip.compress(HIDDEN.encode()))),
        "the file grader/suites/halves/hidden/cases.py",
    ),
}


@pytest.mark.parametrize(("plant", "what"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_leak_is_found(repository, tmp_path, plant, what):
    against = leaks.guarded(repository.root, repository.secret_file)
    edition = tmp_path / "edition"
    write_edition(repository, edition)
    assert leaks.scan(edition, against) == []
    plant(edition)
    assert any(what in leak.what for leak in leaks.scan(edition, against))


PACKED = gzip.compress(b"x" * 100)
DEEP = reduce(lambda content, _: gzip.compress(content), range(9), b"x")
CLOSED = {"damaged": PACKED[:-9], "no gzip": PACKED[:2] + b"x" * 20, "deep": DEEP, "large": PACKED}


OBJECT = f".git/objects/00/{'c' * 38}"  # the first that git reads
LOOSE = {"no object": b"garbage", "a damaged object": zlib.compress(b"x" * 50)[:-3], "large": zlib.compress(PACKED * 9)}
NOT_OPENED = [("x.gz", content) for content in CLOSED.values()] + [(OBJECT, content) for content in LOOSE.values()]


@pytest.mark.parametrize(("place", "content"), NOT_OPENED, ids=[*CLOSED, *LOOSE])
def test_what_cannot_be_looked_into_is_named(tmp_path, place, content, monkeypatch):
    history(tmp_path, pack=True)
    monkeypatch.setattr(leaks, "MOST_BYTES", 99)
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_bytes(content)
    with pytest.raises(GraderError, match=f"{re.escape(place)} cannot be looked into: "):
        leaks.scan(tmp_path, leaks.Guarded())


def test_the_secret_is_found(repository, tmp_path):
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "env.sh").write_text(f"export SEED={secret.read(repository.secret_file)}\n")
    found = leaks.scan(tmp_path / "given", leaks.Guarded(secret=secret.read(repository.secret_file)))
    assert [leak.what for leak in found] == ["the secret"]


def test_an_edition_holds_the_course_and_nothing_of_the_grader_alone(repository, tmp_path):
    write_edition(repository, tmp_path / "edition")
    names = {path.relative_to(tmp_path / "edition").as_posix() for path in (tmp_path / "edition").rglob("*")}
    assert {f"exercises/{toy.NAME}/{toy.NAME}.ipynb", "grader/suites/module.py", "README.md"} <= names
    kept_back = ("hidden", "pycache", "tests/", "solutions", ".mlsd-secret")
    assert not [name for name in names if any(word in name for word in kept_back)]


def test_an_edition_that_would_leak_is_not_written(repository, tmp_path):
    (repository.root / "chapters" / "lesson.py").write_text(f"def spread(values):\n    {SOLUTION}\n")
    with pytest.raises(GraderError, match=r"chapters/lesson\.py: a line of the solution of halves"):
        write_edition(repository, tmp_path / "edition")
    assert not (tmp_path / "edition").exists()
    assert not list(tmp_path.glob(".edition-*"))


def test_an_edition_goes_into_an_empty_folder_alone(repository, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(GraderError, match="not an empty folder"):
        write_edition(repository, tmp_path / "full")
    with pytest.raises(GraderError, match=r"lies inside .*chapters"):
        write_edition(repository, repository.root / "chapters" / "edition")
    assert (tmp_path / "full" / "thesis.txt").read_text() == "mine"


def test_an_edition_for_which_there_is_no_room_is_not_written(repository, tmp_path):
    (repository.root / "chapters" / "long.csv").write_bytes(bytes(500_000))
    with no_file_beyond(400_000), pytest.raises(DiskFull, match=f"below {tmp_path / 'to'}"):
        write_edition(repository, tmp_path / "to" / "edition")
    assert list((tmp_path / "to").iterdir()) == []


def test_an_edition_with_a_stale_exercise_is_not_written(repository, tmp_path):
    edit_source(repository, "Halves and spreads", "Halves")
    with pytest.raises(GraderError, match="is not what solutions/ gives"):
        write_edition(repository, tmp_path / "edition")


def test_a_link_to_what_students_do_not_get_becomes_words(repository, tmp_path):
    readme = repository.root / "README.md"
    readme.write_text("![p](pictures/module.py) [guide](INSTRUCTORS.md) [x](https://x.org/y.md) `[a](b.md)`\n")
    write_edition(repository, tmp_path / "edition")
    words = "![p](pictures/module.py) guide (in the full repository) [x](https://x.org/y.md)"
    assert (tmp_path / "edition" / "README.md").read_text().startswith(words)


def test_an_edition_with_a_notebook_whose_link_leads_nowhere_is_not_written(repository, tmp_path):
    cells = [toy.cell("markdown", "next", "See [the next](../gone.ipynb#part).")]
    (repository.root / "chapters" / "lesson.ipynb").write_text(json.dumps({"cells": cells}))
    with pytest.raises(GraderError, match=r"chapters/lesson\.ipynb: \.\./gone\.ipynb#part"):
        write_edition(repository, tmp_path / "edition")
    assert not (tmp_path / "edition").exists()


def test_an_edition_has_an_archive_of_what_it_was_released_as(repository, tmp_path):
    for name in ("one", "two"):
        write_edition(repository, tmp_path / name)
    version = unpacked(tmp_path / "one")
    there = {path.relative_to(tmp_path / "one").as_posix() for path in (tmp_path / "one").rglob("*") if path.is_file()}
    assert {*version.names} == there - {FILE}
    assert all(version.read(name) == (tmp_path / "one" / name).read_bytes() for name in version.names)
    assert (tmp_path / "one" / FILE).read_bytes() == (tmp_path / "two" / FILE).read_bytes()


@pytest.mark.parametrize("name", ["../outside.py", "/etc/outside", "a/../../outside.py", "..\\outside.py"])
def test_an_archive_with_a_file_outside_of_the_course_is_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / FILE, "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(GraderError, match="lies outside the course"):
        unpacked(tmp_path)


def test_an_archive_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / FILE).write_bytes(b"PK cut")
    with pytest.raises(GraderError, match=r"released\.zip cannot be read"):
        unpacked(tmp_path)
