"""An autoscaled service of five replicas with a larger cache, as YAML; the app by a pydantic model.

kind = "alternative"
"""

# %% design
def design():
    """Fewer replicas, and more of the answers from the cache."""
    return """
replicas: {count: 6, autoscaler: {least: 5, most: 9, target: 0.55, every_s: 30.0}}
batching: {most_rows: 4, wait_s: 0.015}
queue: {limit: 20, drop_expired: true}
timeout_s: 0.4
cache: {items: 9000, ttl_s: 15.0, coalesce: true}
canary: {steps: [0.01, 0.1, 1.0], step_s: 420.0, z_limit: 6.0, least_requests: 50}
"""

# %% predictions
def predictions(document):
    """Walks up from a rate that any design keeps, until one of the stories breaks."""
    levels = {"growth": 0.98, "pulse": 0.88, "crash": 0.97}
    for rate in (8 * 1.12**n for n in range(40)):
        for story, level in levels.items():
            if suite.good(document, story, rate / 80) < level:
                return dict(breaks_first=story, at_rate_per_s=rate)
    return dict(breaks_first="growth", at_rate_per_s=640)

# %% wrong-field
from typing import Annotated, Literal

import pydantic


class Order(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    request_id: Annotated[str, pydantic.Field(min_length=1, max_length=40)]
    amount_eur: Annotated[float, pydantic.Field(gt=0, le=10_000, allow_inf_nan=False)]
    items: Annotated[int, pydantic.Field(ge=1, le=200)]
    country: Literal["AT", "DE", "FR", "PL"]

# %% read-order
def failure(status, rule, field=None):
    return flask.Response(json.dumps({"error": {"field": field, "rule": rule}}), status, mimetype="application/json")

# %% decisions
class Book(dict):
    """Orders with their risks by request_id."""

# %% create-app
def create_app(model):
    app, book = flask.Flask("orders"), Book()

    @app.before_request
    def sort_out():
        routes = {"/predict": "POST", "/healthz": "GET"}
        here = flask.request
        if here.path not in routes:
            return failure(404, "there is POST /predict and GET /healthz")
        if here.method != routes[here.path]:
            return failure(405, f"use {routes[here.path]}")
        if (here.content_length or 0) > 10_000:
            return failure(413, "a body has at most 10,000 bytes")
        if here.path == "/predict" and here.mimetype != "application/json":
            return failure(415, "the body is application/json")
        return None

    @app.route("/healthz")
    def healthz():
        return flask.jsonify(ready=True)

    @app.route("/predict", methods=["POST"])
    def predict():
        try:
            body = json.loads(flask.request.data.decode())
            assert isinstance(body, dict)
        except (ValueError, AssertionError, RecursionError):
            return failure(400, "the body is one JSON object")
        try:
            order = Order.model_validate(body).model_dump()
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            return failure(422, first["msg"], str(first["loc"][0]))
        if order["request_id"] not in book:
            try:
                (risk,) = model([body])
            except RuntimeError as error:
                return failure(503, str(error))
            book[order["request_id"]] = order, risk
        first, risk = book[order["request_id"]]
        if first != order:
            return failure(409, "the request_id is taken", "request_id")
        return flask.jsonify(risk=risk, request_id=order["request_id"])

    return app
