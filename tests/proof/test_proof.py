"""A test that passed is left out as long as nothing that it can reach changes, and runs again when anything does."""

import json
import os
import re
import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest

from notebook_runner.result_store import MOST_OF_A_KEY, ResultStore
from tests import nested_pytest
from tests.proof.earlier_results import IN_EVERY_TEST, EarlierResults, Proof, environment
from tests.proof.tree import Tree, unit_of

FILES = {
    "tests/conftest.py": """
        import sys
        from pathlib import Path
        ROOT = Path(__file__).parents[1]
        sys.path.insert(0, str(ROOT))
        import pytest
        from notebook_runner.result_store import users_store
        from tests.proof import plugin
        from tests.proof.progress import Progress

        def pytest_addoption(parser):
            plugin.add_options(parser)

        def pytest_configure(config):
            if plugin.wanted(config):
                proofs = plugin.Proofs(config, ROOT, users_store())
                config.pluginmanager.register(proofs)
                if not proofs.is_worker:
                    config.pluginmanager.register(Progress(config, proofs))

        @pytest.fixture(scope="session")
        def prices():
            return (ROOT / "data" / "prices.txt").read_text()
    """,
    "case_studies/__init__.py": "",
    "case_studies/shop/__init__.py": "",
    "case_studies/shop/stock.py": "from case_studies.shop import shelf\nCOUNT = shelf.COUNT",
    "case_studies/shop/shelf.py": "COUNT = 3",
    "benchmarks/__init__.py": "",
    "benchmarks/alone.py": "NUMBER = 1",
    "benchmarks/by_name.py": "print(1)",
    "benchmarks/late.py": "NUMBER = 2",
    "tests/helpers.py": """
        import importlib
        from pathlib import Path
        AT_IMPORT = (Path(__file__).parent / 'limits.txt').read_text()
        importlib.import_module("benchmarks" + ".early")
    """,
    "benchmarks/early.py": "",
    "tests/limits.txt": "9",
    "data/prices.txt": "7",
    "data/rates.txt": "8",
    "data/many/a.txt": "",
    "grader/suites/estimate/bank/bank.toml": "",
    "solutions/estimate/estimate.ipynb": "{}",
    "tests/test_reaching.py": """
        import importlib, os, subprocess, sys
        from pathlib import Path
        import pytest
        from tests.helpers import AT_IMPORT
        ROOT = Path(__file__).parents[1]

        def test_imports():
            from case_studies.shop.stock import COUNT
            assert COUNT == 3

        def test_reads():
            assert (ROOT / "data" / "rates.txt").read_text()

        def test_uses_a_fixture(prices):
            assert prices

        def test_uses_the_same_fixture_later(prices):
            assert prices

        def test_lists():
            assert list((ROOT / "data" / "many").iterdir())

        def test_opens_a_name_that_is_no_text(tmp_path):
            folder = os.open(tmp_path, os.O_RDONLY)
            os.close(os.open(b"\\xff", os.O_CREAT | os.O_WRONLY, dir_fd=folder))

        def test_imports_by_a_name_made_here():
            assert importlib.import_module("benchmarks" + ".late")

        def test_starts_a_process():
            subprocess.run([sys.executable, "-m", "benchmarks" + ".by_name"], cwd=ROOT, check=True)

        @pytest.mark.parametrize("name", ["estimate", "other"])
        def test_of_an_exercise(name):
            assert name
    """,
    "grader/suites/other/bank/bank.toml": "",
    "solutions/other/other.ipynb": "{}",
    "tests/test_listed.py": """
        from pathlib import Path
        import pytest
        FOUND = sorted(Path(__file__).parents[1].glob("grader/suites/*/bank/*"))
        BANKS = {path.parents[1].name: path.read_text() for path in FOUND}

        @pytest.mark.parametrize("name", BANKS)
        def test_of_one(name):
            assert name

        def test_of_all():
            assert len(BANKS) == 2
    """,
    "tests/test_alone.py": """
        import os
        import pytest
        from benchmarks.alone import NUMBER
        assert os.environ.get("BROKEN") != "at import"

        def test_alone():
            assert NUMBER == 1
            assert "BROKEN" not in os.environ

        def test_skipped():
            pytest.skip("not here")

        def test_fails():
            assert NUMBER == 2
    """,
}
PASSED = {
    f"tests/test_reaching.py::test_{name}"
    for name in ("imports", "reads", "uses_a_fixture", "uses_the_same_fixture_later", "lists",
                 "opens_a_name_that_is_no_text",
                 "imports_by_a_name_made_here", "starts_a_process", "of_an_exercise[estimate]", "of_an_exercise[other]")
} | {"tests/test_alone.py::test_alone"} | {
    f"tests/test_listed.py::test_of_{name}" for name in ("one[estimate]", "one[other]", "all")
}  # fmt: skip


