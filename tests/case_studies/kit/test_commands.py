"""The commands that all cases share, of a case that is nothing but its commands."""

import json
from typing import get_args

import pandas as pd
import pytest
from typer.testing import CliRunner

from case_studies.kit import Rollback, Run, commands
from case_studies.kit.fault_lines import fault_line
from mlsd_lib.modeling import ModelingError
from notebook_runner.errors import CourseError
from tests.case_studies.personalization import hooks as personalization
from tests.grader.full_disk import no_file_beyond


@pytest.fixture
def run(toy):
    """A run with two releases, the second in charge."""
    run = toy.train(rows=4)
    run.registry().add("v2", lambda folder: (folder / "model.txt").write_text("m"))
    run.registry().promote("v2", "why v2")
    return run


@pytest.fixture
def ask(toy, monkeypatch):
    """The result of a command; the page that `report` writes is tried in `test_report_page`."""
    page = "case_studies.kit.report_page.write_report"
    monkeypatch.setattr(page, lambda run, path, *more: path.write_text(run.decision))

    def published(source, seed):
        return f"card of {source}", pd.DataFrame({"AUC": [0.87654 + seed]}, index=["small"])

    def live(rng, *, fast: bool = False):
        return commands.World(Lived(), lambda: None, None, {"fast": fast}, lambda: "All quiet.")

    examples = {"train": "--rows 4", "retrain": "--factor 2", "simulate": "--weeks 2"}
    app = commands.command_line("toy", "A toy.", toy.fit, live, examples, {"handbook": published})

    def ask(*words):
        return CliRunner().invoke(app, [str(word) for word in words])

    return ask


def test_report_shows_the_decision_and_every_change_of_release(ask, run):
    result = ask("report", "--out", run.path.parent)
    assert result.output.splitlines() == [
        "# Decision: release v1",
        "",
        "Chosen: factor 1.0.",
        "",
        "1. promote to v1: first release",
        "2. promote to v2: why v2",
        f"The page: {run.path / 'report.html'}",
    ]


def test_training_twice_overwrites_nothing_and_the_newest_run_is_reported(ask, toy):
    for rows in (3, 4):
        assert ask("train", "--out", toy.runs, "--rows", rows, "--factor", rows).exit_code == 0
    assert len(list(toy.runs.glob("*/decision.md"))) == 2
    assert "Chosen: factor 4.0." in ask("report", "--out", toy.runs).output


def test_report_repeats_a_protocol_and_names_those_it_knows(ask):
    shown = ask("report", "--protocol", "handbook", "--source", "x.csv", "--seed", 1).output
    assert "card of x.csv" in shown
    assert "1.877" in shown
    refused = ask("report", "--protocol", "ulb")
    assert isinstance(refused.exception, CourseError)
    assert "one of run, handbook" in str(refused.exception)


def test_rollback_restores_the_state_unless_told_not_to(ask, run, toy):
    assert ask("rollback", "--run", run.path, "--reason", "bad").output == (
        "Current release: v1. Remembered rows derived anew: 1,234.\n"
    )
    assert toy.notes() == [(run.path, "v1")]


def test_rollback_without_the_state_asks_the_case_nothing(ask, run, toy):
    result = ask("rollback", "--out", run.path.parent, "--reason", "bad", "--no-restore-state")
    assert "derived anew: 0." in result.output
    assert toy.notes() == []


def test_a_release_is_trained_like_the_current_one_listed_promoted_and_rolled_back(ask, toy):
    assert ask("train", "--out", toy.runs, "--rows", 4, "--factor", 0.5).exit_code == 0
    (path,) = toy.runs.iterdir()
    added = ask("retrain", "--run", path, "--factor", 2).output
    assert "Chosen: factor 2.0." in added
    assert f"promote v2 --run {path}" in added
    assert ask("releases", "--run", path).output.splitlines() == [
        "v1  current         Chosen: factor 0.5.",
        "v2  never promoted  Chosen: factor 2.0.",
    ]
    assert ask("promote", "v2", "--run", path, "--reason", "better").output == "Current release: v2.\n"
    assert ask("retrain", "--run", path).exit_code == 0  # as the current one, which is v2 now
    assert ask("rollback", "--run", path, "--reason", "worse").exit_code == 0
    assert [line.split("Chosen")[0].strip() for line in ask("releases", "--run", path).output.splitlines()] == [
        "v1  current",
        "v2  rolled back",
        "v3  never promoted",
    ]
    assert (path / "releases/versions/v3/model.txt").read_text() == "2.0"


def test_a_release_on_other_data_is_refused_unless_asked_for(ask, toy):
    path = toy.train(rows=4).path
    refused = ask("retrain", "--run", path, "--rows", 5)
    assert isinstance(refused.exception, ModelingError)
    assert "--new-data" in str(refused.exception)
    assert ask("retrain", "--run", path, "--rows", 5, "--new-data").exit_code == 0


def test_only_a_release_with_a_decision_that_can_be_read_is_promoted(ask, run):
    registry = run.registry()
    registry.promote("v1", "back")
    assert "holds no decision.md" in str(ask("promote", "v2", "--run", run.path, "--reason", "r").exception)
    ask("retrain", "--run", run.path)
    (registry.path("v3") / "model.txt").unlink()
    assert isinstance(ask("promote", "v3", "--run", run.path, "--reason", "r").exception, FileNotFoundError)
    assert registry.current == "v1"


