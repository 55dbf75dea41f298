"""BentoML, Ray Serve, TorchServe and TensorFlow Serving as the lessons start them, and a busy load."""

import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
import torch

from lessons.model_serving import model_servers as servers
from mlsd_lib.serving import ServerProcess, ServingError, post
from notebook_runner import tool_python
from notebook_runner.tools import environment

HANDLER = """
import torch
from ts.torch_handler.base_handler import BaseHandler

class Rows(BaseHandler):
    def preprocess(self, requests):
        return torch.tensor([row for one in requests for row in one["body"]["instances"]])

    def postprocess(self, scores):
        return [{"predictions": scores.tolist()}]
"""
SERVICE = """
import bentoml

@bentoml.service
class Sums:
    @bentoml.api
    def predict(self, instances: list[list[float]]) -> dict:
        return {"predictions": [sum(row) for row in instances]}
"""


RAY = """
import sys
from ray import init, serve

@serve.deployment
class Sums:
    async def __call__(self, request):
        return {"predictions": [sum(row) for row in (await request.json())["instances"]]}

init("local", num_cpus=2, include_dashboard=False, _temp_dir=sys.argv[2])
serve.start(http_options={"port": int(sys.argv[1])})
serve.run(Sums.bind(), route_prefix="/predict", blocking=True)
"""
COUNTING = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

seen = []

class Counting(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200)

    def do_POST(self):
        seen.append(self.rfile.read(int(self.headers["Content-Length"])))
        deadline = __import__("time").process_time() + 0.002
        while __import__("time").process_time() < deadline:
            pass
        self.answer(503 if b"refuse" in seen[-1] else 200)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", str(len(str(len(seen)))))
        self.end_headers()
        self.wfile.write(str(len(seen)).encode())

ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Counting).serve_forever()
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def family(server):
    process = psutil.Process(server.pid)
    return [process, *process.children(recursive=True)]


def listening(family):
    return {
        c.laddr.ip.removeprefix("::ffff:")
        for process in family
        for c in process.net_connections("inet")
        if c.status == psutil.CONN_LISTEN
    }


@pytest.mark.tools("torchserve")
def test_torchserve_serves_an_archive_on_loopback_and_nothing_of_it_is_left(folder):
    torch.jit.script(torch.nn.Linear(2, 1)).save(folder / "m.pt")
    (folder / "handler.py").write_text(HANDLER)
    servers.archive_model(folder / "m.pt", folder / "handler.py", "m", folder / "store")
    settings = servers.torchserve_settings({"m": "m.mar"}, default_workers_per_model=1)
    command = servers.torchserve_command(folder, folder / "store", settings)
    env = environment(folder, os.environ)
    with ServerProcess(command, cwd=folder, env=env, health=servers.HEALTH["TorchServe"]) as server:
        answer = servers.first_answer(server.url + "/predictions/m", {"instances": [[1.0, 2.0], [3.0, 4.0]]})
        assert len(answer["predictions"]) == 2
        assert servers.manage(settings, "GET", "/models/m")[0]["modelName"] == "m"
        assert servers.manage(settings, "PUT", "/models/m", min_worker=1)["status"]
        with pytest.raises(urllib.error.HTTPError, match="404"):
            servers.manage(settings, "GET", "/models/other")
        running = family(server)
        assert listening(running) == {"127.0.0.1"}
        assert (folder / "tmp" / ".model_server.pid").exists()
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in running)


@pytest.mark.tools("torchserve")
def test_a_handler_that_is_not_there_is_named(folder):
    torch.jit.script(torch.nn.Linear(2, 1)).save(folder / "m.pt")
    with pytest.raises(ServingError, match=r"(?s)could not pack .*m\.pt.*no_such"):
        servers.archive_model(folder / "m.pt", folder / "no_such.py", "m", folder / "store")


