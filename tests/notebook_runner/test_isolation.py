"""Being cut off: the private network namespace as root and as a user, and the audit hook where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from notebook_runner import isolation
from notebook_runner.environment import INSIDE
from notebook_runner.trace import read_trace

PROBE = """
import errno, os, socket, sys
sys.path.insert(0, sys.argv[1])
import isolation
level = isolation.enter()
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).close()
before = isolation.refused_routes()
for family, host in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
    try:
        socket.socket(family).connect((host, 80))
    except OSError as error:
        assert error.errno in (errno.ENETUNREACH, errno.EADDRNOTAVAIL), error
assert socket.gethostbyname(socket.gethostname()) == "127.0.0.1"
print(level, os.getuid(), before, isolation.refused_routes(), sep="|")
"""
needs_namespaces = pytest.mark.skipif(
    not sys.platform.startswith("linux") or isolation.available() != isolation.NAMESPACE,
    reason="this machine gives no private network namespace",
)


def probe_as(folder: Path, python: str, **identity) -> list[str]:
    shutil.copy(isolation.__file__, folder / "isolation.py")
    command = [python, "-I", "-c", PROBE, str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, cwd="/", **identity)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip().split("|")


@needs_namespaces
def test_in_the_namespace_loopback_works_and_every_attempt_to_leave_is_counted(tmp_path):
    level, uid, before, after = probe_as(tmp_path, sys.executable)
    assert (level, uid, before) == (isolation.NAMESPACE, str(os.getuid()), "0")
    assert int(after) >= 1


@needs_namespaces
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become an ordinary user")
def test_an_ordinary_user_gets_the_namespace_and_keeps_its_uid(tmp_path_factory):
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if python is None:
        pytest.skip("no Python here that every user can read")
    folder = Path("/tmp") / f"mlsd-isolation-{os.getpid()}"  # pytest's own folders are closed to other users
    folder.mkdir(mode=0o755)
    try:
        level, uid, before, after = probe_as(folder, python, user=65534, group=65534, extra_groups=[])
    finally:
        shutil.rmtree(folder)
    assert (level, uid, before) == (isolation.NAMESPACE, "65534", "0")
    assert int(after) >= 1


@pytest.mark.parametrize(
    ("environ", "level"),
    [
        ({}, ""),
        ({"CI": "true"}, isolation.NAMESPACE if sys.platform.startswith("linux") else ""),
        ({"CI": "true", "MLSD_OFFLINE": "hook"}, isolation.HOOK),
        ({"MLSD_OFFLINE": "namespace"}, isolation.NAMESPACE),
    ],
)
def test_ci_demands_the_namespace_and_a_variable_overrides_it(environ, level):
    assert isolation.wanted(environ) == level


def traced(tmp_path: Path, code: str, refuse: bool = False, path: str = "") -> "subprocess.CompletedProcess[str]":
    """Run `code` in a Python that writes a trace to tmp_path/trace."""
    (tmp_path / "trace").touch()
    env = {
        **os.environ,
        "MLSD_TRACE": str(tmp_path / "trace"),
        "MLSD_REFUSE_NETWORK": "1" if refuse else "0",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(INSIDE), path])),
    }
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, cwd=tmp_path)


def test_the_hook_refuses_every_address_but_loopback_and_writes_it_down(tmp_path):
    code = """
import socket
server = socket.create_server(("localhost", 0))
socket.create_connection(server.getsockname()).close()
for call in (lambda: socket.create_connection(("192.0.2.1", 80)), lambda: socket.getaddrinfo("example.org", 80),
             lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.2", 53))):
    try:
        call()
    except OSError as error:
        print(error.errno)
"""
    answer = traced(tmp_path, code, refuse=True)
    assert answer.stdout.split() == ["101"] * 3, answer.stderr
    assert read_trace(tmp_path / "trace").refused == ["192.0.2.1", "example.org", "192.0.2.2"]


def test_the_trace_tells_what_was_read_from_what_was_written_first(tmp_path):
    (tmp_path / "in.txt").write_text("1")
    code = """
import os, sqlite3, subprocess, sys
open("in.txt").read()
open("out.txt", "w").close(); open("out.txt").read()
sqlite3.connect("new.db").close()
os.listdir("."); os.path.exists("unseen")
try: open("missing.txt")
except OSError: pass
open("in.txt", "a").close()
subprocess.run([sys.executable, "-c", "open('out.txt').read(); open('in-child.txt', 'w').close()"])
"""
    assert traced(tmp_path, code).returncode == 0
    trace = read_trace(tmp_path / "trace")
    names = [Path(name).name for name in trace.read if name.startswith(str(tmp_path))]
    assert names == ["in.txt", "missing.txt"]
    assert trace.listed == [str(tmp_path)]


def test_compiled_files_stand_for_their_sources(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    (tmp_path / "prices.py").write_text("TAX = 2\n")
    for _ in range(2):  # the second time Python opens only the compiled file
        (tmp_path / "trace").unlink(missing_ok=True)
        assert traced(tmp_path, "import prices").returncode == 0
    assert (tmp_path / "__pycache__").exists()
    assert str(tmp_path / "prices.py") in read_trace(tmp_path / "trace").read


def test_a_sitecustomize_that_was_there_before_still_runs(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.was_here = 42\n")
    assert traced(tmp_path, "print(was_here)", path=str(tmp_path)).stdout.strip() == "42"


def test_a_trace_cut_off_by_a_kill_is_read_up_to_there(tmp_path):
    (tmp_path / "trace").write_text("r '/a'\nr '/b\n")
    assert read_trace(tmp_path / "trace").read == ["/a"]
