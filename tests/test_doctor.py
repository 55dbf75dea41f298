"""mlsd doctor names each fault with its fix. Faults are made, not mocked, where a test can make them."""

import os
import sys

import pytest
from typer.testing import CliRunner

from grader.sandbox import Level, SandboxError, finding, probe
from mlsd.cli import app
from mlsd_lib.doctor import OPTIONAL, Finding, examine, optional_programs, packages_at_fault


def found(subject: str) -> Finding:
    return next(finding for finding in examine() if finding.subject == subject)


def test_this_installation_is_sound():
    assert [finding for finding in examine() if not finding.sound] == []


def test_every_finding_has_a_fix():
    assert all(finding.fix for finding in examine() if finding.subject != "your record")


def test_missing_and_old_packages_are_named(tmp_path):
    lines = ['"flask>=999"', '"no-such-package"', "\"no-such-package-here; sys_platform == 'none'\"", '"numpy"']
    (tmp_path / "pyproject.toml").write_text(f"[project]\ndependencies = [{', '.join(lines)}]")
    faults = packages_at_fault(tmp_path)
    assert len(faults) == 2
    assert faults[0].endswith("wanted >=999")
    assert faults[1] == "no-such-package is missing"


def test_a_kernel_of_another_interpreter_is_found(tmp_path, monkeypatch):
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text('{"argv": ["/usr/bin/env"], "display_name": "other", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    assert not found("kernel").sound
    assert "ipykernel install" in found("kernel").fix


def test_a_record_that_cannot_be_written_is_found(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("MLSD_HOME", str(tmp_path / "file" / "below"))
    assert not found("your record").sound


@pytest.mark.parametrize(("name", "value"), [("version_info", (3, 10, 0)), ("prefix", sys.base_prefix)])
def test_an_unfit_python_and_a_missing_environment_are_found(name, value, monkeypatch):
    monkeypatch.setattr(sys, name, value)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    faults = [finding.subject for finding in examine() if not finding.sound]
    assert faults == [{"version_info": "Python", "prefix": "environment"}[name]]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with tests, on a path of its own that holds npm alone."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "tests").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "npm").touch(mode=0o755)
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="a program has another name there")
def test_one_command_brings_every_optional_program_that_is_missing(course):
    findings = optional_programs(course)
    assert {finding.subject: finding.verdict for finding in findings} == {
        "npm": "sound", "chromium": "remark", "java": "remark", "promtool": "remark"
    }  # fmt: skip
    assert all(finding.sound for finding in findings)
    [command] = [finding.fix for finding in findings if finding.fix]
    assert command.startswith("apt-get install chromium default-jre-headless prometheus (")


def test_a_student_edition_is_not_asked_for_programs_that_only_tests_call(course):
    (course / "tests").rmdir()
    assert [program.subject for program in optional_programs(course)] == ["java"]


def test_the_readme_names_every_optional_program(request):
    text = (request.config.rootpath / "README.md").read_text()
    assert [program.names[0] for program in OPTIONAL if program.package not in text] == []


def test_a_weaker_sandbox_is_a_remark_with_the_fix_and_none_is_a_fault(monkeypatch):
    monkeypatch.setattr(probe, "missing", {Level.NAMESPACES: "bubblewrap is not installed"}.get)
    monkeypatch.setattr(finding, "best_level", lambda: Level.LIMITS)
    weaker = finding.sandbox_finding()
    assert weaker.verdict == "remark"
    assert "reads what" in weaker.seen
    assert "bubblewrap is not installed. It needs Linux 5.12" in weaker.fix

    def no_level() -> Level:
        raise SandboxError("no level works")

    monkeypatch.setattr(finding, "best_level", no_level)
    assert finding.sandbox_finding() == Finding("sandbox", False, "no student code can be run here", "no level works")


def test_the_command_prints_each_verdict_and_fails_for_a_fault_alone(course, monkeypatch):
    monkeypatch.setattr(finding, "best_level", lambda: Level.NAMESPACES)
    result = CliRunner().invoke(app, ["doctor"])
    lines = result.output.splitlines()
    assert result.exit_code == 0, result.output
    assert any(line.startswith("sound  sandbox: namespaces (") for line in lines)
    assert any(line.startswith("remark java: not here: Spark") for line in lines)
    assert lines[-1].startswith("       To have more: apt-get install chromium")
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 1
