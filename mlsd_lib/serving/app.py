"""The Flask app that stands before a model: validated input, clear 4xx errors, a bounded queue, health and metrics.

What the rows mean and what is decided about them is `predict`'s business, in the case study.
"""

import json
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import flask
import pydantic
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from mlsd_lib.serving.admission import Admission
from mlsd_lib.serving.batcher import RETRY_AFTER_S, Shed
from mlsd_lib.serving.body import BadRequest, RowReader
from mlsd_lib.serving.errors import ServingError
from mlsd_lib.serving.metrics import ServiceMetrics
from mlsd_lib.serving.tracing import TRACEPARENT, trace_of

Predict = Callable[[list[Any]], Sequence[Mapping[str, Any]]]
FIXES = {
    405: "Use the method in the Allow header.",
    413: "Send fewer rows in a request.",
    503: "Send it again after the seconds of the Retry-After header.",
}
DEADLINE, LONGEST_MS = "X-Deadline-Ms", 3_600_000
WSGI_DEADLINE = "HTTP_X_DEADLINE_MS"
NEVER_WAIT = ("/healthz", "/readyz", "/metrics")
"""Paths that are answered whatever the load is."""
SHOWN_FAULTS = 20
"""So many faults of a request are named at most."""
ARRIVED = "mlsd.arrived_s"


def create_app(
    request_model: type[pydantic.BaseModel],
    predict: Predict,
    *,
    name: str,
    version: Callable[[], str] | str,
    max_body_bytes: int = 64_000,
    max_rows: int = 256,
    lacks: Callable[[], str | None] = lambda: None,
    queue_limit: int | None = None,
    queue_share: Callable[[Mapping[str, Any]], float] = lambda environ: 1,
    registry: CollectorRegistry | None = None,
    routes: Callable[[flask.Flask], None] | None = None,
) -> flask.Flask:
    """A Flask app with POST /predict, GET /healthz, GET /readyz and GET /metrics.

    /predict takes one object with the fields of `request_model`, or {"rows": [objects]}, and answers with what
    `predict` returns for them: one mapping of plain values a row; a number under "score" goes into the score
    histogram. The model is applied strictly whatever its own config says. A bad request gets a 4xx with
    {"error": {"field", "value", "rule", "fix"}}, where several things are wrong with more such objects under "also"; a
    failing `predict` gets a 500 without its traceback, which is logged.
    `registry`: where the case keeps metrics of its own; each app has a new one otherwise. `routes` may add routes.

    /healthz, liveness, answers 200 as long as the process answers at all: where it does not, start it again. /readyz,
    readiness, answers 503 while `lacks()` says what the service needs and cannot have, and why: send requests elsewhere
    until it is 200; a new start would not help. Overload is no reason: it is answered request by request.

    With a `queue_limit` requests are answered one at a time, and so many wait at most (`app.config["QUEUE_LIMIT"]`).
    One that finds the queue full gets 503 with Retry-After. So does one with the header `X-Deadline-Ms`, a whole number
    of milliseconds since it arrived, whose turn has not come by then: work that nobody waits for is not begun.
    `queue_share` says by a request's WSGI environment which part of the queue it finds full; at 0 it takes no place and
    waits for no turn, since it is refused anyway.

    Raises `ServingError` for a model with a field named `rows`.
    """
    if "rows" in request_model.model_fields:
        raise ServingError(f"{request_model.__name__} has a field `rows`, which marks a list of rows. Rename it.")
    app = flask.Flask(name, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = max_body_bytes
    app.config["QUEUE_LIMIT"] = queue_limit
    app.url_map.strict_slashes = False
    metrics = ServiceMetrics(registry or CollectorRegistry())
    reader = RowReader(request_model, max_rows)

    @app.post("/predict", provide_automatic_options=False)
    def answer() -> flask.Response:
        rows, many = reader.read(json_body())
        answers = list(predict(rows))
        if len(answers) != len(rows):
            raise ServingError(f"predict returned {len(answers)} answers for {len(rows)} rows; it owes one a row.")
        response = _json({"rows": answers} if many else answers[0])
        metrics.observe_scores(answers)
        return response

    def itself() -> dict[str, Any]:
        return {"name": name, "version": version() if callable(version) else version}

    _add_probes(app, itself, lacks, metrics)
    _answer_errors_in_json(app)
    _time_requests(app, metrics)
    if routes is not None:
        routes(app)
    if queue_limit is not None:
        _take_turns(app, metrics, queue_share)
    return app


def _add_probes(
    app: flask.Flask, itself: Callable[[], dict[str, Any]], lacks: Callable[[], str | None], metrics: ServiceMetrics
) -> None:
    """What a platform asks a service: is it alive, does it want requests, what does it count."""

    @app.get("/healthz")
    def health() -> flask.Response:
        return _json(itself())

    @app.get("/readyz")
    def readiness() -> flask.Response:
        lack = lacks()
        state = {"ready": True} if lack is None else {"ready": False, "lacks": lack}
        return _json({**itself(), **state}, 200 if lack is None else 503)

    @app.get("/metrics")
    def scrape() -> flask.Response:
        return flask.Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)


def endpoints(app: flask.Flask) -> list[str]:
    """What an app answers, as method and path, in the order in which it was added."""
    asked = ((rule, (rule.methods or set()) - {"HEAD", "OPTIONS"}) for rule in app.url_map.iter_rules())
    return [f"{method} {rule}" for rule, methods in asked for method in sorted(methods)]


