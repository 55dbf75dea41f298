"""A result is taken from another checkout if nothing differs, and a store that fails costs a line and no result."""

import gzip
import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest

from notebook_runner import fingerprint, result_store, runner
from notebook_runner.result_store import ResultStore, key_of

CELLS = {
    "imports": "import os\nfrom pathlib import Path",
    "reads": "print(Path('rate.txt').read_text())\nassert 'BROKEN' not in os.environ",
}


@pytest.fixture
def two_courses(mini_course, monkeypatch, tmp_path):
    """A course whose notebook passed, and a copy of it elsewhere that shares nothing with it but the store."""
    monkeypatch.setenv(result_store.VARIABLE, str(tmp_path / "store"))
    mini_course.write("chapters/rate.txt", "7")
    path = mini_course.notebook("rates", CELLS)
    assert mini_course.run(path).passed
    elsewhere = type(mini_course)(tmp_path / "elsewhere")
    for name in ("rates.ipynb", "rate.txt"):
        shutil.copy(mini_course.root / "chapters" / name, elsewhere.root / "chapters")
    return mini_course, elsewhere, elsewhere.root / "chapters" / "rates.ipynb"


def test_a_result_of_another_checkout_is_taken_with_its_executed_copy(two_courses):
    here, elsewhere, path = two_courses
    result = elsewhere.run(path)
    assert (result.passed, result.cached, result.stored) == (True, True, True)
    assert elsewhere.executed(path)["cells"][-1]["outputs"] == here.executed(path.relative_to(elsewhere.root) and
        here.root / path.relative_to(elsewhere.root))["cells"][-1]["outputs"]  # fmt: skip
    assert elsewhere.run(path).cached


def test_prose_that_differs_is_that_of_the_own_checkout(two_courses):
    _, elsewhere, path = two_courses
    path.write_text(path.read_text().replace("# A notebook", "# Another title"))
    assert elsewhere.run(path).stored
    assert "# Another title" in "".join(elsewhere.executed(path)["cells"][0]["source"])


@pytest.mark.parametrize("name", ["rate.txt", "beside.csv", "rates.ipynb"])
def test_what_differs_in_the_other_checkout_makes_it_run(two_courses, name):
    _, elsewhere, path = two_courses
    if name == "rates.ipynb":
        elsewhere.notebook("rates", CELLS | {"more": "1"})
    else:
        elsewhere.write(f"chapters/{name}", "8")
    assert not elsewhere.run(path).cached


@pytest.mark.parametrize(
    ("where", "other"),
    [
        ("installed_versions", lambda: {"torch": "99"}),
        ("processor", lambda: "x86_64 with other instructions"),
        ("sys.version", "3.11.0 of another builder"),
    ],
)
def test_nothing_is_taken_across_versions_processors_and_pythons(two_courses, monkeypatch, where, other):
    _, elsewhere, path = two_courses
    if where == "sys.version":
        monkeypatch.setattr(sys, "version", other)
    else:
        monkeypatch.setattr(fingerprint, where, other)
    assert elsewhere.why(path) == ["it has not run here yet"]
    assert runner.kept_run(elsewhere.root, runner.read_notebook(elsewhere.root, path), None) is None


def test_force_takes_nothing_and_a_failure_takes_back_what_passed_before(two_courses, monkeypatch):
    _, elsewhere, path = two_courses
    monkeypatch.setenv("BROKEN", "by nothing that a run depends on")
    assert not elsewhere.run(path, force=True).passed
    assert not elsewhere.run(path).cached


def test_data_are_known_by_their_content_wherever_they_lie(mini_course, monkeypatch, tmp_path):
    monkeypatch.setenv(result_store.VARIABLE, str(tmp_path / "store"))
    cells = {
        "imports": "import os\nfrom pathlib import Path",
        "reads": "Path(os.environ['MLSD_DATA_DIR'], 'a.csv').read_text()",
    }
    path = mini_course.notebook("reads", cells)
    elsewhere = type(mini_course)(tmp_path / "elsewhere")
    other = elsewhere.notebook("reads", cells)
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text("1,2")
    monkeypatch.setenv("MLSD_DATA_DIR", str(tmp_path / "one"))
    assert mini_course.run(path).passed
    monkeypatch.setenv("MLSD_DATA_DIR", str(tmp_path / "two"))
    assert elsewhere.run(other).stored
    (tmp_path / "two" / "a.csv").write_text("1,3")
    assert elsewhere.why(other) == ["$MLSD_DATA_DIR/a.csv changed", "stored data $MLSD_DATA_DIR/a.csv changed"]