@pytest.mark.tools("bentoml")
def test_bentoml_serves_a_class_and_nothing_of_it_is_left(folder):
    (folder / "sums.py").write_text(SERVICE)
    env = environment(folder, os.environ)
    command = servers.bentoml_command("sums:Sums")
    with ServerProcess(command, cwd=folder, env=env, health=servers.HEALTH["BentoML"]) as server:
        assert post(server.url + "/predict", {"instances": [[1.0, 2.0]]}) == (200, {"predictions": [3.0]})
        running = family(server)
        assert listening(running) == {"127.0.0.1"}
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in running)


@pytest.mark.tools("ray")
def test_ray_serves_a_class_and_nothing_of_it_is_left(folder):
    (folder / "sums.py").write_text(RAY)
    with servers.socket_folder() as sockets:
        command = [tool_python("ray"), folder / "sums.py", "{port}", sockets]
        env = environment(folder, os.environ) | servers.PATIENT_RAY
        health = servers.HEALTH["Ray Serve"]
        with ServerProcess(command, cwd=folder, env=env, health=health, start_s=180) as server:
            answer = servers.first_answer(server.url + "/predict", {"instances": [[1.0, 2.0]]})
            assert answer == {"predictions": [3.0]}
            running = family(server)
            assert {"raylet", "gcs_server"} <= {process.name() for process in running}
            assert listening(running) == {"127.0.0.1", "::"}  # a replica's port for other replicas cannot be told
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in running)
    assert not os.path.exists(sockets)


@pytest.mark.skipif(sys.platform == "win32", reason="its pipes have no path")
@pytest.mark.parametrize(("usual", "taken"), [("/tmp/mlsd-12345678/tmp", True), ("/tmp/" + "long" * 6, False)])
def test_rays_sockets_lie_among_the_temporary_files_where_their_paths_fit(usual, taken, monkeypatch):
    """A runner takes what lies there as the run's own; elsewhere it would never keep the result."""
    monkeypatch.setattr(servers.tempfile, "gettempdir", lambda: usual)
    monkeypatch.setattr(
        servers.tempfile, "TemporaryDirectory", lambda prefix, dir: Path(dir or usual) / f"{prefix}{8 * 'x'}"
    )
    folder = servers.socket_folder()
    assert folder.is_relative_to(usual) is taken
    assert len(str(folder)) - len("/ray-xxxxxxxx") + servers.WITHIN_RAY <= servers.LONGEST_PATH


def test_a_busy_load_counts_its_requests_and_what_they_cost(folder):
    (folder / "counting.py").write_text(COUNTING)
    with ServerProcess([sys.executable, folder / "counting.py", "{port}"]) as server:
        cpu_ms = servers.busy_cpu_ms(server, "/", [{"a": 1}, {"a": 2}], requests=51, clients=4)
        assert cpu_ms > 2  # what the server spends on purpose
        assert get(server.url) == "51"
        with pytest.raises(ServingError, match=r"gave 503 under load: b'\d+'"):
            servers.busy_cpu_ms(server, "/", [{"a": "refuse"}], requests=1, clients=1)


def get(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()


def test_set_up_holds_the_server_and_the_runtime():
    assert servers.set_up_mb("Flask, PyTorch") > 2 * servers.set_up_mb("Flask") > 20


def test_tensorflow_serving_is_started_where_its_server_is_on_path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert servers.tensorflow_command("m", Path("models")) is None
    server = tmp_path / servers.TENSORFLOW_SERVER
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    flags = ["--rest_api_port={port}", "--model_name=m", f"--model_base_path={Path('models').resolve()}"]
    command = servers.tensorflow_command("m", Path("models"), poll_s=0.5)
    assert command == [str(server), *flags, "--file_system_poll_wait_seconds=0.5"]


def test_a_server_that_never_answers_is_named():
    with pytest.raises(ServingError, match=r"http://127.0.0.1:9/predict gave no good answer in 0.1 s; its last was 0"):
        servers.first_answer("http://127.0.0.1:9/predict", {}, wait_s=0.1)
