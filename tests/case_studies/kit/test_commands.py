"""The commands that all cases share, of a case that is nothing but its commands."""

import sys
import types
from typing import get_args

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from case_studies.kit import Rollback, Run, commands
from notebook_runner.errors import CourseError


@pytest.fixture
def run(tmp_path):
    run = Run.new(tmp_path / "runs")
    for version in ("v1", "v2"):
        run.release(lambda folder: (folder / "model.txt").write_text("m"), version, f"why {version}")
    run.complete({}, {}, "# Decision: small")
    return run


@pytest.fixture
def ask(run, monkeypatch):
    """The result of a command; `restored` and `served` note what it asked of the case."""
    notes = []

    def restore(given, folder):
        notes.append((given.path, folder.name))
        return 1_234

    service = types.ModuleType("toy.service")
    service.restore = restore
    monkeypatch.setitem(sys.modules, "toy", types.ModuleType("toy"))
    monkeypatch.setitem(sys.modules, "toy.service", service)

    def published(source, seed):
        return f"card of {source}", pd.DataFrame({"AUC": [0.87654 + seed]}, index=["small"])

    app = commands.command_line("toy", "A toy.", {"handbook": published})

    def ask(*words):
        return CliRunner().invoke(app, [str(word) for word in words])

    ask.notes = notes
    return ask


def test_report_shows_the_decision_and_every_change_of_release(ask, run):
    result = ask("report", "--out", run.path.parent)
    assert result.output.splitlines() == [
        "# Decision: small",
        "1. promote to v1: why v1",
        "2. promote to v2: why v2",
    ]


def test_report_repeats_a_protocol_and_names_those_it_knows(ask):
    shown = ask("report", "--protocol", "handbook", "--source", "x.csv", "--seed", 1).output
    assert "card of x.csv" in shown
    assert "1.877" in shown
    refused = ask("report", "--protocol", "ulb")
    assert isinstance(refused.exception, CourseError)
    assert "one of run, handbook" in str(refused.exception)


def test_rollback_restores_the_state_unless_told_not_to(ask, run):
    assert ask("rollback", "--run", run.path, "--reason", "bad").output == (
        "Current release: v1. Remembered rows derived anew: 1,234.\n"
    )
    assert ask.notes == [(run.path, "v1")]


def test_rollback_without_the_state_asks_the_case_nothing(ask, run):
    result = ask("rollback", "--out", run.path.parent, "--reason", "bad", "--no-restore-state")
    assert "derived anew: 0." in result.output
    assert ask.notes == []


def test_an_error_of_the_course_is_one_line_and_exit_code_2(monkeypatch, capsys):
    app = typer.Typer()

    @app.command()
    def fail():
        raise CourseError("The run is not complete. Train again.")

    monkeypatch.setattr("sys.argv", ["toy"])
    with pytest.raises(SystemExit) as end:
        commands.main(app)
    assert end.value.code == 2
    assert capsys.readouterr().err == "The run is not complete. Train again.\n"


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

    def week(self, rollback):
        self.happened += "l" if rollback == "release" else "?"

    def retrain(self, labels):
        self.happened += "r" if labels == "as seen" else "?"

    def strike(self):
        self.happened += "s"


@pytest.mark.parametrize(
    ("incident", "labels", "lived"),
    [(None, None, "lll"), (1, None, "lsll"), (0, "as seen", "slrlrlr")],
)
def test_weeks_are_lived_in_order(incident, labels, lived):
    system, steps = Lived(), []
    commands.live_weeks(system, 3, incident, system.strike, labels, steps.append, rollback="release")
    assert system.happened == lived
    assert steps == ["week 1 of 3", "week 2 of 3", "week 3 of 3"]


def test_an_incident_after_the_last_week_is_refused_before_anything_is_simulated():
    app, lived = typer.Typer(), []

    @app.command()
    def simulate(weeks: commands.Weeks = 8, incident_week: commands.IncidentWeek = None):
        lived.append(incident_week)

    assert CliRunner().invoke(app, ["--incident-week", "7"]).exit_code == 0
    for words in (["--incident-week", "8"], ["--incident-week", "2", "--weeks", "2"], ["--incident-week", "-1"]):
        refused = CliRunner().invoke(app, words)
        assert refused.exit_code == 2
        assert "incident-week" in refused.output
    assert lived == [7]


def test_a_run_that_was_refused_before_it_wrote_anything_leaves_no_folder(tmp_path):
    with pytest.raises(CourseError), commands.new_run(tmp_path) as run:
        raise CourseError("no such source")
    assert not run.path.exists()
    begun = commands.new_run(tmp_path)
    run = begun.__enter__()
    (run.path / "data.json").write_text("{}")
    begun.__exit__(CourseError, CourseError("too few days"), None)
    assert (run.path / "data.json").exists()


def test_weeks_are_written_into_a_new_run_and_shown(tmp_path, capsys):
    commands.show_weeks(tmp_path, Lived())
    (written,) = tmp_path.glob("*/weeks.csv")
    assert pd.read_csv(written)["saved_eur"].tolist() == [10.4]
    assert "saved_eur" in capsys.readouterr().out
