"""Run folders: none is written over, the newest complete one is found, and its record comes back."""

import json
import os

import pytest

from case_studies.kit import Run
from mlsd_lib.modeling import ModelingError


def test_runs_of_the_same_second_never_share_a_folder(tmp_path):
    runs = {Run.new(tmp_path, clock=lambda: 0.0) for _ in range(3)}
    assert {run.path.name for run in runs} == {"19700101-000000", "19700101-000000-2", "19700101-000000-3"}


def test_the_latest_run_is_the_one_completed_last_and_an_incomplete_one_is_none(tmp_path):
    first, second, _ = (Run.new(tmp_path, clock=lambda: 0.0) for _ in range(3))
    with pytest.raises(ModelingError, match="no complete run"):
        Run.latest(tmp_path)
    for moment, run in ((20, first), (10, second)):
        run.complete({}, {}, "decided")
        os.utime(run.path / "decision.md", (moment, moment))
    assert Run.latest(tmp_path) == first


def test_a_run_keeps_its_record_and_its_release(tmp_path):
    run = Run.new(tmp_path)
    with pytest.raises(ModelingError, match="not complete"):
        _ = run.decision
    run.release(lambda folder: (folder / "model.txt").write_text("m"), "v1", "first release")
    run.complete({"rows": 3}, {"money": 1.5}, "decided")
    again = Run(run.path)
    assert again.decision == "decided"
    assert json.loads((run.path / "data.json").read_text()) == {"rows": 3}
    assert json.loads((run.path / "metrics.json").read_text()) == {"money": 1.5}
    assert again.registry().current == "v1"
    assert [entry["reason"] for entry in again.registry().history()] == ["first release"]
