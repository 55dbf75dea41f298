"""What the lessons on data once said or built wrongly: the cells themselves, tried where they failed."""

import ast
import json
import os
import resource
import tempfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from lessons.data_storage.checks import check
from notebook_runner import course_root
from tests.lessons.lesson_cells import Lesson

CHAPTER = course_root(Path(__file__)) / "chapters" / "02_design_a_machine_learning_system"


def functions_of(lesson, cell, given):
    """The functions that a cell of a lesson defines, with the names in `given` as their globals."""
    tree = ast.parse(lesson.by_id[cell].source)
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    namespace = dict(given)
    exec(compile(tree, cell, "exec"), namespace)
    return namespace


@pytest.fixture
def commit(tmp_path):
    """The toy log's `commit(version, actions)` in an empty table, and the folder of its log."""
    log = tmp_path / "_delta_log"
    log.mkdir()
    modules = {"json": json, "os": os, "tempfile": tempfile, "Path": Path}
    lesson = Lesson(CHAPTER / "03b_data_storage_further.ipynb")
    return functions_of(lesson, "log-cut", modules | {"delta": tmp_path})["commit"], log


def until_it_dies():
    yield {"add": {"path": "a"}}
    raise KeyboardInterrupt


def test_a_commit_that_dies_leaves_no_version_and_can_be_made_again(commit):
    commit, log = commit
    with pytest.raises(KeyboardInterrupt):
        commit(0, until_it_dies())
    assert list(log.iterdir()) == []
    commit(0, [{"add": {"path": "b"}}])
    assert [path.name for path in log.iterdir()] == [f"{0:020}.json"]


def test_a_commit_that_fills_the_disk_leaves_no_version(commit):
    """The write itself fails half way: no file of this process may grow beyond 100 bytes."""
    commit, log = commit
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError, match="large"):
            commit(0, [{"add": {"path": f"{at:05}.parquet"}} for at in range(100)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(log.iterdir()) == []


def test_a_number_that_is_taken_is_refused_and_its_version_kept(commit):
    commit, log = commit
    commit(0, [{"add": {"path": "a"}}])
    with pytest.raises(FileExistsError):
        commit(0, [{"add": {"path": "b"}}])
    assert [json.loads(line) for line in (log / f"{0:020}.json").read_text().splitlines()] == [{"add": {"path": "a"}}]


def test_no_commit_of_the_exercise_adds_and_removes_one_file():
    commits = [actions for log, _ in check.by_id["files-at"].inputs for actions in log]
    assert len(commits) > 5
    for actions in commits:
        added, removed = ({name for kind, name in actions if kind == which} for which in ("add", "remove"))
        assert not added & removed, actions


def test_the_backfill_goes_on_until_the_last_event_has_arrived():
    """Two days of events, one of which arrives five weeks late."""
    hours, seen = np.array([1.0, 30.0, 47.0]), np.array([1.0, 30.0, 47.0 + 35 * 24])
    namespace = {"np": np, "etl_days": 2, "event_hour": hours, "seen_hour": seen, "euros": np.array([1.0, 2.0, 4.0])}
    exec(Lesson(CHAPTER / "04c_data_processing_daily.ipynb").by_id["late-backfill"].source, namespace)
    assert namespace["published"].tolist() == [1.0, 6.0]


def test_both_coefficients_of_agreement_are_the_ones_of_the_literature():
    """Against scikit-learn's kappa, and AC1 by its definition: chance is the sum of p(1 - p) over both labels."""
    cell = functions_of(Lesson(CHAPTER / "02_data_collection.ipynb"), "kappa-prevalence", {})
    one, other = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0]), np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    agreement, chance = (one == other).mean(), sum(p * (1 - p) for p in (0.2, 0.8))
    kappa, ac1 = cell["kappa_and_ac1"](agreement, 0.2)
    assert kappa == pytest.approx(cohen_kappa_score(one, other))
    assert ac1 == pytest.approx((agreement - chance) / (1 - chance))
