"""What is required, as data; and the task that reads, runs and judges designs."""

from functools import partial

from grader.suite_kit.designs import DesignTask, Log, Maybe, OneOf, Real, Whole, required
from grader.suites.design_prediction_service import world
from grader.suites.design_prediction_service.document import EXERCISE, MOST_ITEMS, ServiceDesign

AT_ALL = ("ordinary",)
DISTURBED = ("slow", "overload")


_required = partial(required, EXERCISE, needs=AT_ALL)
REQUIREMENTS = (
    _required("ordinary", "worst minute", ("ordinary",), "at least", 1, unit="%", needs=()),
    _required("growth", "worst minute", ("growth",), "at least", 1, unit="%"),
    _required("pulse", "good", ("pulse",), "at least", 1, unit="%"),
    _required("crash", "good", ("crash",), "at least", 1, unit="%"),
    _required("attempts", "further attempts", DISTURBED, "at most", 0, unit="a request"),
    _required("overload", "good a second", ("overload",), "at least", 1, unit="a second", needs=("attempts",)),
    _required("waits", "longest wait", DISTURBED, "at most", 1, unit="s"),
    _required("recovery", "recovery", DISTURBED, "at most", 1, unit="s", needs=("attempts",)),
    _required("price", "price", ("ordinary",), "at most", 1, 1, unit="EUR"),
    _required("blast radius", "bad answers", ("bad version",), "at most", 1, 1, needs=()),
    _required("released", "released", ("good version",), "at least", 1, unit="%", needs=()),
)
_bad, _recovery, _waits, _overload, _price, _others = EXERCISE.steps("hidden_wider")
SLACK = {
    "pulse": _price, "attempts": _waits, "overload": _overload, "waits": _waits, "recovery": _recovery,
    "price": _price, "blast radius": _bad, "released": _others,
}  # fmt: skip
"""By so much the draws move what is measured of one design; hidden limits are wider by that share, others by .3 %."""

TASK = DesignTask(EXERCISE, ServiceDesign.of, world.FAMILIES, world.run, REQUIREMENTS).wider(SLACK, others=0.003)
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
}  # fmt: skip
"""From where designs at random are drawn: every entry, sensible values and others."""
