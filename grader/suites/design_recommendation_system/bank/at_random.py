"""A valid design from the ranges of the document, and predictions by chance.

kind = "random"
"""

# %% design
import numpy as np

from grader.suite_kit.designs import Log, Maybe, OneOf, Real, Whole, random_document
from grader.suites.design_recommendation_system.suite import TASK

OPTIONS = {
    "candidates": {"popular": Whole(0, 300), "similar": Whole(0, 300), "recent": Whole(0, 100)},
    "ranker": OneOf(("popularity", "factors", "trees", "network")),
    "refresh_h": Log(1, 168),
    "exploration": Maybe({"share": Real(0, 0.5), "among": OneOf(("new", "all"))}),
    "fallback": OneOf(("none", "popular")),
    "replicas": {
        "count": Whole(1, 12),
        "autoscaler": Maybe({"least": Whole(1, 12), "most": Whole(1, 12), "target": Real(0.2, 1), "every_s": Log(1, 600)}, 0.3),
    },
    "batching": {"most_rows": Log(1, 64, whole=True), "wait_s": Maybe(Log(0.001, 0.5))},
    "queue": {"limit": Maybe(Log(1, 1000, whole=True)), "drop_expired": OneOf((False, True))},
    "timeout_s": Log(0.02, 10),
    "retries": Maybe({"most": Whole(1, 10), "backoff_s": Log(0.001, 1), "budget": Maybe(Log(0.01, 1))}),
    "breaker": Maybe({"failures": Real(0.1, 1), "window": Log(5, 500, whole=True), "open_s": Log(0.1, 60)}, 0.3),
    "cache": Maybe({"items": Log(10, 20000, whole=True), "ttl_s": Log(1, 86400), "coalesce": OneOf((False, True))}),
}
rng = np.random.default_rng(seed)
drawn = random_document(rng, OPTIONS, TASK)[0]


def design():
    return drawn

# %% foresee
def foresee(document, times):
    family = ("day", "crowd", "growth", "replica")[rng.integers(4)]
    return {"breaks_first": family, "crowd_rate": float(rng.uniform(1, 100)), "eur": float(rng.uniform(10, 200))}
