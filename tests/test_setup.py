"""The set-up's three files say the same, and bootstrap.py names what is missing with the fix."""

import dataclasses
import io
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import bootstrap
from notebook_runner import tools

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LEFT_OUT = {"torch"}  # its builds differ by machine; the reason stands in constraints.txt


def requirements() -> list[Requirement]:
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    return [Requirement(line) for line in [*PROJECT["dependencies"], *extras]]


def tool_requirements(name: str) -> list[Requirement]:
    lines = (ROOT / "environments" / name / "requirements.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


def pins(name: str = "constraints.txt") -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    named = [re.match(r"([\w.-]+)(?:\[.*\])?==([^ ;]+)", line) for line in lines if not line.startswith("#")]
    assert all(named)
    return {match[1].lower().replace("_", "-"): match[2] for match in named if match}


def unpinned(wanted: list[Requirement], pinned: dict[str, str]) -> list[str]:
    """The requirements that no pin serves."""
    names = [r for r in wanted if r.name not in LEFT_OUT]
    return [r.name for r in names if r.name not in pinned or not r.specifier.contains(Version(pinned[r.name]))]


def test_constraints_pin_every_requirement_within_its_range():
    assert unpinned(requirements(), pins()) == []


@pytest.mark.parametrize("name", bootstrap.TOOLS)
def test_the_tools_constraints_pin_every_tool_and_hold_no_addresses(name):
    assert unpinned(tool_requirements(name), pins(f"environments/{name}/constraints.txt")) == []
    text = (ROOT / "environments" / name / "constraints.txt").read_text()
    assert not re.search(r"nvidia-c|cuda|triton|https?://|file:|@|mlsd", text)


def test_every_tool_has_a_floor_and_stands_in_its_own_environment():
    for name in bootstrap.TOOLS:
        wanted = tool_requirements(name)
        assert [
            requirement.name for requirement in wanted if not str(requirement.specifier).startswith((">=", "<2.14,>="))
        ] == []
        packages = {requirement.name for requirement in wanted}
        assert {tool.package for tool in tools.TOOLS.values() if tool.environment == name} <= packages
    assert {tool.environment for tool in tools.TOOLS.values()} | {"site"} == set(bootstrap.TOOLS)  # called by no lesson


@pytest.mark.parametrize("name", tools.TOOLS)
def test_library_and_bootstrap_mean_the_same_environment(name):
    made = bootstrap.tools(ROOT, tools.TOOLS[name].environment)
    assert made.name == tools._folder(name)
    assert made.python.with_suffix("") == tools._interpreter(name, ROOT).with_suffix("")
    assert made.stamp == ROOT / tools._folder(name) / "made-from"


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
    assert "--editable .[grader,dev]" in text
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


@pytest.fixture(params=[bootstrap.core, bootstrap.tools], ids=["core", "tools"])
def environment(request, tmp_path):
    """The core's environment and one of the tools', in a folder of its own, with its inputs and nothing installed."""
    made = request.param(tmp_path)
    for name in made.inputs:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return made


@pytest.mark.parametrize("name", bootstrap.TOOLS)
def test_where_an_environment_has_no_inputs_the_full_repository_is_named(tmp_path, name):
    with pytest.raises(SystemExit, match=rf"has no environments/{name}/requirements.txt.*\n.*use the full repository"):
        bootstrap.make(bootstrap.tools(tmp_path, name))
    assert list(tmp_path.iterdir()) == []


def test_bootstrap_refuses_an_option_it_does_not_know():
    with pytest.raises(SystemExit, match="--tool is no option"):
        bootstrap.main(["--tool"])


def test_bootstrap_refuses_a_full_disk(environment):
    with pytest.raises(SystemExit, match=rf"0\.5 GB free; {environment.name} needs"):
        bootstrap.check_disk(environment, 0.5)


def test_the_stamp_knows_inputs_and_place(environment):
    before = bootstrap.checksum(environment, "3.11")
    (environment.root / environment.inputs[-1]).write_text("other")
    changed = bootstrap.checksum(environment, "3.11")
    moved = environment.root / "moved"
    of_another = bootstrap.checksum(environment, "3.12")
    for name in environment.inputs:
        (moved / name).parent.mkdir(parents=True, exist_ok=True)
        (environment.root / name).rename(moved / name)
    there = bootstrap.checksum(dataclasses.replace(environment, root=moved), "3.11")
    assert len({before, changed, of_another, there}) == 4


def test_an_environment_without_stamp_or_python_is_not_current(environment):
    assert not bootstrap.is_current(environment)
    environment.folder.mkdir()
    environment.stamp.write_text(bootstrap.checksum(environment, sys.version))
    assert not bootstrap.is_current(environment)
    environment.python.parent.mkdir()
    environment.python.write_text("")
    assert bootstrap.is_current(environment)


def other_python(folder: Path, version: str) -> str:
    """A program that says of itself what `bootstrap` asks a Python about its version."""
    program = folder / "other-python"
    program.write_text(f"#!/bin/sh\nprintf '{version}'\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for Python")
def test_an_environment_stays_with_its_python_until_another_is_named(environment, tmp_path):
    python = other_python(tmp_path, "3.13.9")
    environment.python.parent.mkdir(parents=True)
    environment.python.write_text("")
    environment.stamp.write_text(f"{bootstrap.checksum(environment, '3.13.9')}\n{python}\n")
    assert bootstrap.is_current(environment)
    assert not bootstrap.is_current(environment, named=True)
    other_python(tmp_path, "3.14.0")
    assert not bootstrap.is_current(environment)
    Path(python).unlink()
    assert not bootstrap.is_current(environment)


@pytest.mark.parametrize(
    ("closed", "unfit", "chosen"),
    [
        ("", "", "own"),
        ("own", "", "first"),
        ("own first", "", "second"),
        ("own", "first", "second"),
        ("own second", "first", "own"),
        ("own first second", "", "own"),
    ],
)
def test_the_first_open_and_fit_python_takes_the_place_of_a_closed_one(closed, unfit, chosen):
    def fit(python: str) -> bool:
        return python not in unfit.split()

    def closed_at(python: str) -> str:
        return "/root" if python in closed.split() else ""

    assert bootstrap.first_open("own", ["first", "second"], closed_at, fit) == chosen


def test_a_python_in_a_closed_folder_is_closed_whatever_leads_to_it(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "python3.11").symlink_to(os.path.realpath(sys.executable))
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o700)
    (kept / "python3.12").touch(mode=0o755)
    (tmp_path / "python3.12").symlink_to(kept / "python3.12")
    found = bootstrap.on_path(f"{tmp_path / 'none'}{os.pathsep}{tmp_path}{os.pathsep}")
    assert found == [os.path.realpath(sys.executable), str(kept / "python3.12")]
    assert bootstrap.closed_at(found[1]) == str(kept)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is no sandbox with a root of its own")
