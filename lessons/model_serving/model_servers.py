"""How BentoML, Ray Serve, TorchServe and TensorFlow Serving are started, and kept busy.

What they answer with, a service file or a handler, belongs to whoever starts them.
"""

import http.client
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mlsd_lib.lesson.footprint import installed_mb
from mlsd_lib.serving.errors import ServingError
from mlsd_lib.serving.process import ServerProcess, kept_port
from mlsd_lib.serving.requests import post
from notebook_runner import tool, tool_python

TENSORFLOW_SERVER = "tensorflow_model_server"
PACKAGES = {
    "Flask, PyTorch": ("core", "flask", "waitress", "torch"),
    "Flask": ("core", "flask", "waitress", "onnxruntime"),
    "FastAPI": ("core", "fastapi", "uvicorn", "onnxruntime"),
    "BentoML": ("bentoml", "bentoml", "onnxruntime"),
    "Ray Serve": ("ray", "ray[serve]", "onnxruntime"),
    "TorchServe": ("torchserve", "torchserve", "torch-model-archiver", "torch", "pyyaml", "onnxruntime"),
    "TF Serving": ("tensorflow", "tensorflow-cpu"),
}
"""For each server of the lesson the tool in whose environment it is, then what is installed for it and its model."""
LIGHT_JAVA = "-XX:TieredStopAtLevel=1"
"""For a TorchServe that lives for seconds: Java compiles once and lightly, so that few requests warm it up."""
PATIENT_RAY = {
    "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "120",
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "120",
    "RAY_worker_register_timeout_seconds": "300",
}
"""Deadlines of Ray for its own processes: on a busy machine it would end those that are still being imported."""
LONGEST_PATH = 103
WITHIN_RAY = len("/ray-12345678/session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store")
HEALTH = {"BentoML": "/readyz", "Ray Serve": "/-/healthz", "TorchServe": "/ping"}


def bentoml_command(service: str) -> list[str]:
    """The command that serves `service`, written FILE:CLASS, from the working folder; its port is `{port}`."""
    return [*tool("bentoml"), "serve", service, "--host", "127.0.0.1", "--port", "{port}"]


def set_up_mb(name: str) -> float:
    """Megabytes of what has to be installed for the server `name`, the runtime of its model included, Java not."""
    tool_name, *packages = PACKAGES[name]
    needed: dict[str, float] = {}
    for package in packages:
        needed |= installed_mb(package, tool_name)
    return sum(needed.values())


def socket_folder() -> "tempfile.TemporaryDirectory[str]":
    """A folder for Ray's sockets, gone with this process: their paths may have 107 characters, 103 on macOS.

    It lies among this process's temporary files where these have a short name: elsewhere a runner would take Ray's logs
    for something that the notebook read, and never keep its result.
    """
    fits = sys.platform == "win32" or len(tempfile.gettempdir()) <= LONGEST_PATH - WITHIN_RAY
    return tempfile.TemporaryDirectory(prefix="ray-", dir=None if fits else "/tmp")


def archive_model(model: Path, handler: Path, name: str, store: Path, version: str = "1.0") -> Path:
    """`store`/`name`.mar, a TorchServe archive of a `model` (.pt or .onnx) and the file of its handler."""
    store.mkdir(parents=True, exist_ok=True)
    words = ["--model-name", name, "--version", version, "--serialized-file", str(model), "--handler", str(handler)]
    command = [str(tool_python("torchserve")), "-m", "model_archiver.model_packaging", *words]
    done = subprocess.run([*command, "--export-path", str(store), "--force"], capture_output=True, text=True)
    if done.returncode:
        raise ServingError(f"torch-model-archiver could not pack {model}: {done.stderr[-1000:]} Check its handler.")
    return store / f"{name}.mar"


