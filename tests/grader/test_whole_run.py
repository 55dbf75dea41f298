"""`mlsd test` before it runs the first test."""

import os

import pytest
from typer.testing import CliRunner

from grader.cli import app
from grader.sandbox import probe
from grader.sandbox.level import SandboxError


class Ran(Exception):
    """Raised where pytest would take over."""


@pytest.fixture
def without_sandbox(tmp_path, monkeypatch):
    """A course on a machine that has no level of isolation; what pytest would get is raised."""

    def ran(path, words):
        raise Ran(*words)

    def none():
        raise SandboxError("no level works here")

    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mlsd"\n')
    (tmp_path / "tests").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "execv", ran)
    monkeypatch.setattr(probe, "best_level", none)


def test_a_whole_run_without_a_sandbox_ends_before_its_first_test(without_sandbox):
    assert str(CliRunner().invoke(app, ["test"]).exception) == "no level works here"


def test_a_part_that_may_need_none_is_run(without_sandbox):
    ran = CliRunner().invoke(app, ["test", "-k", "fraud"]).exception
    assert isinstance(ran, Ran)
    assert ran.args[-2:] == ("-k", "fraud")


@pytest.mark.parametrize(("options", "workers"), [(["-k", "fraud"], "4"), (["--tools"], "2"), (["--tools", "-x"], "2")])
def test_tests_that_call_tools_run_on_a_worker_a_core(without_sandbox, options, workers):
    ran = CliRunner().invoke(app, ["test", *options]).exception
    assert isinstance(ran, Ran)
    assert ran.args[ran.args.index("-n") + 1] == workers
