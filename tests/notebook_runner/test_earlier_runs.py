"""A notebook that passed runs again if, and only if, something that it depends on changed; and the runner says what."""

import json
import os
import shutil
import site
from pathlib import Path

import pytest

from notebook_runner import fingerprint, isolation, runner

CELLS = {
    "imports": "import glob, subprocess, sys\nfrom pathlib import Path\nfrom shop.parts import prices",
    "parameters": "rounds = 1",
    "reads": "tax = float(Path('data/tax.txt').read_text())",
    "globs": "regions = glob.glob('regions/*')",
    "in-child": "subprocess.run([sys.executable, '-m', 'shop.worker'], check=True)",
    "writes": "Path('out.txt').write_text('made by this run')\nPath('out.txt').read_text()",
}
FILES = {
    "shop/__init__.py": "",
    "shop/parts/__init__.py": "",
    "shop/parts/prices.py": "PRICE = 2\n",
    "shop/worker.py": "print('at work')\n",
    "shop/not_imported.py": "",
    "chapters/data/tax.txt": "1.2",
    "chapters/regions/north.txt": "",
}


@pytest.fixture(scope="module")
def ran(shared_course, tmp_path_factory):
    """A course whose only notebook has passed once, and that notebook; the runner is a copy that a test may change."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(shared_course.root))
        copy = tmp_path_factory.mktemp("runner") / "notebooks"
        shutil.copytree(fingerprint.RUNNER, copy, ignore=shutil.ignore_patterns("__pycache__"))
        patch.setattr(fingerprint, "RUNNER", copy)
        for name, text in FILES.items():
            shared_course.write(name, text)
        path = shared_course.notebook("sales", CELLS)
        result = shared_course.run(path)
        assert result.passed, result
        assert result.why == ("it has not run here yet",)
        yield shared_course, path


@pytest.fixture
def course(ran):
    """The course after its first run; files that a test changes come back afterwards."""
    shared, path = ran
    before = {
        file: file.read_bytes() for file in shared.root.rglob("*") if file.is_file() and ".mlsd" not in file.parts
    }
    yield shared, path
    for file in [file for file in shared.root.rglob("*") if file.is_file() and ".mlsd" not in file.parts]:
        if file not in before:
            file.unlink()
    for file, content in before.items():
        file.write_bytes(content)


def test_nothing_changed_and_the_result_is_the_last_one(course):
    shared, path = course
    result = shared.run(path)
    assert result.cached
    assert result.passed
    assert result.cpu_s > 0


def test_a_new_date_on_a_file_is_no_change(course):
    shared, path = course
    os.utime(shared.root / "shop/worker.py", (1, 1))
    os.utime(shared.root / "chapters/data/tax.txt")
    assert shared.why(path) == []


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("shop/parts/prices.py", "PRICE = 3\n", "shop/parts/prices.py changed"),
        ("shop/__init__.py", "SHOP = 1\n", "shop/__init__.py changed"),
        ("shop/parts/__init__.py", "PARTS = 1\n", "shop/parts/__init__.py changed"),
        ("shop/worker.py", "print('idle')\n", "shop/worker.py changed"),
        ("chapters/data/tax.txt", "1.3", "chapters/data/tax.txt changed"),
        ("chapters/data/tax.csv", "1.3", "tax.csv appeared in chapters/data"),
        ("chapters/regions/south.txt", "", "south.txt appeared in chapters/regions"),
        ("shop/parts/__main__.py", "", "__main__.py appeared in shop/parts"),
        ("chapters/rates/eu.parquet", "PAR1", "stored data chapters/rates/eu.parquet is new"),
    ],
    ids=["module", "parent package", "package", "module of a child process", "data file", "file beside one opened",
         "file in a folder listed", "module beside one opened", "data that C code may open"],
)  # fmt: skip
def test_a_file_that_changed_is_the_reason(course, name, text, reason):
    shared, path = course
    shared.write(name, text)
    assert reason in shared.why(path)


def test_a_file_that_went_is_the_reason(course):
    shared, path = course
    (shared.root / "chapters/data/tax.txt").unlink()
    assert "chapters/data/tax.txt is gone" in shared.why(path)


@pytest.mark.parametrize("name", ["shop/not_imported.py", "README.md", "chapters/__pycache__/x.pyc", "out.txt"])
def test_a_file_that_the_run_did_not_read_is_no_reason(course, name):
    shared, path = course
    shared.write(name, "CHANGED = 1\n")
    assert shared.why(path) == []


def test_what_the_run_itself_wrote_is_no_reason(course):
    shared, path = course
    shared.write("chapters/out.txt", "made by another")
    assert shared.why(path) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda cells: cells | {"parameters": "rounds = 2"}, "cell parameters changed"),
        (lambda cells: cells | {"more": "1"}, "cell more is new"),
        (lambda cells: {key: cells[key] for key in cells if key != "reads"}, "cell reads is gone"),
        (lambda cells: dict(sorted(cells.items())), "the cells are in another order"),
    ],
)
def test_code_cells_that_changed_are_the_reason(course, change, reason):
    shared, path = course
    shared.notebook("sales", change(CELLS))
    assert shared.why(path) == [reason]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"cpu_s": 31}, "mlsd.budget.cpu_s changed"),
        ({"peak_mb": 1000}, "mlsd.budget.peak_mb changed"),
        ({"cores": 2}, "mlsd.cores changed"),
        ({"tags": {"parameters": ["parameters"]}}, "cell parameters changed"),
    ],
)
def test_settings_that_changed_are_the_reason(course, options, reason):
    shared, path = course
    shared.notebook("sales", CELLS, **options)
    assert shared.why(path) == [reason]


def test_an_installed_version_that_changed_is_the_reason(course, tmp_path, monkeypatch):
    shared, path = course
    shared_torch = fingerprint.installed_versions()["torch"]
    installed_in = site.getsitepackages()
    (tmp_path / "torch-99.1.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)  # as setuptools does with its own copies: nobody installed them
    assert shared.why(path) == []
    monkeypatch.setattr("site.getsitepackages", lambda: [str(tmp_path), *installed_in])
    assert shared.why(path) == [f"torch changed: {shared_torch} before, 99.1 now"]


def test_the_runner_that_changed_is_the_reason(course):
    shared, path = course
    source = fingerprint.RUNNER / "inside" / "mlsd_trace.py"
    before = source.read_text()
    source.write_text(before + "# another rule\n")
    try:
        assert shared.why(path) == ["the runner's inside/mlsd_trace.py changed"]
    finally:
        source.write_text(before)


def test_another_interpreter_is_the_reason(course, monkeypatch):
    shared, path = course
    monkeypatch.setattr("sys.executable", "/usr/bin/env")
    assert shared.why(path) == ["another interpreter runs it"]


def test_a_variable_of_the_course_is_the_reason_unless_the_runner_sets_it_itself(course, monkeypatch):
    shared, path = course
    monkeypatch.setenv("MLSD_HOME", "elsewhere")
    assert shared.why(path) == []
    monkeypatch.setenv("MLSD_SIZE", "large")
    assert shared.why(path) == ["the variable MLSD_SIZE is new"]


def test_a_run_without_a_namespace_does_not_count_where_one_is_demanded(course, monkeypatch):
    shared, path = course
    record = runner._read_record(shared.root, "chapters/sales.ipynb")
    record["result"]["offline"] = isolation.HOOK
    monkeypatch.setattr(runner, "_read_record", lambda *_: record)
    monkeypatch.delenv("CI", raising=False)
    assert shared.why(path) == []
    monkeypatch.setenv("CI", "true")
    if isolation.wanted() == isolation.NAMESPACE:
        assert shared.why(path) == ["it ran without a private network namespace"]


def test_prose_that_changed_is_no_reason_and_reaches_the_executed_copy(course):
    shared, path = course
    path.write_text(path.read_text().replace("# A notebook", "# A better title"))
    os.utime(path, (2e9, 2e9))
    assert shared.run(path).cached
    copy = shared.executed(path)
    assert "# A better title" in "".join(copy["cells"][0]["source"])
    assert copy["cells"][-1]["outputs"]


def test_a_lost_executed_copy_is_the_reason(course):
    shared, path = course
    copy = shared.root / ".mlsd/executed/chapters/sales.ipynb"
    kept = copy.rename(copy.with_suffix(".kept"))
    assert shared.why(path) == ["its executed copy is gone"]
    kept.rename(copy)


def test_a_record_that_cannot_be_read_means_a_run(course, monkeypatch):
    shared, path = course
    record = next((shared.root / ".mlsd/records").iterdir())
    before = record.read_text()
    for text in ("", "{}", json.dumps({"result": {}, "depends": {}})):
        record.write_text(text)
        assert shared.why(path) == ["it has not run here yet"]
    record.write_text(before)


def test_cold_and_warm_give_the_same_verdict_and_a_failure_is_never_kept(mini_course):
    mini_course.write("chapters/rate.txt", "0")
    cells = {"imports": "from pathlib import Path", "divides": "1 / int(Path('rate.txt').read_text())"}
    path = mini_course.notebook("divides", cells)
    assert not mini_course.run(path).passed
    assert mini_course.why(path) == ["its last run failed"]
    mini_course.write("chapters/rate.txt", "5")
    green = mini_course.run(path)
    assert (green.passed, green.cached) == (True, False)
    assert mini_course.run(path).cached
    mini_course.write("chapters/rate.txt", "0")
    red = mini_course.run(path)
    assert not red.passed
    assert red.why == ("chapters/rate.txt changed",)


def test_an_input_that_changed_during_the_run_makes_it_run_again(mini_course):
    mini_course.write("chapters/count.txt", "1")
    counts = "count = Path('count.txt')\ncount.write_text(str(int(count.read_text()) + 1))"
    path = mini_course.notebook("counts", {"imports": "from pathlib import Path", "counts": counts})
    assert mini_course.run(path).passed
    assert mini_course.why(path) == ["chapters/count.txt changed while it ran"]


def test_data_outside_the_course_counts_and_the_system_does_not(tmp_path, monkeypatch):
    root, private = tmp_path / "course", tmp_path / "private"
    data = tmp_path / "data"
    monkeypatch.setenv("MLSD_DATA_DIR", str(data))
    counted = [root / "a.py", data / ".hidden-not" / ".." / "b.csv", Path("/srv/prices.txt"), data / "deep" / "c.csv"]
    ignored = [root / ".git" / "HEAD", root / ".venv" / "x.py", private / "x", Path("/usr/share/x"), Path("/etc/hosts"),
               Path.home() / ".cache" / "x", Path(os.__file__)]  # fmt: skip
    assert [fingerprint._counts(root, private, os.path.abspath(path)) for path in counted] == [True] * 4
    assert [fingerprint._counts(root, private, str(path)) for path in ignored] == [False] * len(ignored)


def test_the_longest_go_first_by_their_last_run_else_by_their_budget(mini_course):
    budgets = {"a": 5, "b": 50, "c": 9}
    one, two, three = (mini_course.notebook(name, {"imports": "1"}, cpu_s=s) for name, s in budgets.items())
    record = {"result": runner.Result("chapters/b.ipynb", cpu_s=1.0).to_json(), "depends": {}}
    runner._write_record(mini_course.root, "chapters/b.ipynb", record)
    assert runner.longest_first(mini_course.root, [one, two, three]) == [three, one, two]


def test_a_notebook_that_needs_both_cores_has_the_machine_alone(mini_course):
    fcntl = pytest.importorskip("fcntl")

    def others_may_come(mode) -> bool:
        with open(mini_course.root / ".mlsd" / "lock-machine", "w") as file:
            try:
                fcntl.flock(file, mode | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    with runner.alone_if_needed(mini_course.root, cores=1):
        assert others_may_come(fcntl.LOCK_SH)
        assert not others_may_come(fcntl.LOCK_EX)
    with runner.alone_if_needed(mini_course.root, cores=2):
        assert not others_may_come(fcntl.LOCK_SH)
    assert others_may_come(fcntl.LOCK_EX)
