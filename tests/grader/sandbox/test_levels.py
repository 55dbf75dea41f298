"""Which level a machine offers, what is said when it is too low, and that all of it holds for an ordinary user too."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from grader.sandbox import (
    Level,
    Limits,
    SandboxError,
    best_level,
    channel,
    describe,
    make_sandbox,
    probe,
    require,
)
from grader.sandbox.isolation import filesystem_view
from tests.grader.sandbox import test_isolation

HERE = Path(__file__).parent
AS_NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
LAST = "test_what_a_course_shows_can_be_read"
TRIED = {param.values[0] for param in test_isolation.HERE}
as_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root, to become somebody else")


def test_a_level_that_is_missing_is_refused_with_what_to_install(without_bubblewrap):
    with pytest.raises(SandboxError, match=r"namespaces is not available.*bubblewrap is not installed"):
        require(Level.NAMESPACES)
    with pytest.raises(SandboxError, match="install"):
        make_sandbox(level=Level.NAMESPACES)


@pytest.fixture
def every_level_works(monkeypatch):
    monkeypatch.setattr(probe, "found_missing", lambda level: "")
    monkeypatch.delenv(probe.CEILING, raising=False)
    assert best_level() is Level.NAMESPACES


@pytest.mark.parametrize("level", [Level.LIMITS, Level.LANDLOCK])
def test_a_variable_lowers_the_level_and_the_description_says_so(level, monkeypatch, every_level_works):
    monkeypatch.setenv(probe.CEILING, level.name.title())
    assert best_level() is level
    assert "MLSD_SANDBOX_LEVEL allows no stronger level" in describe(level)
    assert "MLSD" not in describe(Level.NONE)
    with pytest.raises(SandboxError, match=rf"MLSD_SANDBOX_LEVEL is {level.name.lower()}\. Unset MLSD_SANDBOX_LEVEL"):
        require(Level.NAMESPACES)


def test_the_variable_raises_no_level(monkeypatch, every_level_works):
    monkeypatch.setattr(probe, "found_missing", lambda level: "no such thing" if level > Level.LIMITS else "")
    monkeypatch.setenv(probe.CEILING, "landlock")
    assert best_level() is Level.LIMITS
    assert "MLSD" not in describe(Level.LIMITS)


def test_what_a_level_leaves_open_is_said_and_that_a_stronger_one_can_be_had(every_level_works):
    assert "reads what" in describe(Level.LIMITS)
    assert "writes what" in describe(Level.LIMITS)
    assert "no network" in describe(Level.NAMESPACES)
    assert probe.advice(Level.NAMESPACES) == ""
    assert probe.advice(Level.LIMITS) == "The level namespaces works here: leave out --sandbox."


@pytest.mark.parametrize("name", ["docker", "none", "3"])
def test_a_level_that_the_variable_may_not_name_is_refused(name, monkeypatch):
    monkeypatch.setenv(probe.CEILING, name)
    with pytest.raises(SandboxError, match=f"MLSD_SANDBOX_LEVEL is '{name}'.* Set one of limits, landlock, namespaces"):
        best_level()


def test_what_is_hidden_wins_over_what_is_shown_above_it(tmp_path):
    for name in ("open/data", "open/marks", "open/marks/public"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    seen = filesystem_view.view([tmp_path / "open", tmp_path / "open/marks/public"], [tmp_path / "open/marks"])
    kinds = {step.path: step.kind for step in seen.steps() if str(tmp_path) in step.path}
    assert kinds == {
        str(tmp_path / "open"): "bind",
        str(tmp_path / "open/marks"): "mask",
        str(tmp_path / "open/marks/public"): "bind",
    }
    allowed = [path for path in seen.readable() if path.startswith(str(tmp_path))]
    assert sorted(allowed) == [str(tmp_path / "open/data"), str(tmp_path / "open/marks/public")]


@pytest.fixture(scope="module")
def public_folder():
    """A folder that every user can enter; pytest closes its own to others."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def public_python(public_folder):
    """A Python of this version that every user can run, with this environment's packages."""
    candidate = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    if not os.path.exists(candidate):
        pytest.skip(f"there is no {candidate} that an ordinary user can run")
    subprocess.run([candidate, "-m", "venv", "--without-pip", public_folder / "venv"], check=True)
    root = Path(probe.__file__).parents[2]
    [packages] = (public_folder / "venv/lib").glob("python*/site-packages")
    entries = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "course.pth").write_text("\n".join([*entries, str(root)]))
    python = public_folder / "venv/bin/python"
    check = "import numpy, pytest, grader"
    if subprocess.run([*AS_NOBODY, python, "-B", "-c", check], capture_output=True, check=False).returncode:
        pytest.skip("an ordinary user cannot read the packages of this environment")
    return python


