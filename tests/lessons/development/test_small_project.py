"""The small repository: put into an empty folder alone, spoilt by each mistake, put back, searched by git."""

import shlex
import sys
from contextlib import closing

import numpy as np
import pytest
import yaml

from lessons.development.small_project import HABITS, MISTAKES, Project
from mlsd_lib.operations.errors import OperationsError


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    with closing(Project(tmp_path_factory.mktemp("small") / "project", np.random.default_rng(0))) as project:
        yield project


def state(project):
    return {path.name: path.read_bytes() for path in sorted(project.folder.glob("*")) if path.is_file()}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_changes_files_and_git_puts_them_back(project, mistake):
    before = state(project)
    mistake.make(project.folder)
    assert state(project) != before
    project.put_back()
    assert state(project) == before


def test_the_habits_refuse_a_mistake_and_nothing_else(project):
    (cents,) = [mistake for mistake in MISTAKES if mistake.name == "one country sends cents"]
    assert not any(project.check().refused.values())
    cents.make(project.folder)
    checked = project.check()
    project.put_back()
    assert [habit for habit in HABITS if checked.refused[habit]] == ["data"]
    assert all(second > 0 for habit, second in checked.seconds.items() if habit != "decisions")


def test_a_change_is_undone_in_files_and_in_memory_before_the_next_is_checked(project):
    before = state(project)
    (turned,) = [mistake for mistake in MISTAKES if mistake.name == "a comparison turned round"]
    first, second = project.check_each([turned.make, lambda folder: None])
    assert first.refused["code"]
    assert not any(second.refused.values())
    assert state(project) == before


def test_a_table_that_no_code_can_read_is_refused_by_the_tests_of_data_and_model(project):
    (project.folder / "payments.csv").write_text("nothing\n")
    checked = project.check()
    project.put_back()
    assert checked.refused["data"]
    assert checked.refused["model"]


def test_git_names_the_first_bad_commit(project):
    first = project.git("rev-parse", "HEAD").strip()
    for number in range(1, 8):
        (project.folder / "NOTES.md").write_text("bad\n" * number if number >= 5 else f"{number}\n")
        project.commit(f"change {number}")
    test = "import sys; sys.exit('bad' in open('NOTES.md').read() if __import__('os').path.exists('NOTES.md') else 0)"
    found, runs = project.bisect(first, "HEAD", sys.executable, "-c", test)
    assert found == "change 5"
    assert runs <= 3
    assert project.git("status", "--porcelain") == ""


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OperationsError, match="is not empty"):
        Project(tmp_path, np.random.default_rng(0))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_hooks_find_a_python_whose_path_has_a_space(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "/my course/.venv/bin/python")
    project = Project(tmp_path / "project", np.random.default_rng(0))
    (local,) = yaml.safe_load((project.folder / ".pre-commit-config.yaml").read_text())["repos"]
    assert {shlex.split(hook["entry"])[0] for hook in local["hooks"]} == {"/my course/.venv/bin/python"}


def test_a_missing_program_is_named(project, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(OperationsError, match="git is not installed"):
        project.git("status")
