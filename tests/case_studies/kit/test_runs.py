"""Run folders: none is written over, the newest complete one of a case is found, and each knows whose it is."""

import json
import os

import pytest

from case_studies.kit import Run
from mlsd_lib.modeling import ModelingError


def everything_below(root):
    return {str(path): path.read_bytes() if path.is_file() else None for path in root.rglob("*")}


def rewrite(run, **changes):
    path = run.path / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_runs_of_the_same_second_never_share_a_folder(tmp_path):
    runs = {Run.new(tmp_path, clock=lambda: 0.0) for _ in range(3)}
    assert {run.path.name for run in runs} == {"19700101-000000", "19700101-000000-2", "19700101-000000-3"}


def test_the_latest_run_is_the_one_completed_last_and_an_incomplete_one_is_none(toy):
    Run.new(toy.runs)
    with pytest.raises(ModelingError, match="no complete run"):
        Run.latest(toy.runs)
    first, second = toy.train(), toy.train()
    for moment, run in ((20, first), (10, second)):
        os.utime(run.path / "decision.md", (moment, moment))
    assert Run.latest(toy.runs) == first


def test_the_latest_run_of_a_case_is_never_that_of_another(toy):
    mine, other = toy.train(), toy.train()
    rewrite(other, case="moderation")
    os.utime(mine.path / "decision.md", (10, 10))
    assert Run.of("toy", None, toy.runs) == mine
    rewrite(mine, case="fraud")
    with pytest.raises(ModelingError, match=r"no complete run of toy; it has runs of fraud, moderation\. Train first"):
        Run.of("toy", None, toy.runs)


def test_a_run_keeps_its_record_and_its_releases(toy):
    run = Run(toy.train(rows=4).path)
    assert run.decision == "# Decision: release v1\n\nChosen: factor 1.0.\n"
    assert (run.case, run.options, run.store.read_text().strip()) == ("toy", {"rows": 4}, "4 rows")
    assert json.loads((run.path / "data.json").read_text())["name"] == "toy rows"
    assert json.loads((run.path / "metrics.json").read_text()) == {"money": 1.5}
    assert [entry["reason"] for entry in run.registry().history()] == ["first release"]
    run.store.write_text("what the service has learned since")
    toy.fit(Run(run.path, {"rows": 4, "factor": 2.0}), print, rows=4, factor=2.0)
    assert (run.registry().current, run.registry().versions()) == ("v1", ["v1", "v2"])
    assert "factor 1.0" in run.decision
    assert (run.registry().path("v2") / "decision.md").read_text().startswith("# Decision: release v2")
    assert run.store.read_text() == "what the service has learned since"
    run.registry().promote("v2", "better")
    assert run.options == {"rows": 4, "factor": 2.0}


def gone(run, toy):
    return run.path.with_name("TYPO")


def folder_of_runs(run, toy):
    return toy.runs


def unfinished(run, toy):
    (run.path / "decision.md").unlink()
    return run.path


def nameless(run, toy):
    (run.path / "run.json").unlink()
    return run.path


def another_case(run, toy):
    rewrite(run, case="moderation")
    return run.path


def other_code(run, toy):
    (toy.folder / "models.py").write_text("# features are computed otherwise now")
    return run.path


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (gone, r"TYPO is no folder\. Complete runs of toy in .*runs: \d{8}-\d{6}\. Name one"),
        (folder_of_runs, r"Complete runs of toy in .*runs: \d{8}-\d{6}\. Name one"),
        (unfinished, r"decision.md is missing\. Complete runs of toy in .*runs: none"),
        (nameless, "does not say of which case it is: run.json is missing. Train again"),
        (another_case, "is a run of moderation, this is the command line of toy. Use python -m moderation"),
        (other_code, r"was trained by the code \w{12} of toy, here is \w{12}.* Train again, or use the code"),
    ],
)
def test_what_is_no_run_of_the_case_is_refused_and_nothing_is_written(toy, spoil, told):
    path = spoil(toy.train(), toy)
    before = everything_below(toy.runs)
    with pytest.raises(ModelingError, match=told):
        Run.of("toy", path, toy.runs, same_code=True)
    assert everything_below(toy.runs) == before


def test_a_verb_that_runs_no_model_does_not_mind_other_code(toy):
    run = toy.train()
    other_code(run, toy)
    assert Run.of("toy", run.path, toy.runs) == run


def test_a_later_release_learns_from_the_current_ones_data_unless_others_are_allowed(toy):
    run = toy.train(rows=3)
    with pytest.raises(ModelingError, match=r"rows have the checksum \w{12}, .* learned from \w{12}.*--new-data"):
        toy.fit(Run(run.path), print, rows=3, seed=1)
    assert run.registry().versions() == ["v1"]
    toy.fit(Run(run.path, new_data=True), print, rows=3, seed=1)
    assert run.registry().versions() == ["v1", "v2"]
    run.registry().promote("v2", "newer data")
    toy.fit(Run(run.path), print, rows=3, seed=1)  # the data of the current release
    assert run.registry().versions() == ["v1", "v2", "v3"]