class Checkout:
    """A small checkout with tests, and a store."""

    def __init__(self, root: Path, store: Path):
        self.root, self.store = root, store
        self.exit_status = None

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, *options):
        """The lines that pytest wrote; how it ended is `exit_status`."""
        command = [sys.executable, "-m", "pytest", "-rA", "--rootdir", ".", "--import-mode=importlib", *options]
        command += ["-p", "notebook_runner.pytest_plugin", "tests"]
        variables = nested_pytest.environment(MLSD_STORE=str(self.store), PYTHONDONTWRITEBYTECODE="1")
        done = subprocess.run(command, cwd=self.root, env=variables, capture_output=True, text=True)
        self.exit_status = done.returncode
        return done.stdout.splitlines() + done.stderr.splitlines()

    def ran(self, *options):
        """The tests that ran, with their outcomes as first words."""
        lines = self.run(*options)
        assert not any("INTERNALERROR" in line for line in lines), "\n".join(lines)
        summary = lines[next(i for i, line in enumerate(lines) if "short test summary" in line) :]
        ends = [line.split(" - ")[0].split() for line in summary if line.startswith(("PASSED ", "FAILED "))]
        return {(outcome, name) for outcome, name in ends}

    def holds(self):
        """The tests that the store says to hold."""
        return {name for module in self.earlier_results().modules().values() for name in module.passed}

    def earlier_results(self):
        """The store's word on the files as they are now."""
        return EarlierResults(Tree(self.root), ResultStore(self.store), environment(self.root))


@pytest.fixture(scope="module")
def proven(tmp_path_factory):
    """A checkout whose tests ran once."""
    folder = tmp_path_factory.mktemp("proven")
    checkout = Checkout(folder / "checkout", folder / "store")
    for name, text in FILES.items():
        lines = text.strip("\n").splitlines()
        indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
        checkout.write(name, "\n".join(line[indent:] for line in lines))
    here = Path(__file__).parent
    shutil.copytree(here, checkout.root / "tests" / "proof", ignore=shutil.ignore_patterns("test_*", "__pycache__"))
    shutil.copy(here.parent / "worker_scheduling.py", checkout.root / "tests")
    ran = checkout.ran("--kept", "-n", "2")  # by workers, as `mlsd test` does
    assert {name for outcome, name in ran if outcome == "PASSED"} == PASSED
    return checkout


@pytest.fixture
def checkout(proven, tmp_path):
    """A copy of it elsewhere, with the same store."""
    environment.cache_clear()
    return Checkout(shutil.copytree(proven.root, tmp_path / "elsewhere"), proven.store)


def test_what_passed_holds_in_another_checkout_and_failures_and_skips_do_not(checkout):
    assert checkout.holds() == PASSED


def test_what_holds_is_left_out_and_cold_runs_all(checkout):
    fails = ("FAILED", "tests/test_alone.py::test_fails")
    assert checkout.ran("--kept") == {fails}
    assert checkout.ran("--cold") == {("PASSED", name) for name in PASSED} | {fails}


def test_a_run_says_what_there_is_to_do_what_failed_and_where_the_time_went(checkout):
    text = "\n".join(checkout.run("--kept", "-n", "2"))
    assert "PASSED" not in text
    assert f"store: {len(PASSED)} tests passed before and depend on nothing that changed" in text
    assert re.search(r"\n2 tests, about 0:0\d to 0:0\d here", text)
    assert "\nFAILED tests/test_alone.py::test_fails (call)" in text
    assert re.search(rf"\n +0 +0 +2 +{len(PASSED)}  tests\n", text)
    assert re.search(r"most CPU seconds =+\n +0  tests/test_alone.py::test_", text)


