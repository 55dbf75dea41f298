"""A valid design at random, a guess for each prediction, and an app that answers or refuses by chance.

kind = "random"
"""

# %% design
import random

import numpy as np

from grader.suite_kit.designs import Log, Maybe, OneOf, Real, Whole, random_document
from grader.suites.design_prediction_service.document import MOST_ITEMS

SCALER = {"least": Log(1, 10, whole=True), "most": Log(2, 40, whole=True), "target": Real(0.2, 1)}
BREAKER = {"failures": Real(0.1, 1), "window": Log(10, 1_000, whole=True), "open_s": Log(0.5, 60)}
CACHE = {"items": Log(100, MOST_ITEMS, whole=True), "ttl_s": Log(1, 10_000), "coalesce": OneOf((True, False))}
STEPS = ((1.0,), (0.5, 1.0), (0.1, 1.0), (0.1, 0.5, 1.0), (0.01, 0.1, 1.0), (0.02, 0.1, 0.4, 1.0))
OPTIONS = {
    "replicas": {
        "count": Log(1, 40, whole=True), "spot": OneOf((False, False, True)), "autoscaler": Maybe(SCALER, 0.3),
    },
    "batching": Maybe({"most_rows": Log(1, 64, whole=True), "wait_s": Log(0.001, 1)}, 0.7),
    "queue": {"limit": Maybe(Log(4, 2_000, whole=True), 0.6), "drop_expired": OneOf((True, False))},
    "timeout_s": Log(0.05, 60),
    "retries": Maybe({"most": Whole(1, 10), "backoff_s": Log(0.005, 5), "budget": Maybe(Log(0.01, 10), 0.5)}, 0.6),
    "hedge_after_s": Maybe(Log(0.02, 2), 0.2),
    "breaker": Maybe(BREAKER, 0.2),
    "cache": Maybe(CACHE),
    "fallback": OneOf((True, False)),
    "canary": Maybe(
        {
            "steps": OneOf(STEPS), "step_s": Log(10, 3_600), "z_limit": Real(0.5, 8),
            "least_requests": Log(1, 10_000, whole=True),
        },
        0.7,
    ),
}


def design():
    return random_document(np.random.default_rng(seed), OPTIONS, suite.TASK)[0]

# %% predictions
def predictions(document):
    rng = random.Random(seed)
    return {"breaks_first": rng.choice(["growth", "pulse", "crash"]), "at_rate_per_s": 10 ** rng.uniform(0, 3)}

# %% create-app
def create_app(model):
    app, rng = flask.Flask("orders"), random.Random(seed)

    @app.route("/<path:any>", methods=["GET", "POST"])
    def answer(any):
        return {"risk": rng.random()}, rng.choice([200, 422])

    return app
