"""One scorer behind three kinds of door, for the servers that stand before them: Flask, FastAPI and gRPC.

The model is `model.onnx` in the working folder; a request is an object of numbers in the order of its inputs, without
`id`. Each door has a second one that brings its process down, as a fault in compiled code does.

    waitress --call lessons.serving_options.scorer:flask_app
    gunicorn "lessons.serving_options.scorer:flask_app()"
    uvicorn --factory lessons.serving_options.scorer:fastapi_app
    python -m lessons.serving_options.scorer PORT    # gRPC on a port that it prints, its health at PORT by HTTP
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from concurrent import futures
from typing import Annotated, Any

Score = Callable[[Mapping[str, float]], float]


def scorer(path: str = "model.onnx") -> Score:
    """A function from a request to its score; any number of threads may call it: nothing that it writes is shared."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when it is first imported
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = onnxruntime.InferenceSession(path, options)

    def score(request: Mapping[str, float]) -> float:
        row = np.array([[value for name, value in request.items() if name != "id"]], np.float32)
        return float(model.run(None, {"X": row})[1][0, 1])

    return score


def crash(*_: object) -> Any:
    """Ends the process at once."""
    os.abort()


def flask_app() -> Any:
    """The WSGI app."""
    import flask

    app, score = flask.Flask("scorer"), scorer()
    app.add_url_rule("/predict", "predict", lambda: {"score": score(flask.request.get_json())}, methods=["POST"])
    app.add_url_rule("/crash", "crash", crash, methods=["POST"])
    app.add_url_rule("/healthz", "healthz", lambda: "ok")
    return app


def fastapi_app() -> Any:
    """The ASGI app; its functions are ordinary ones, which FastAPI calls in threads."""
    from fastapi import Body, FastAPI

    app, score = FastAPI(), scorer()

    @app.post("/predict")
    def predict(request: Annotated[dict[str, float], Body()]) -> dict[str, float]:
        return {"score": score(request)}

    @app.post("/crash")
    def fall() -> None:
        crash()

    app.get("/healthz")(lambda: "ok")
    return app


def grpc_server() -> Any:
    """The methods /Scorer/Predict and /Scorer/Crash, which take and give JSON as bytes, on four threads."""
    import grpc

    score = scorer()

    def predict(body: bytes, context: object) -> bytes:
        return json.dumps({"score": score(json.loads(body))}).encode()

    handler = grpc.unary_unary_rpc_method_handler
    methods = {"Predict": handler(predict), "Crash": handler(crash)}
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("Scorer", methods)])
    return server


def main() -> None:
    """Serves by gRPC until it is ended."""
    import waitress

    server = grpc_server()
    print("gRPC", server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()

    def healthy(environment: object, begin: Callable[..., object]) -> list[bytes]:
        begin("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    waitress.serve(healthy, host="127.0.0.1", port=int(sys.argv[1]), threads=1, ident=None)


if __name__ == "__main__":
    main()