@pytest.mark.parametrize("user", [0, 1000])
def test_an_environment_is_made_with_a_python_where_it_lies_and_by_no_link(user, tmp_path, monkeypatch):
    (tmp_path / "python").touch(mode=0o755)
    (tmp_path / "link").symlink_to(tmp_path / "python")
    monkeypatch.setattr(os, "getuid", lambda: user)
    monkeypatch.setattr(sys, "_base_executable", str(tmp_path / "link"))
    monkeypatch.setattr(bootstrap, "closed_at", lambda program: "")
    assert bootstrap.open_python() == str(tmp_path / "python")


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for Python")
def test_an_environments_python_and_one_of_another_version_do_not_fit(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "closed_at", lambda program: "")
    assert bootstrap.fits(bootstrap.base_python())
    assert not bootstrap.fits(sys.executable)
    assert not bootstrap.fits(other_python(tmp_path, r"(3, 14)\n/usr\n/usr\n"))
    assert not bootstrap.fits(str(tmp_path / "none"))
    monkeypatch.setattr(bootstrap, "closed_at", lambda program: "/root")
    assert not bootstrap.fits(bootstrap.base_python())


def test_formgraders_buttons_go_through_the_engine_in_every_jupyter():
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    listed = [sys.executable, "-m", "jupyter", "server", "extension", "list"]
    result = subprocess.run(listed, capture_output=True, text=True, env=kept, cwd="/", check=True)
    assert re.search(r"grader\.formgrader_buttons.*enabled", result.stdout + result.stderr)


def test_a_failed_installation_leaves_no_stamp_and_says_what_to_do(environment):
    environment.folder.mkdir()
    environment.stamp.write_text("old")
    with pytest.raises(SystemExit, match="run the same command again"):
        bootstrap.install(environment, shutil.which("false"))
    assert not environment.stamp.exists()


def test_uv_is_told_what_pip_is_configured_with():
    told = """global.index-url='https://one.example/simple'
:env:.extra-index-url='https://two.example https://three.example'
install.find-links='/wheels'
global.constraint='/etc/constraints.txt'
global.timeout='60'
"""
    assert bootstrap.uv_options(told) == [
        *("--default-index", "https://one.example/simple"),
        *("--index", "https://two.example", "--index", "https://three.example"),
        *("--find-links", "/wheels", "--constraint", "/etc/constraints.txt"),
        *("--index-strategy", "unsafe-best-match"),
    ]
    assert bootstrap.uv_options("") == []


