"""The set-up's three files say the same, and bootstrap.py names what is missing with the mend."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import bootstrap

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LEFT_OUT = {"torch"}  # its builds differ by machine; the reason stands in constraints.txt


def requirements() -> list[Requirement]:
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    return [Requirement(line) for line in [*PROJECT["dependencies"], *extras]]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    named = [re.match(r"([\w.-]+)(?:\[.*\])?==([^ ;]+)", line) for line in lines if not line.startswith("#")]
    assert all(named)
    return {match[1].lower().replace("_", "-"): match[2] for match in named if match}


def unpinned(wanted: list[Requirement], pinned: dict[str, str]) -> list[str]:
    """The requirements that no pin serves."""
    names = [r for r in wanted if r.name not in LEFT_OUT]
    return [r.name for r in names if r.name not in pinned or not r.specifier.contains(Version(pinned[r.name]))]


def test_constraints_pin_every_requirement_within_its_range():
    assert unpinned(requirements(), pins()) == []


def test_a_missing_and_an_unfit_pin_are_found():
    wanted = [Requirement("flask>=3"), Requirement("numpy>=2")]
    assert unpinned(wanted, {"flask": "2.0"}) == ["flask", "numpy"]


def test_requirements_are_sorted_so_that_a_diff_shows_one_line():
    names = [Requirement(line).name for line in PROJECT["dependencies"]]
    assert names == sorted(names)


def test_constraints_hold_no_gpu_packages_and_no_addresses():
    text = (ROOT / "constraints.txt").read_text()
    assert not re.search(r"nvidia|cuda|triton|https?://|file:|@", text)


def test_conda_gets_the_same_through_pip():
    text = (ROOT / "environment.yml").read_text()
    assert f"python {PROJECT['requires-python']}" in text
    assert "--constraint constraints.txt" in text
    assert "--editable .[dev]" in text
    assert text.count("- ") == len(["channel", "python", "pip", "pip:", "constraint", "editable"])


def test_python_range_is_told_alike_everywhere():
    low, high = bootstrap.OLDEST, bootstrap.NEWEST
    assert PROJECT["requires-python"] == f">={low[0]}.{low[1]},<{high[0]}.{high[1] + 1}"
    assert f"({low[0]}, {low[1]})" in (ROOT / "Makefile").read_text()
    assert f"({high[0]}, {high[1]})" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_bootstrap_refuses_a_python_it_was_not_made_for(version):
    with pytest.raises(SystemExit, match=r"needs 3\.11, 3\.12 or 3\.13"):
        bootstrap.check_python(version)


def test_bootstrap_refuses_a_full_disk():
    with pytest.raises(SystemExit, match=r"0\.5 GB free"):
        bootstrap.check_disk(0.5)


def test_the_stamp_knows_inputs_and_place(tmp_path, monkeypatch):
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    before = bootstrap.checksum()
    (tmp_path / "constraints.txt").write_text("other")
    changed = bootstrap.checksum()
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).rename(moved / name)
    monkeypatch.setattr(bootstrap, "ROOT", moved)
    assert len({before, changed, bootstrap.checksum()}) == 3


def test_an_environment_without_stamp_or_python_is_not_current(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(bootstrap, "BIN", tmp_path)
    assert not bootstrap.is_current()
    (tmp_path / "stamp").write_text(bootstrap.checksum())
    assert not bootstrap.is_current()
    (tmp_path / "python").write_text("")
    assert bootstrap.is_current()


def test_a_failed_installation_leaves_no_stamp_and_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(bootstrap, "VENV", Path(os.devnull) / "cannot-be-made")
    (tmp_path / "stamp").write_text("old")
    with pytest.raises(SystemExit, match="run the same command again"):
        bootstrap.install()
    assert not (tmp_path / "stamp").exists()


def test_a_second_installation_waits_for_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    code = (
        "import bootstrap, pathlib; bootstrap.ROOT = pathlib.Path.cwd()\n"
        "with bootstrap.one_at_a_time(): print('in', flush=True)"
    )
    with bootstrap.one_at_a_time():
        second = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert "waiting for it" in second.stderr.readline()
        assert second.poll() is None
    assert second.communicate(timeout=60)[0] == "in\n"
