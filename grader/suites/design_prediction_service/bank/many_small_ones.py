"""Six replicas without a cache and without retries, as a document object; the app is one function of the method.

kind = "alternative"
"""

# %% design
from grader.suites.design_prediction_service.document import Canary, ServiceDesign
from mlsd_lib.simulation.design import Batching, Queue, Replicas


def design():
    return ServiceDesign(
        replicas=Replicas(count=6),
        batching=Batching(most_rows=6, wait_s=0.01),
        queue=Queue(limit=16, drop_expired=True),
        timeout_s=0.5,
        canary=Canary(steps=(0.01, 0.2, 1.0), step_s=500.0, z_limit=5.0, least_requests=40),
    )

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
def complaint(order):
    known = ["request_id", "amount_eur", "items", "country"]
    for field in known:
        if field not in order:
            return field
    for field in order:
        if field not in known:
            return field
    name, amount, items, country = (order[field] for field in known)
    if not isinstance(name, str) or name == "" or len(name) > 40:
        return "request_id"
    if isinstance(amount, bool) or not isinstance(amount, (int, float)) or not 0 < amount <= 10000:
        return "amount_eur"
    if isinstance(items, bool) or not isinstance(items, int) or not 0 < items < 201:
        return "items"
    if not isinstance(country, str) or country not in {"AT", "DE", "FR", "PL"}:
        return "country"
    return None

# %% read-order
class Answer(Exception):
    pass

# %% decisions
class Memory:
    def __init__(self):
        self.orders, self.risks = {}, {}

# %% create-app
def create_app(model):
    app, memory = flask.Flask(__name__), Memory()

    def say(status, rule, field=None):
        response = flask.jsonify(error=dict(field=field, rule=rule))
        response.status_code = status
        return response

    @app.errorhandler(404)
    def nowhere(error):
        return say(404, "no such path")

    @app.errorhandler(405)
    def method(error):
        return say(405, "no such method here")

    @app.get("/healthz")
    def healthz():
        return flask.jsonify({"ready": True})

    @app.post("/predict")
    def predict():
        raw = flask.request.stream.read(10_001)
        if len(raw) > 10_000 or flask.request.content_length > 10_000:
            return say(413, "too large")
        if flask.request.content_type.split(";")[0].strip() != "application/json":
            return say(415, "send JSON")
        try:
            order = json.loads(raw.decode("utf-8"))
        except UnicodeDecodeError:
            return say(400, "not UTF-8")
        except json.JSONDecodeError:
            return say(400, "not JSON")
        except RecursionError:
            return say(400, "too deep")
        if type(order) is not dict:
            return say(400, "not an object")
        field = complaint(order)
        if field is not None:
            return say(422, "look up the field in the contract", field)
        key, content = order["request_id"], json.dumps(order, sort_keys=True)
        if memory.orders.get(key, content) != content:
            return say(409, "taken by another order")
        if key not in memory.risks:
            try:
                memory.risks[key] = model([order])[0]
            except Exception:
                return say(503, "try again")
            memory.orders[key] = content
        return flask.jsonify(request_id=key, risk=memory.risks[key])

    return app
