"""Servers that surely end, whoever dies first, and that say why when they do not start."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from mlsd_lib.serving import ServerProcess, ServingError, closed_loop
from mlsd_lib.serving.process import kept_port
from tests.waiting import PATIENCE_S, Machine, ended, until

DEMO = [sys.executable, str(Path(__file__).with_name("demo_service.py")), "{port}"]
# A server whose child has a session of its own and ignores SIGTERM; /healthz tells both process ids.
STUBBORN = [
    sys.executable,
    "-c",
    """
import http.server, json, os, signal, subprocess, sys
hold = "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
child = subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps([os.getpid(), child.pid]).encode())
http.server.HTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
""",
]
# A parent that starts the server, prints what it started and waits for ever; with "fork", a copy of it lives on.
PARENT = f"""
import os, signal, sys, urllib.request
from mlsd_lib.serving import ServerProcess
with ServerProcess({STUBBORN!r}, stop_s=0.1) as server:
    pids = urllib.request.urlopen(server.url + "/healthz").read().decode()
    copy = os.fork() if "fork" in sys.argv else 0
    if copy or "fork" not in sys.argv:
        print(pids, server._kept.guardian, copy, flush=True)
    signal.pause()
"""


def pids_of(server):
    return json.loads(urllib.request.urlopen(server.url + "/healthz").read())


class Observed(ServerProcess):
    """One whose time for its start is over as soon as GET /healthz was answered as expected, and not before."""

    def __init__(self, command, expected, **options):
        super().__init__(command, clock=self.now_s, start_s=PATIENCE_S, stop_s=0.1, **options)
        self.expected, self.answers, self.machine = expected, [], Machine()

    def now_s(self):
        return 2 * PATIENCE_S if self.expected in str(self.answers) else self.machine.passed_s()

    def _health(self):
        self.answers.append(super()._health())
        return self.answers[-1]


def test_the_server_and_a_child_that_ignores_sigterm_end_with_the_block():
    with ServerProcess(STUBBORN, stop_s=0.1) as server:
        pids = pids_of(server)
        assert pids[0] == server.pid
        assert all(psutil.pid_exists(pid) for pid in pids)
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert server.exit_code == -signal.SIGTERM


def test_an_exception_in_the_block_ends_the_server_too():
    pids = []
    try:
        with ServerProcess(STUBBORN, stop_s=0.1) as server:
            pids += pids_of(server)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert pids
    assert not any(psutil.pid_exists(pid) for pid in pids)


@pytest.mark.parametrize("how", ["alone", "fork"])
def test_the_server_ends_when_its_parent_is_killed(how):
    """Also where a forked copy of the parent lives on and holds the pipe that would have told of the death."""
    with subprocess.Popen([sys.executable, "-c", PARENT, how], stdout=subprocess.PIPE, text=True) as parent:
        pids, guardian, copy = parent.stdout.readline().strip().rsplit(" ", 2)
        parent.kill()
        until(lambda: ended([*json.loads(pids), int(guardian)]), "the end of the server and its guardian")
        if int(copy):
            os.kill(int(copy), signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_the_server_dies_with_its_guardian():
    with ServerProcess(STUBBORN, stop_s=0.1) as server:
        pids = pids_of(server)
        os.kill(server._kept.guardian, signal.SIGKILL)
        until(lambda: ended([server.pid]), "the end of the server")
    assert server.exit_code == -signal.SIGKILL
    os.kill(pids[1], signal.SIGKILL)  # its orphan: nobody was left to end it


def test_a_request_being_worked_on_is_finished_when_the_server_is_told_to_end():
    with ServerProcess(DEMO) as server, ThreadPoolExecutor() as pool:
        answer = pool.submit(closed_loop, server.url + "/predict", [{"amount": 1, "pause_s": 0.5}], 1, 0.01)
        until(lambda: "pausing" in server.log() or answer.done(), "the request at the model")
        server.stop()
        assert list(answer.result().status) == [200]
    assert server.exit_code == 0


def test_a_server_that_exits_tells_its_command_code_and_last_lines():
    command = [sys.executable, "-c", "import sys; print('no model in', {port}); sys.exit(3)"]
    server = ServerProcess(command)
    with pytest.raises(ServingError, match=r"(?s)exited with code 3.*no model in \d+.*Run the command"):
        server.start()
    assert "sys.exit(3)" in server._named()
    assert server.exit_code == 3


def test_a_server_that_is_never_healthy_is_ended_at_its_deadline():
    server = Observed([sys.executable, "-c", "import signal; signal.pause()"], "refused")
    with pytest.raises(ServingError, match=r"not healthy after 120 s .*refused"):
        server.start()
    assert not psutil.pid_exists(server.pid)


def test_a_command_that_is_not_there_is_named():
    with pytest.raises(ServingError, match=r"(?s)exited with code 127.*no-such-program cannot be started"):
        ServerProcess(["no-such-program"]).start()


def test_a_server_process_is_started_once_and_stopped_as_often_as_one_likes():
    with ServerProcess(STUBBORN, stop_s=0.1) as server:
        with pytest.raises(ServingError, match="runs already"):
            server.start()
        server.stop()
        server.stop()


def test_cpu_seconds_hold_what_the_server_worked(service):
    before = service.cpu_seconds()
    body = json.dumps({"rows": [{"amount": 1, "work_s": 0.1}] * 3}).encode()
    request = urllib.request.Request(service.url + "/predict", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request).read()
    assert service.cpu_seconds() - before >= 0.3  # of the thread's own clock, which the process's contains


def test_the_log_keeps_what_was_said_after_the_end_and_the_variable_port_is_set():
    command = [STUBBORN[0], "-c", "import os; print('port', os.environ['PORT'], os.environ['WHO'])\n" + STUBBORN[2]]
    with ServerProcess(command, env={"WHO": "me"}, stop_s=0.1) as server:
        assert server.log(last_lines=1_000) == f"port {server.port} me" + server.log().partition(" me")[2].rstrip("\n")
    assert f"port {server.port} me" in server.log()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a port for a server that binds it later")
def test_the_system_gives_a_port_to_nobody_but_the_server_that_was_told_it():
    port = kept_port()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))  # the rule by which the system chooses a port for others
    with socket.create_server(("127.0.0.1", port)):
        assert kept_port(port) == port


def test_a_port_of_another_process_is_refused_by_its_number():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServingError, match=f"Port {port} .* taken by another process .* End that process"):
            ServerProcess(DEMO, port=port).start()


OTHER_HEALTH = [
    sys.executable,
    "-c",
    """
import http.server
held = bytearray(50_000_000)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/v1/models/m" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
""",
]


def test_health_may_be_asked_elsewhere_and_a_second_server_replaces_the_first():
    with ServerProcess(OTHER_HEALTH, health="/v1/models/m") as server:
        place = server.port
        assert 50 < server.memory_mb() < 200
    with ServerProcess(OTHER_HEALTH, health="/v1/models/m", port=place) as server:
        assert server.port == place
    with pytest.raises(ServingError, match=r"GET /healthz: 404"):
        Observed(OTHER_HEALTH, "404").start()