def test_a_run_of_which_everything_holds_is_green(checkout):
    lines = checkout.run("--kept", "-k", "test_reads")
    assert checkout.exit_status == 0, "\n".join(lines)
    assert not any(line.startswith("PASSED") for line in lines)


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("case_studies/shop/stock.py", {"imports"}),
        ("case_studies/shop/shelf.py", {"imports"}),
        ("case_studies/shop/__init__.py", {"imports"}),
        ("data/rates.txt", {"reads"}),
        ("data/prices.txt", {"uses_a_fixture", "uses_the_same_fixture_later"}),
        ("data/many/b.txt", {"lists"}),
        ("benchmarks/late.py", {"imports_by_a_name_made_here"}),
        ("benchmarks/by_name.py", {"starts_a_process"}),
        ("grader/suites/estimate/bank/bank.toml", {"of_an_exercise[estimate]"}),
        ("solutions/estimate/estimate.ipynb", {"of_an_exercise[estimate]"}),
    ],
)
def test_what_a_test_reaches_makes_that_test_run_again_and_no_other(checkout, name, lost):
    checkout.write(name, "CHANGED = 1")
    listed = {"tests/test_listed.py::test_of_one[estimate]", "tests/test_listed.py::test_of_all"}
    lost = {f"tests/test_reaching.py::test_{word}" for word in lost}
    # A module that a test imports where it runs is named in the text of its test module, so all of that go together.
    if name.startswith("case_studies/"):
        lost = {test for test in PASSED if test.startswith("tests/test_reaching.py")}
    assert PASSED - checkout.holds() == lost | (listed if "/estimate/" in name else set())


@pytest.mark.parametrize(
    "name", ["tests/helpers.py", "tests/limits.txt", "tests/test_reaching.py", "benchmarks/early.py"]
)
def test_what_a_module_reads_when_imported_makes_all_of_its_tests_run_again(checkout, name):
    checkout.write(name, "CHANGED = 1")
    assert checkout.holds() == {test for test in PASSED if not test.startswith("tests/test_reaching.py")}


def test_a_conftest_reaches_every_test_below_it(checkout):
    checkout.write("tests/conftest.py", "CHANGED = 1")
    assert checkout.holds() == set()


def test_a_plugin_whose_hooks_run_in_every_test_reaches_every_test(checkout, tmp_path):
    checkout.store = tmp_path / "own"
    checkout.write(IN_EVERY_TEST[0], "")
    checkout.earlier_results().keep({"tests/test_alone.py::test_alone": Proof(frozenset(), 1.0)}, {}, {})
    assert checkout.holds() == {"tests/test_alone.py::test_alone"}
    checkout.write(IN_EVERY_TEST[0], "CHANGED = 1")
    assert checkout.holds() == set()


def test_a_file_that_nothing_reaches_changes_nothing(checkout):
    checkout.write("README.md", "CHANGED")
    checkout.write("benchmarks/new.py", "CHANGED = 1")
    assert checkout.holds() == PASSED


@pytest.mark.parametrize("changed", ["setting", "version"])
def test_another_setting_of_the_course_or_installed_version_holds_nothing(checkout, monkeypatch, tmp_path, changed):
    if changed == "setting":
        monkeypatch.setenv("MLSD_SIZE", "large")
    else:
        (tmp_path / "torch-99.1.dist-info").mkdir()
        installed_in = site.getsitepackages()
        monkeypatch.setattr("site.getsitepackages", lambda: [str(tmp_path), *installed_in])
    assert checkout.holds() == set()


def test_what_changed_while_the_tests_ran_is_no_proof(checkout, tmp_path):
    checkout.store = tmp_path / "other-store"
    checkout.write(
        "tests/test_alone.py",
        "from pathlib import Path\nfrom benchmarks.alone import NUMBER\n\n"
        "def test_alone():\n    Path('benchmarks/alone.py').write_text('NUMBER = 5')\n",
    )
    checkout.run("--kept")
    assert checkout.holds() == PASSED - {"tests/test_alone.py::test_alone"}


@pytest.mark.parametrize("broken", ["in the test", "at import"])
def test_a_test_that_fails_loses_what_an_earlier_run_proved_and_no_other(checkout, tmp_path, monkeypatch, broken):
    """Whatever made it fail is no file and no setting of the course, so that nothing changed that a proof names."""
    checkout.store = shutil.copytree(checkout.store, tmp_path / "store")
    monkeypatch.setenv("BROKEN", broken)
    checkout.run("--cold", "-n", "2")
    assert checkout.holds() == PASSED - {"tests/test_alone.py::test_alone"}


def test_many_runs_of_a_few_tests_leave_what_a_whole_run_proved(checkout, tmp_path):
    """The store keeps a number of entries a module: what still holds of earlier ones goes with the newest."""
    shutil.copytree(checkout.store, store := tmp_path / "store")
    checkout.store = store
    for round_ in range(MOST_OF_A_KEY + 1):
        checkout.write("data/rates.txt", f"{round_}")
        earlier = checkout.earlier_results()
        name = "tests/test_reaching.py::test_reads"
        earlier.keep({name: Proof(frozenset({"data/rates.txt"}), 0.1)}, {}, {})
    assert checkout.holds() == PASSED
    checkout.write("benchmarks/late.py", "NUMBER = 3")
    assert PASSED - checkout.holds() == {"tests/test_reaching.py::test_imports_by_a_name_made_here"}