@pytest.fixture
def home(public_folder):
    """A home for somebody else."""
    with tempfile.TemporaryDirectory(dir=public_folder) as folder:
        os.chmod(folder, 0o777)
        yield folder


def run_levels(python, home, become, levels):
    environment = {"PATH": os.environ["PATH"], "HOME": home, "TMPDIR": home}
    options = ["-q", "-p", "no:cacheprovider", "-rA", "-k", " or ".join(levels)]
    command = [*become, str(python), "-B", "-m", "pytest", *options, str(HERE / "test_isolation.py")]
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    for level in levels:
        assert f"PASSED {os.path.relpath(HERE, home)}/test_isolation.py::{LAST}[{level}]" in done.stdout
    return True


@as_root
@pytest.mark.parametrize(
    "levels", [["limits", "landlock"], pytest.param(["bubblewrap"], marks=pytest.mark.needs("bubblewrap"))]
)
def test_every_wall_holds_for_an_ordinary_user(public_python, home, levels):
    assert run_levels(public_python, home, AS_NOBODY, levels)


@as_root
def test_the_lower_walls_hold_as_root_where_others_can_read_this_python(request, home):
    """If they can read the Python of these tests, `test_isolation` itself tries these walls as root."""
    lower = ["limits", "landlock"]
    assert set(lower) <= TRIED or run_levels(request.getfixturevalue("public_python"), home, [], lower)


ROOT_OF_NOBODY = """
from grader.sandbox import make_sandbox
with make_sandbox() as sandbox, sandbox.open() as session:
    print(session.run_cell("print(open('/proc/self/status').read())").outputs[0]["text"])
"""


@as_root
@pytest.mark.needs("bubblewrap")  # shows that there are user namespaces
@pytest.mark.parametrize("further", [0, 100], ids=["none below it", "more below it"])
def test_a_root_who_can_become_nobody_else_gives_students_code_none_of_its_rights(further):
    """Such is root in a container that an ordinary user began."""
    limit = f"echo {further} > /proc/sys/user/max_user_namespaces"
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", f'{limit}; exec "$@"', "sh"]
    done = subprocess.run([*command, sys.executable, "-c", ROOT_OF_NOBODY], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    status = dict(line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
    assert {status[name].strip() for name in ("CapPrm", "CapEff")} == {"0" * 16}


@pytest.fixture
def portable(monkeypatch):
    """What the grader's side has elsewhere than on Linux: no process descriptors, no credentials on sockets."""
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    monkeypatch.setattr(channel, "_PASS_CREDENTIALS", None)
    with make_sandbox(level=Level.NONE, limits=Limits(wall_s=0.5)) as sandbox:
        yield sandbox


def test_the_lowest_level_runs_interrupts_and_buries_without_what_linux_has(portable):
    with portable.open({"a.txt": b"x"}) as session:
        assert session.run_cell("open('a.txt').read()").outputs[0]["data"]["text/plain"] == "'x'"
        assert session.run_cell("while True: pass").verdict == "timeout"
        assert session.run_cell("40 + 2").verdict == "ok"
        assert session.cpu_s() > 0.01
        assert session.peak_mb() > 1
        assert session.run_cell("import os; os._exit(4)").error[1].endswith("exit status 4.")
    with portable.open() as session:
        assert session.run_cell("sum(range(10**13))").verdict == "timeout"
        assert not session.alive


def test_a_fork_that_holds_the_channel_does_not_hide_the_end_of_its_parent(portable):
    with portable.open() as session:
        run = session.run_cell("import os, time\nif os.fork() == 0: time.sleep(99)\nos._exit(5)")
        assert run.verdict in ("crashed", "timeout")


def test_a_system_without_forks_is_refused(monkeypatch):
    monkeypatch.delattr(os, "fork")
    probe.found_missing.cache_clear()
    try:
        with pytest.raises(SandboxError, match="WSL"):
            require(Level.NONE)
    finally:
        probe.found_missing.cache_clear()
