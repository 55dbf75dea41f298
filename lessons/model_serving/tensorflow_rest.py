"""A stand-in for `tensorflow_model_server`, which is no Python package: its REST API over real SavedModels.

Run as a file by an interpreter that has TensorFlow, never imported by the course:

    python tensorflow_rest.py --rest_api_port=8501 --model_name=fraud --model_base_path=/models/fraud

The flags are the real server's, and so are paths, bodies and statuses
(https://github.com/tensorflow/serving/blob/master/tensorflow_serving/g3doc/api_rest.md): model status, `:predict` with
rows (`instances`) or columns (`inputs`), and versions: folders named by a number, of which the newest is served. A new
one is loaded before the old one is dropped. Left out are gRPC, classify and regress, binary values, request batching,
several models and other version policies. The real server is C++; speed and memory of this one say nothing of it.
"""

import argparse
import http.server
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

SIGNATURE = "serving_default"
PREDICT = re.compile(r"/v1/models/([^/:]+)(?:/versions/(\d+))?:predict", re.IGNORECASE)
STATUS = re.compile(r"/v1/models/([^/:]+)(?:/versions/(\d+))?", re.IGNORECASE)
AVAILABLE, ENDED = "AVAILABLE", "END"


class Refused(Exception):
    """A request that gets `status` and the words of the error."""

    def __init__(self, status: int, words: str):
        super().__init__(words)
        self.status = status


class Servable:
    """One loaded version of a model."""

    def __init__(self, folder: Path):
        os.environ["TF_USE_LEGACY_KERAS"] = "1"  # else half of its start is Keras, which is not needed here
        import tensorflow

        self._tf, self._model = tensorflow, tensorflow.saved_model.load(str(folder))

    def predict(self, body: Any) -> dict[str, Any]:
        """The document that answers the body of a :predict. Raises `Refused` for a body that does not fit."""
        if not isinstance(body, dict) or ("instances" in body) == ("inputs" in body):
            raise Refused(400, "Request must have either 'instances' or 'inputs', and not both")
        name = body.get("signature_name") or SIGNATURE
        if name not in self._model.signatures:
            raise Refused(400, f'Serving signature name: "{name}" not found in signature def')
        call = self._model.signatures[name]
        wanted = call.structured_input_signature[1]
        by_row = "instances" in body
        given = _columns_of_rows(body["instances"], wanted) if by_row else _columns(body["inputs"], wanted)
        tensors = {key: self._tensor(key, values, wanted[key]) for key, values in given.items()}
        try:
            answers = {key: value.numpy().tolist() for key, value in call(**tensors).items()}
        except self._tf.errors.InvalidArgumentError as error:
            raise Refused(400, error.message) from None
        return {"predictions": _rows(answers)} if by_row else {"outputs": _only(answers)}

    def _tensor(self, name: str, values: Any, spec: Any) -> Any:
        if not spec.dtype.is_bool and bool in set(map(type, _leaves(values))):  # tf.constant takes true for 1
            raise Refused(400, f"input {name!r}: a Boolean where the model wants {spec.dtype.name}")
        try:
            tensor = self._tf.constant(values, spec.dtype)
        except (TypeError, ValueError) as error:
            raise Refused(400, f"input {name!r}: {error}") from None
        if not spec.shape.is_compatible_with(tensor.shape):
            raise Refused(400, f"input {name!r}: shape {tensor.shape} where the model wants {spec.shape}")
        return tensor


class Versions:
    """The versions below `folder`: the newest is loaded and served, by looks every `poll_s` seconds.

    `load` makes a servable of a version's folder. Where a version cannot be loaded, the one before it stays.
    """

    def __init__(self, folder: Path, load: Callable[[Path], Servable] = Servable):
        self._folder, self._load = folder, load
        self._served: dict[int, Servable] = {}
        self.states: dict[int, tuple[str, str]] = {}

    def look(self) -> None:
        """Load the newest version if it is not served yet, and only then drop the others."""
        newest = max((int(folder.name) for folder in self._folder.iterdir() if folder.name.isdecimal()), default=None)
        if newest is None or newest in self._served or self.states.get(newest, ("", ""))[1]:
            return
        try:
            servable = self._load(self._folder / str(newest))
        except Exception as error:
            self.states[newest] = ENDED, f"{type(error).__name__}: {error}"
            return
        before = self._served
        self._served = {newest: servable}  # one assignment: a request sees the old version or the new one
        self.states |= dict.fromkeys(before, (ENDED, "")) | {newest: (AVAILABLE, "")}

    def servable(self, version: int | None) -> Servable | None:
        """That version, by default the one served; None if it is not loaded."""
        served = self._served
        return served.get(max(served, default=0) if version is None else version)

    def look_forever(self, poll_s: float) -> None:
        """Look for a new version again and again."""
        while True:
            time.sleep(poll_s)
            self.look()