def test_times_are_known_of_all_that_passed_and_those_of_a_cold_run_are_another_account(checkout):
    earlier = checkout.earlier_results()
    assert set(earlier.times(cold=False)) >= PASSED
    assert not any(name.endswith("fails") for name in earlier.times(cold=False))
    notebook, gone = "tests/test_alone.py::test_notebook", "tests/test_gone.py::test_of_then"
    earlier.keep_times(True, {notebook: 50.0, gone: 1.0})
    assert gone not in earlier.times(cold=True)
    earlier.keep_times(True, {notebook: 40.004})
    earlier.keep_times(False, {notebook: 0.1})
    assert earlier.times(cold=True)[notebook] == 40
    assert earlier.times(cold=False)[notebook] == 0.1


def test_the_parts_of_an_exercise_a_case_and_a_lesson_are_known_by_their_folders():
    places = ("grader/suites/{0}/suite.py", "grader/suites/{0}/bank/bank.toml", "tests/grader/suites/hooks_{0}.py")
    exercise = [place.format("reduce_latency") for place in (*places, "exercises/{0}/{0}.ipynb")]
    assert {unit_of(path) for path in exercise} == {"exercise reduce_latency"}
    assert unit_of("tests/case_studies/fraud/hooks.py") == unit_of("case_studies/fraud/model.py") == "case fraud"
    assert unit_of("chapters/02_design/03b_data_storage.ipynb") == unit_of("lessons/data_storage/checks.py")
    assert unit_of("mlsd/cli.py") == ""


WATCHES = """
import importlib, sys
from pathlib import Path
from tests.proof.tree import Tree
from tests.proof.watch import Watch

watch = Watch(Tree(Path(sys.argv[1])))
with watch.importing():
    importlib.import_module("json")
assert watch.at_import == {}, watch.at_import
"""


def test_what_this_room_reads_itself_is_put_down_to_nobody(proven):
    here = {**os.environ, "PYTHONPATH": str(proven.root)}
    subprocess.run([sys.executable, "-c", WATCHES, str(proven.root)], cwd=proven.root, env=here, check=True)


def test_prose_names_nothing_and_a_string_does(tmp_path):
    checkout = Checkout(tmp_path, tmp_path / "store")
    checkout.write("grader/one.py", '"""See grader.two."""\n# grader.two\n\ndef f():\n    """grader.two"""\n')
    checkout.write("grader/other.py", 'START = "grader.two:main"\n')
    checkout.write("grader/two.py", "")
    tree = Tree(tmp_path)
    assert tree.reached(["grader/one.py"]) == {"grader/one.py"}
    assert tree.reached(["grader/other.py"]) == {"grader/other.py", "grader/two.py"}


def test_a_notebook_reaches_what_its_code_names_and_not_what_is_read_before(tmp_path):
    checkout = Checkout(tmp_path, tmp_path / "store")
    first, second = "chapters/01_first.ipynb", "chapters/02_second.ipynb"
    cells = [
        {"cell_type": "markdown", "source": ["grader.two"]},
        {"cell_type": "code", "source": ["import grader.", "one"]},
    ]
    notebook = {"cells": cells, "metadata": {"mlsd": {"requires": [first], "forbids": ["grader.three"]}}}
    checkout.write(second, json.dumps(notebook))
    for name in (first, "grader/__init__.py", "grader/one.py", "grader/two.py", "grader/three.py"):
        checkout.write(name, "")
    named = {"grader/__init__.py", "grader/one.py", "grader/three.py"}
    assert Tree(tmp_path).reached([second]) == {second, *named}


def test_the_name_of_the_command_alone_names_nothing_and_its_modules_do(tmp_path):
    checkout = Checkout(tmp_path, tmp_path / "store")
    for name, text in {
        "mlsd/__init__.py": "", "mlsd/__main__.py": "import mlsd.cli", "mlsd/cli.py": "",
        "grader/says.py": 'TEXT = "run mlsd check"', "grader/runs.py": 'RUN = ["-m", "mlsd", "check"]',
        "grader/calls.py": 'RUN = "from mlsd.cli import main"',
    }.items():  # fmt: skip
        checkout.write(name, text)
    tree = Tree(tmp_path)
    assert tree.reached(["grader/says.py"]) == {"grader/says.py"}
    assert tree.reached(["grader/calls.py"]) == {"grader/calls.py", "mlsd/__init__.py", "mlsd/cli.py"}
    assert "mlsd/cli.py" in tree.reached(["grader/runs.py"])