def environment_with_words(environment, uv_works: bool) -> None:
    """An environment whose Python notes what it is asked, and whose uv fails if it is to."""
    environment.python.parent.mkdir(parents=True)
    environment.python.write_text(
        f'#!/bin/sh\necho "$*" >> "{environment.root}/asked"\n'
        f'case "$*" in *"-m uv pip"*) exit {0 if uv_works else 1};; esac\n'
    )
    environment.python.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for Python")
@pytest.mark.parametrize("uv_works", [True, False])
def test_pip_installs_where_uv_cannot(environment, uv_works):
    environment_with_words(environment, uv_works)
    (environment.root / (environment.settings or environment.inputs[0])).touch()
    bootstrap.install(environment, shutil.which("true"))  # it makes no other Python
    asked = (environment.root / "asked").read_text().splitlines()
    assert [line.partition("install")[0] for line in asked] == [
        *("-m pip config list", "-m pip ", "-m uv cache dir", "-m uv pip "),
        *([] if uv_works else ["-m pip "]),
    ]
    assert all(f"--constraint {environment.root / environment.inputs[-1]}" in line for line in asked[3:])
    assert environment.stamp.read_text().splitlines()[1] == shutil.which("true")


def test_uv_goes_without_a_cache_that_cannot_be_written(tmp_path):
    assert bootstrap.cache_options(tmp_path / "new" / "uv") == []
    (tmp_path / "file").touch()
    assert bootstrap.cache_options(tmp_path / "file" / "uv") == ["--no-cache"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


PIPS_LOG = """\
Obtaining file:///course
  Installing build dependencies: started
  Preparing editable metadata (pyproject.toml): finished with status 'done'
Collecting numpy>=2 (from mlsd==0.1)
  Downloading numpy-2.3.0-cp311-cp311-manylinux_2_28_x86_64.whl.metadata (62 kB)
Collecting pandas>=2 (from mlsd==0.1)
Downloading pandas-2.3.0-cp311-cp311-manylinux_2_28_x86_64.whl (12.4 MB)
Installing collected packages: numpy, pandas, mlsd
"""


def test_an_installation_shows_where_it_stands():
    terminal = Terminal()
    with bootstrap.Progress(terminal, expected=2) as progress:
        for line in PIPS_LOG.splitlines():
            progress.line(line.strip())
    shown = terminal.getvalue().split("\r\x1b[K")[1:]
    assert [text.partition(", ")[0] for text in shown[:4]] == [
        "1 of about 2 packages",
        *["2 of about 2 packages"] * 3,
    ]
    assert [text.partition(":")[2][4:] for text in shown[:3]] == [
        "looking at numpy>=2",
        "looking at pandas>=2",
        "downloading pandas (12.4 MB)",
    ]
    assert "installing what was fetched" in shown[3]
    assert shown[-1] == ""  # the line is gone when the installation is


def test_a_log_file_gets_few_lines(monkeypatch):
    log = io.StringIO()
    with bootstrap.Progress(log, expected=2) as progress:
        for line in PIPS_LOG.splitlines() * 50:
            progress.line(line.strip())
    lines = log.getvalue().splitlines()
    assert len(lines) == 50
    assert all("installing what was fetched" in line for line in lines)


def test_what_is_expected_follows_from_the_constraints(environment):
    assert 0 < bootstrap.expected_packages(environment) <= len((environment.root / environment.inputs[-1]).read_text())


def test_pip_that_fails_leaves_no_stamp(environment, monkeypatch, capfd):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (environment.root / environment.inputs[-1]).write_text("")
    (environment.root / "nothing-here.txt").write_text("mlsd-has-no-such-package")
    asks = dataclasses.replace(environment, packages=("--requirement", str(environment.root / "nothing-here.txt")))
    with pytest.raises(SystemExit, match="nothing half-made is kept"):
        bootstrap.install(asks, bootstrap.base_python())
    assert "mlsd-has-no-such-package" in capfd.readouterr().err
    assert asks.python.exists()
    assert not bootstrap.is_current(asks)


def test_a_second_installation_waits_for_the_first(environment):
    kind = {".venv": "core", ".venv-tools": "tools"}[environment.name]
    code = (
        "import bootstrap, pathlib\n"
        f"with bootstrap.one_at_a_time(bootstrap.{kind}(pathlib.Path.cwd())): print('in', flush=True)"
    )
    with bootstrap.one_at_a_time(environment):
        second = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=environment.root,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert "waiting for it" in second.stderr.readline()
        assert second.poll() is None
    assert second.communicate(timeout=60)[0] == "in\n"