def torchserve_settings(models: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """The settings of a TorchServe that keeps to this machine, `models` mapping names to archives loaded at its start.

    Its port of requests is left to the command, all others are kept for it. One worker a model; `more` is added.
    """
    return {
        "management_address": f"http://127.0.0.1:{kept_port()}",
        "metrics_address": f"http://127.0.0.1:{kept_port()}",
        "grpc_inference_port": kept_port(),
        "grpc_management_port": kept_port(),
        "disable_token_authorization": "true",
        "default_workers_per_model": 1,
        "load_models": ",".join(f"{name}={archive}" for name, archive in (models or {}).items()),
        **more,
    }


def torchserve_command(folder: Path, store: Path, settings: Mapping[str, Any]) -> list[str]:
    """The command that serves the archives in `store` by `settings`, which are kept in `folder`/config.properties.

    What it unpacks, its sockets and its process id lie in `folder`/tmp, else two of them would meet in the system's.
    """
    config, temporary = folder / "config.properties", folder / "tmp"
    temporary.mkdir(exist_ok=True)
    lines = [f"{name}={value}" for name, value in settings.items()]
    config.write_text("\n".join([*lines, "enable_envvars_config=true", ""]), encoding="utf-8")
    address = "TS_INFERENCE_ADDRESS=http://127.0.0.1:{port}"  # the one setting that is known only at the start
    variables = [address, f"TEMP={temporary}", f"TMPDIR={temporary}"]
    flags = ["--foreground", "--no-config-snapshots", "--model-store", str(store), "--ts-config", str(config)]
    return ["/usr/bin/env", *variables, *tool("torchserve"), *flags]


def tensorflow_command(name: str, folder: Path, poll_s: float = 1.0) -> list[str] | None:
    """The command that serves the newest SavedModel below `folder` as `name`; None where its server is not on PATH.

    The server looks for a new version every `poll_s` seconds.
    """
    server = shutil.which(TENSORFLOW_SERVER)
    if server is None:
        return None
    flags = ["--rest_api_port={port}", f"--model_name={name}", f"--model_base_path={folder.resolve()}"]
    return [server, *flags, f"--file_system_poll_wait_seconds={poll_s:g}"]


def first_answer(url: str, body: Mapping[str, Any], wait_s: float = 120.0) -> Any:
    """The model's first good answer to `body`, asked again until there is one: a server may be up before its model.

    Raises `ServingError` where there is none within `wait_s` seconds.
    """
    deadline, status, answer = time.monotonic() + wait_s, 0, None
    while time.monotonic() < deadline:
        try:
            status, answer = post(url, body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            status, answer = 0, error
        if status == 200:
            return answer
        time.sleep(0.05)
    raise ServingError(f"{url} gave no good answer in {wait_s:g} s; its last was {status}, {answer}. Look at its log.")


def busy_cpu_ms(server: ServerProcess, path: str, bodies: Sequence[Any], requests: int, clients: int) -> float:
    """CPU milliseconds of `server` for each of `requests` at `path`, from `clients` that never pause.

    A client keeps its connection; `bodies` are sent in turn as JSON. Raises `ServingError` for an answer but a 200.
    """
    sent = [json.dumps(body).encode() for body in bodies]

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        for at in range(number, requests, clients):
            connection.request("POST", path, sent[at % len(sent)], {"Content-Type": "application/json"})
            with connection.getresponse() as answer:
                if answer.status != 200:
                    raise ServingError(f"{server.url}{path} gave {answer.status} under load: {answer.read()[:200]!r}.")
                answer.read()
        connection.close()

    before_s = server.cpu_seconds()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(client, range(clients)))
    return 1_000 * (server.cpu_seconds() - before_s) / requests


def manage(settings: Mapping[str, Any], method: str, path: str, **query: Any) -> Any:
    """What the management interface of a TorchServe with these `settings` answers; raises `HTTPError` if it refuses."""
    address = f"{settings['management_address']}{path}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(urllib.request.Request(address, method=method), timeout=120) as answer:
        return json.load(answer)