def handler_of(name: str, versions: Versions) -> type[http.server.BaseHTTPRequestHandler]:
    """The class that answers requests for the model `name`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # head and body of an answer leave together

        def do_GET(self) -> None:
            self._answer(lambda: _status(self._asked(STATUS), versions))

        def do_POST(self) -> None:
            self._answer(self._predicted)

        def log_message(self, *_: object) -> None:
            pass

        def _predicted(self) -> dict[str, Any]:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            version = self._asked(PREDICT)
            try:
                body = json.loads(content)
            except ValueError as error:
                raise Refused(400, f"JSON Parse error: {error}") from None
            if (found := versions.servable(version)) is None:
                which = f"Latest({name})" if version is None else f"Specific({name}, {version})"
                raise Refused(404, f"Servable not found for request: {which}")
            return found.predict(body)

        def _asked(self, pattern: re.Pattern[str]) -> int | None:
            match = pattern.fullmatch(self.path)
            if not match:
                raise Refused(400, f"Malformed request: {self.command} {self.path}")
            if match[1] != name:
                raise Refused(404, f"Servable not found for request: Latest({match[1]})")
            return int(match[2]) if match[2] else None

        def _answer(self, work: Callable[[], dict[str, Any]]) -> None:
            try:
                status, document = 200, work()
            except Refused as refused:
                status, document = refused.status, {"error": str(refused)}
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

    return Handler


class Server(http.server.ThreadingHTTPServer):
    """A thread a connection, with room for many that arrive at once."""

    daemon_threads, request_queue_size = True, 1024


def _status(version: int | None, versions: Versions) -> dict[str, Any]:
    known = {number: state for number, state in versions.states.items() if version in (None, number)}
    if not known:
        raise Refused(404, f"Could not find version {version} of the model")
    return {
        "model_version_status": [
            {
                "version": str(number),
                "state": state,
                "status": {"error_code": "UNKNOWN" if words else "OK", "error_message": words},
            }
            for number, (state, words) in sorted(known.items(), reverse=True)
        ]
    }


def _columns(inputs: Any, wanted: Mapping[str, Any]) -> dict[str, Any]:
    columns = inputs if isinstance(inputs, dict) else {next(iter(wanted)): inputs}
    if columns.keys() != wanted.keys():
        raise Refused(400, f"The model's inputs are {sorted(wanted)}; the request has {sorted(columns)}")
    return columns


def _columns_of_rows(rows: Any, wanted: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(rows, list) or not rows:
        raise Refused(400, "'instances' must be a list with at least one row")
    if not isinstance(rows[0], dict):
        if len(wanted) > 1:
            raise Refused(400, f"The model has several inputs, so a row is an object with {sorted(wanted)}")
        return _columns(rows, wanted)
    for row in rows:
        if not isinstance(row, dict) or row.keys() != wanted.keys():
            raise Refused(400, f"Each row must be an object with {sorted(wanted)}; one is {row}")
    return {name: [row[name] for row in rows] for name in wanted}


def _leaves(values: Any) -> Iterator[Any]:
    if isinstance(values, list):
        for value in values:
            yield from _leaves(value)
    else:
        yield values


def _rows(answers: dict[str, Any]) -> Any:
    if len(answers) == 1:
        return _only(answers)
    return [dict(zip(answers, row, strict=True)) for row in zip(*answers.values(), strict=True)]


def _only(answers: dict[str, Any]) -> Any:
    return next(iter(answers.values())) if len(answers) == 1 else answers


def main(words: list[str]) -> None:
    """Load the newest version, serve it on 127.0.0.1, and look for newer ones."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rest_api_port", type=int, required=True)
    parser.add_argument("--model_name", default="default")
    parser.add_argument("--model_base_path", type=Path, required=True)
    parser.add_argument("--file_system_poll_wait_seconds", type=float, default=1.0)
    asked, _ = parser.parse_known_args(words)  # the real server's other flags have no counterpart here
    versions = Versions(asked.model_base_path)
    versions.look()
    if versions.servable(None) is None:
        sys.exit(f"No version of {asked.model_name} could be loaded from {asked.model_base_path}: {versions.states}")
    looking = threading.Thread(target=versions.look_forever, args=(asked.file_system_poll_wait_seconds,), daemon=True)
    looking.start()
    Server(("127.0.0.1", asked.rest_api_port), handler_of(asked.model_name, versions)).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
