"""mlsd doctor names each fault with its fix. Faults are made, not mocked, where a test can make them."""

import sys

import pytest

from mlsd_lib.doctor import Finding, examine, packages_at_fault


def finding(subject: str) -> Finding:
    return next(one for one in examine() if one.subject == subject)


def test_this_installation_is_sound():
    assert [one for one in examine() if not one.sound] == []


def test_every_finding_has_a_fix():
    assert all(one.fix for one in examine() if one.subject != "your record")


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
    assert not finding("kernel").sound
    assert "ipykernel install" in finding("kernel").fix


def test_a_record_that_cannot_be_written_is_found(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("MLSD_HOME", str(tmp_path / "file" / "below"))
    assert not finding("your record").sound


@pytest.mark.parametrize(("name", "value"), [("version_info", (3, 10, 0)), ("prefix", sys.base_prefix)])
def test_an_unfit_python_and_a_missing_environment_are_found(name, value, monkeypatch):
    monkeypatch.setattr(sys, name, value)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    faults = [one.subject for one in examine() if not one.sound]
    assert faults == [{"version_info": "Python", "prefix": "environment"}[name]]
