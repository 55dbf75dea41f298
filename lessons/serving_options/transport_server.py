"""One model behind three doors: JSON and bytes over HTTP, and gRPC by code generated from a contract.

`python -m lessons.serving_options.transport_server PORT STUBS`: STUBS is the folder with the code that protoc generated
from the contract `scoring.proto` of the lesson on serving options. The port of the gRPC door is printed.
"""

import importlib
import sys
from concurrent import futures
from typing import Any

import flask
import grpc
import numpy as np
import waitress
from grpc_health.v1 import health, health_pb2, health_pb2_grpc


def model(numbers: np.ndarray) -> float:
    """The mean: cheap, so that the door is what takes time."""
    return float(np.mean(numbers))


def http_doors() -> flask.Flask:
    """POST /json with {"x": [...]}, POST /bytes with float32 in little-endian order."""
    app = flask.Flask("doors")

    @app.post("/json")
    def by_json() -> Any:
        return flask.jsonify(score=model(np.array(flask.request.get_json()["x"], np.float32)))

    @app.post("/bytes")
    def by_bytes() -> Any:
        return flask.jsonify(score=model(np.frombuffer(flask.request.get_data(), "<f4")))

    @app.get("/healthz")
    def healthy() -> str:
        return "ok"

    return app


def grpc_door(stubs: str) -> grpc.Server:
    """The service `scoring.Scorer` and the standard health service."""
    sys.path.insert(0, stubs)
    messages, services = (importlib.import_module(name) for name in ("scoring_pb2", "scoring_pb2_grpc"))

    base: Any = services.ScorerServicer

    class Scorer(base):
        def Score(self, request: Any, context: object) -> Any:
            return messages.Answer(score=model(np.array(request.x, np.float32)))

    server = grpc.server(futures.ThreadPoolExecutor(2))
    services.add_ScorerServicer_to_server(Scorer(), server)
    state = health.HealthServicer()
    state.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(state, server)
    return server


def main() -> None:
    """Serves until it is ended."""
    port, stubs = int(sys.argv[1]), sys.argv[2]
    server = grpc_door(stubs)
    print("gRPC", server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    waitress.serve(http_doors(), host="127.0.0.1", port=port, threads=2, ident=None)


if __name__ == "__main__":
    main()