# The store by itself.


@pytest.fixture
def store(tmp_path):
    return ResultStore(tmp_path / "store")


def kept(store, key="k" * 40):
    return [content for _, content in store.entries("tests", key)]


def test_what_was_kept_is_found_under_its_key_alone(store):
    store.keep("tests", "k" * 40, {"a": 1})
    assert kept(store) == [{"a": 1}]
    assert kept(store, "l" * 40) == []
    assert store.faults == []


DAMAGE = {"empty": b"", "not gzip": b"no", "another content": gzip.compress(b"{}"), "more": gzip.compress(b"{") + b"\0"}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_entry_is_left_out_and_said_once(store, damage, capsys):
    store.keep("tests", "k" * 40, {"a": 1})
    next(store.folder.rglob("*.gz")).write_bytes(damage)
    assert kept(store) == kept(store) == []
    assert "damaged" in store.faults[0]
    assert capsys.readouterr().err.count("\n") == 1
    store.keep("tests", "k" * 40, {"a": 1})  # written anew under the same name
    assert kept(store) == [{"a": 1}]


def test_a_store_that_cannot_be_written_is_said_and_nothing_else_happens(tmp_path, capsys):
    (tmp_path / "file").touch()
    store = ResultStore(tmp_path / "file" / "store")
    store.keep("tests", "k" * 40, {"a": 1})
    assert kept(store) == []
    assert "cannot be written" in capsys.readouterr().err


def test_no_store_keeps_nothing():
    store = ResultStore(None)
    store.keep("tests", "k" * 40, {"a": 1})
    store.trim()
    assert kept(store) == []


def test_what_was_not_used_for_longest_goes_first_and_foreign_files_stay(store):
    for number in range(10):
        store.keep("tests", f"{number}" * 40, {"text": os.urandom(500).hex(), "number": number})
    for path in store.folder.rglob("*.gz"):
        number = int(path.parent.name[0])
        os.utime(path, (number, number))
    foreign = store.folder / "notes.txt"
    foreign.write_text("x" * 10**6)
    first, _ = next(store.entries("tests", "0" * 40))
    store.used(first)
    size = sum(path.stat().st_size for path in store.folder.rglob("*.gz"))
    store.trim(most_bytes=size // 2)
    left = [number for number in range(10) if kept(store, f"{number}" * 40)]
    assert left[0] == 0
    assert left[1:] == list(range(left[1], 10))
    assert len(left) in (3, 4, 5)
    assert foreign.exists()


def test_of_many_entries_under_one_key_the_oldest_go(store):
    for number in range(result_store.MOST_OF_A_KEY + 3):
        store.keep("tests", "k" * 40, {"number": number})
        for path in store.folder.rglob("*.gz"):
            os.utime(path, (path.stat().st_mtime - 10, path.stat().st_mtime - 10))
    assert [entry["number"] for entry in kept(store)] == list(range(result_store.MOST_OF_A_KEY + 2, 2, -1))
    assert len(list(store.folder.rglob("*.gz"))) == result_store.MOST_OF_A_KEY


def write_many(folder):
    store = ResultStore(folder)
    for number in range(40):
        store.keep("tests", "k" * 40, {"number": number % 3})
    return store.faults


def test_many_processes_write_at_once_and_every_entry_is_whole(tmp_path):
    with ProcessPoolExecutor(4) as pool:
        assert list(pool.map(write_many, [tmp_path / "store"] * 4)) == [[]] * 4
    store = ResultStore(tmp_path / "store")
    assert sorted(entry["number"] for entry in kept(store)) == [0, 1, 2]
    assert store.faults == []
    assert len([path for path in store.folder.rglob("*") if path.is_file()]) == 3


def test_a_key_is_the_same_for_equal_data_in_any_order():
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})
    assert key_of("a", "b") != key_of("ab")
