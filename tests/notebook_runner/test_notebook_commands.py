"""`mlsd check`, `mlsd notebooks`, and pytest as the runner, seen from outside."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlsd import notebook_commands
from notebook_runner import NotebookError
from tests.nested_pytest import environment


def test_check_runs_what_must_run_and_says_how_to_run_a_failure_again(mini_course, mlsd):
    good = mini_course.notebook("good", {"imports": "import os", "counts": "1 + 1"})
    mini_course.notebook("bad", {"imports": "import os", "breaks": "os.environ['NO_SUCH']"})
    code, output = mlsd("check", "--why", "--jobs", "2")
    assert code == 1
    assert "passed     chapters/good.ipynb" in output
    assert "because it has not run here yet" in output
    assert "KeyError: 'NO_SUCH'" in output
    assert "Run it again: mlsd check chapters/bad.ipynb" in output
    assert "1 passed, 1 failed. Kept offline by:" in output
    code, output = mlsd("check", str(good))
    assert code == 0
    assert "unchanged  chapters/good.ipynb" in output
    code, output = mlsd("notebooks")
    assert re.search(r"budget 30 CPU s and 900 MB; passed \d{4}-", output)
    assert "2 notebooks" in output


def test_a_run_above_its_budget_that_passed_is_named_by_check_and_by_pytest(mini_course, mlsd):
    path = mini_course.notebook("slow", {"imports": "import os"})
    assert mini_course.run(path).remarks() == []
    (record,) = (mini_course.root / ".mlsd" / "records").iterdir()
    report = json.loads(record.read_text())
    report["result"] |= {"cpu_s": 31.5, "slowness": 1.0}
    record.write_text(json.dumps(report))
    remark = "above its budget of 30 CPU s"
    code, output = mlsd("check")
    assert code == 0
    assert remark in output
    assert remark in pytest_in(mini_course.root).stdout


def test_a_run_takes_no_module_from_the_folder_where_it_was_asked_for(mini_course, tmp_path, monkeypatch):
    path = mini_course.notebook("good", {"imports": "import os"})
    foreign = tmp_path / "handed_in"
    foreign.mkdir()
    (foreign / "json.py").write_text("import pathlib; pathlib.Path(__file__).with_name('ran').touch()")
    monkeypatch.chdir(foreign)
    result = mini_course.run(path)
    assert not (foreign / "ran").exists()
    assert result.passed


def test_a_path_may_be_a_folder_or_count_from_the_root_and_must_be_a_notebook(mini_course, mlsd):
    inner = mini_course.notebook("deep/a", {"imports": "1"})
    mini_course.notebook("b", {"imports": "1"})
    assert notebook_commands.selected(mini_course.root, [Path("deep")]) == [inner]
    assert notebook_commands.selected(mini_course.root, [Path("chapters/deep/a.ipynb")]) == [inner]
    with pytest.raises(NotebookError, match=r"gone.ipynb is no notebook of this course"):
        mlsd("check", "gone.ipynb")
    inner.rename(inner.with_name("data_storage.ipynb"))
    with pytest.raises(NotebookError, match=r"data_sorage is no notebook .* Was data_storage meant\?"):
        mlsd("check", "data_sorage")


def test_a_name_means_the_notebook_of_that_name_and_of_an_exercise_the_students(mini_course):
    sources = [mini_course.root / folder / "sums" / "sums.ipynb" for folder in ("exercises", "solutions")]
    text = mini_course.notebook("a", {"imports": "1"}).read_bytes()
    for path in sources:
        path.parent.mkdir(parents=True)
        path.write_bytes(text)
    assert notebook_commands.selected(mini_course.root, [Path("sums")]) == [sources[0]]


def test_notebooks_fix_fixes_what_can_be_fixed_keeps_outputs_and_names_the_rest(mini_course, mlsd):
    path = mini_course.notebook("a", {"imports": "import os"})
    output = '"outputs": [{"output_type": "stream", "name": "stdout", "text": "hours of work"}]'
    path.write_text(path.read_text().replace('"outputs": []', output))
    before = path.read_text()
    two = mini_course.notebook("b", {"imports": "import os"})
    two.write_text(two.read_text().replace('"id": "imports"', '"id": "9f8e7d6c"'))
    code, output = mlsd("notebooks", "--check")
    assert code == 1
    assert "0 of 2 notebooks are in form" in output
    assert (
        "left alone, since it has outputs. To fix it: mlsd notebooks --fix chapters/a" in mlsd("notebooks", "--fix")[1]
    )
    assert path.read_text() == before
    code, output = mlsd("notebooks", "--fix", ".")
    assert code == 1
    kept = mini_course.root / re.search(r"as it was, it is kept in (backups/\S+)", output)[1] / "chapters" / "a.ipynb"
    assert kept.read_text() == before
    assert "has the id '9f8e7d6c', which says nothing" in output
    assert "1 of 2 notebooks are in form" in output
    assert mlsd("notebooks", "--check", "a.ipynb")[0] == 0


def test_the_commands_load_no_notebook_library():
    code = "import sys, mlsd.notebook_commands as c, typer; c.register(typer.Typer()); "
    code += "print([m for m in ('nbformat', 'papermill', 'IPython', 'rich.progress', 'numpy') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def pytest_in(root: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run the course's own notebook test in another course."""
    shutil.copy(Path(__file__).with_name("test_notebooks.py"), root / "test_notebooks.py")
    command = [sys.executable, "-m", "pytest", "-p", "notebook_runner.pytest_plugin", "-p", "no:cacheprovider"]
    return subprocess.run([*command, *options], cwd=root, env=environment(), capture_output=True, text=True)


def test_pytest_runs_each_notebook_as_a_test_and_reports_on_it_alone(mini_course):
    mini_course.notebook("good", {"imports": "import os"})
    mini_course.notebook("bad", {"imports": "import os", "breaks": "x = 0\n1 / x"})
    first = pytest_in(mini_course.root, "-n", "2", "--dist", "load", "--maxschedchunk", "1", "--why", "-v")
    assert first.returncode == 1
    assert "test_notebook_runs_to_its_end[chapters/good.ipynb]" in first.stdout
    for told in ("cell breaks", "->  2  1 / x", "ZeroDivisionError", "Run it again: mlsd check chapters/bad.ipynb"):
        assert told in first.stdout
    assert "Traceback" not in first.stdout
    assert "runner.py" not in first.stdout
    assert "because it has not run here yet" in first.stdout
    second = pytest_in(mini_course.root, "-k", "good or reading_order", "--why")
    assert second.returncode == 0, second.stdout
    assert re.search(r"unchanged .* chapters/good.ipynb", second.stdout)
    forced = pytest_in(mini_course.root, "-k", "good", "--why", "--force")
    assert "because --force" in forced.stdout