def error_document(field: str | None, value: object, rule: str, fix: str) -> dict[str, Any]:
    """The body of every answer that is not a success; a long value is cut to 80 characters."""
    shown = None if value is None else _cut(repr(value))
    return {"error": {"field": _cut(field) if field else field, "value": shown, "rule": rule, "fix": _cut(fix, 400)}}


def _cut(text: str, limit: int = 80) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."


def json_body() -> bytes:
    """The body of the request being answered, for routes of a case; raises `BadRequest` unless it is plain JSON."""
    request = flask.request
    if request.mimetype != "application/json":
        rule, fix = "the body is application/json", "Send the header Content-Type: application/json."
        raise BadRequest(415, "Content-Type", request.content_type, rule, fix)
    if encoding := request.headers.get("Content-Encoding"):
        raise BadRequest(415, "Content-Encoding", encoding, "the body is not compressed", "Send it as it is.")
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        limit = flask.current_app.config["MAX_CONTENT_LENGTH"]
        raise BadRequest(413, "body", None, f"a body has at most {limit} bytes", FIXES[413]) from None


def _json(document: object, status: int = 200) -> flask.Response:
    """A response of strict JSON: NaN in an answer is our fault and raises."""
    return flask.Response(json.dumps(document, allow_nan=False), status, mimetype="application/json")


def _refused(error: BadRequest | Shed) -> flask.Response:
    if isinstance(error, BadRequest):
        document, *also = (
            error_document(fault.field, fault.value, fault.rule, fault.fix)
            for fault in [error, *error.also][:SHOWN_FAULTS]
        )
        if also:
            document["error"]["also"] = [fault["error"] for fault in also]
        response = _json(document, error.status)
        if error.status == 401:  # as RFC 9110 asks of every 401
            response.headers["WWW-Authenticate"] = 'Basic realm="the service"'
        return response
    response = _json(error_document(None, None, error.reason, FIXES[503]), 503)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _answer_errors_in_json(app: flask.Flask) -> None:
    for refusal in (BadRequest, Shed):
        app.register_error_handler(refusal, _refused)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> flask.Response:
        status = error.code or 500
        field = {404: "path", 405: "method"}.get(status)
        value = {404: flask.request.path, 405: flask.request.method}.get(status)
        fixes = {**FIXES, 404: f"The service answers {', '.join(endpoints(app))}."}
        response = _json(error_document(field, value, error.name, fixes.get(status, "See the status code.")), status)
        for name, value_of in error.get_headers():
            if name == "Retry-After":
                response.headers[name] = value_of
        if allowed := getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    @app.errorhandler(Exception)
    def failure(error: Exception) -> flask.Response:
        asked, trace = flask.request, trace_of(flask.request.headers.get(TRACEPARENT))
        app.logger.error("%s %s failed, trace %s", asked.method, asked.path, trace, exc_info=error)
        fix = "Try again later; the service's log holds the cause."
        return _json(error_document(None, None, "the service failed on this request", fix), 500)


def _time_requests(app: flask.Flask, metrics: ServiceMetrics) -> None:
    @app.before_request
    def start() -> None:
        flask.g.started = flask.request.environ.get(ARRIVED, time.perf_counter())  # a wait for one's turn counts

    @app.after_request
    def end(response: flask.Response) -> flask.Response:
        rule = flask.request.url_rule
        route = rule.rule if rule else "unknown"  # never the raw path: each would become a time series of its own
        metrics.observe_request(route, response.status_code, time.perf_counter() - flask.g.started)
        return response


def _take_turns(app: flask.Flask, metrics: ServiceMetrics, queue_share: Callable[[Mapping[str, Any]], float]) -> None:
    """Puts the queue before Flask: a refusal must cost little, since there are many when there is no time for them."""
    admission, inner = Admission(), app.wsgi_app
    metrics.watch_queue(admission.waiting)

    def in_turn(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path, arrived_s = environ["PATH_INFO"], time.perf_counter()
        if path in NEVER_WAIT or not (share := queue_share(environ)):
            return inner(environ, start_response)
        environ[ARRIVED] = arrived_s
        try:
            places = int(share * app.config["QUEUE_LIMIT"])
            turn = admission.enter(places, _deadline_s(environ.get(WSGI_DEADLINE)))
        except (BadRequest, Shed) as error:
            response = _refused(error)
            known = any(rule.rule == path for rule in app.url_map.iter_rules())
            metrics.observe_request(path if known else "unknown", response.status_code, time.perf_counter() - arrived_s)
            return response(environ, start_response)
        try:
            return inner(environ, start_response)
        finally:
            admission.leave(turn)

    app.wsgi_app = in_turn  # type: ignore[method-assign]


def _deadline_s(told: str | None) -> float:
    """How long a client waits for its turn, by its header; raises `BadRequest` for one that is none."""
    if told is None:
        return math.inf
    if not (told.isascii() and told.isdigit() and len(told) < 8 and 1 <= int(told) <= LONGEST_MS):
        rule = f"a deadline is a whole number of milliseconds from 1 to {LONGEST_MS:,}"
        raise BadRequest(400, DEADLINE, told, rule, "Send for how long you wait, or leave the header out.")
    return int(told) / 1000