def test_a_verb_without_room_says_so_in_one_line_and_changes_nothing(ask, run):
    with no_file_beyond(0):
        refused = ask("promote", "v1", "--reason", "r", "--insist", "--run", run.path).exception
    assert "Make room" in fault_line(refused)
    assert run.registry().current == "v2"


def test_a_release_that_shows_no_gain_is_promoted_by_insisting_alone(ask, run):
    ask("retrain", "--run", run.path)
    metrics = run.registry().path("v3") / "metrics.json"
    sure = {"mean": 5, "low": 1, "high": 9, "over": "rows"}
    gain = {"doing nothing": sure, "v1": sure}
    promote = ("promote", "v3", "--run", run.path, "--reason", "r")
    for garbled in ([1], {"v2": 7}, {"v2": sure | {"low": "0"}}):
        metrics.write_text(json.dumps({"gains": garbled}))
        assert "metrics.json is not as it was written" in str(ask(*promote).exception)
    metrics.write_text(json.dumps({"gains": gain}))
    assert "v3 was not compared with v2" in str(ask(*promote).exception)
    metrics.write_text(json.dumps({"gains": gain | {"v2": sure | {"mean": 1, "low": 0, "high": 2}}}))
    assert "v3 shows no gain over v2 (1 (0 to 2 over rows) a day)" in str(ask(*promote).exception)
    assert run.registry().current == "v2"
    assert ask(*promote, "--insist").output == "Current release: v3.\n"


def test_a_first_release_that_shows_no_gain_keeps_the_reason_that_insisted(tmp_path):
    run = Run.new(tmp_path, insist="to see the noise")
    personalization.noise(run)
    assert (
        "No gain is shown over doing nothing (0 (0 to 0 over visitors) a day). Released all the same: to see the noise"
        in run.decision
    )


VERBS = ["serve", "report", "releases", "retrain", ("promote", "v1", "--reason", "r"), ("rollback", "--reason", "r")]


@pytest.mark.parametrize("words", VERBS, ids=str)
def test_every_verb_refuses_a_run_of_another_case_before_it_writes_anything(ask, run, words):
    document = run.path / "run.json"
    document.write_text(document.read_text().replace('"toy"', '"moderation"'))
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    for path, told in ((run.path, "is a run of moderation"), (run.path.with_name("TYPO"), "is no folder")):
        result = ask(*([words] if isinstance(words, str) else words), "--run", path)
        assert isinstance(result.exception, ModelingError)
        assert told in str(result.exception)
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before
    assert not run.path.with_name("TYPO").exists()


def test_other_code_stops_what_runs_a_model_and_not_the_way_back(ask, run, toy):
    (toy.folder / "features.py").write_text("# new")
    for words in (["serve"], ["retrain"], ["promote", "v1", "--reason", "r"], ["rollback", "--reason", "r"]):
        assert "was trained by the code" in str(ask(*words, "--run", run.path).exception)
    assert ask("releases", "--run", run.path).exit_code == 0
    assert ask("rollback", "--reason", "r", "--no-restore-state", "--run", run.path).exit_code == 0
    assert run.registry().current == "v1"


def test_simulate_lives_the_world_of_the_case_with_its_options(ask, toy):
    result = ask("simulate", "--weeks", 1, "--fast", "--rollback", "release", "--out", toy.runs)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1] == "All quiet."
    assert len(list(toy.runs.glob("*/weeks.csv"))) == 1


def test_progress_says_each_step_where_there_is_no_terminal(capsys):
    with commands.progress("first") as tell:
        tell("second")
    assert "second" in capsys.readouterr().err


def test_the_choices_at_an_alarm_are_those_of_a_live_system():
    assert get_args(commands.Rollback) == get_args(Rollback)


class Lived:
    """A live system that notes what is asked of it."""

    def __init__(self):
        self.happened, self.days = "", [{"saved_eur": 10.4, "alerts": [], "acting": []}]

    def week(self, rollback, fast=True):
        self.happened += "l" if rollback == "release" and fast else "?"

    def retrain(self, labels):
        self.happened += "r" if labels == "as seen" else "?"

    def start_incident(self):
        self.happened += "s"


@pytest.mark.parametrize(
    ("incident", "labels", "lived"),
    [(None, None, "lll"), (1, None, "lsll"), (0, "as seen", "slrlrlr")],
)
def test_weeks_are_lived_in_order(incident, labels, lived):
    system, steps = Lived(), []
    commands.live_weeks(system, 3, incident, system.start_incident, labels, steps.append, rollback="release")
    assert system.happened == lived
    assert steps == ["week 1 of 3", "week 2 of 3", "week 3 of 3"]


def test_a_run_that_was_refused_before_it_wrote_anything_leaves_no_folder(tmp_path):
    with pytest.raises(CourseError), commands.new_run(tmp_path, {}) as run:
        raise CourseError("no such source")
    assert not run.path.exists()
    begun = commands.new_run(tmp_path, {})
    run = begun.__enter__()
    (run.path / "data.json").write_text("{}")
    begun.__exit__(CourseError, CourseError("too few days"), None)
    assert (run.path / "data.json").exists()
