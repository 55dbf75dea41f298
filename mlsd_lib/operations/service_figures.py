"""The figures of a running service in four groups: what a window between two looks at /metrics holds.

The groups are those of the book: business (what was decided), model (what it scored), system (how it answered) and
feedback (what came back about earlier answers). The names are those that `mlsd_lib.serving` and the case studies give.
A service may watch itself, day by day, and tell at /metrics how many times its threshold each metric is: `MONITOR`.
"""

import math

from mlsd_lib.operations.scraping import INDEX, LARGEST, Window

OWN_ROUTES = ("/predict", "/healthz", "/readyz", "/metrics", "unknown")
GROUPS = ("business", "model", "system", "feedback")
Figures = dict[str, dict[str, float]]
ANSWERS = "answers to /metrics"
MONITOR, SPENT = "monitor", "spent"
SILENT: Figures = {"business": {}, "model": {}, "system": {ANSWERS: 0.0}, "feedback": {}, MONITOR: {}, SPENT: {}}
"""The figures of a window in which the service did not answer."""


def figures(window: Window) -> Figures:
    """Group by group, the figures of a window by name; NaN where nothing was seen, or no number that can be drawn.

    `system`: whether it answered, requests a second, errors (5xx) and refusals (4xx) as shares of the requests to
    /predict, seconds at the median and the 99th percentile. `model`: mean and 90th percentile of the score.
    `business`: whatever else the service counts, a second, and the means of its own histograms. `feedback`:
    requests a second to its other routes. `MONITOR`: what the service's own monitor found on the last day that is over,
    by metric, in multiples of the threshold; the largest stands in `model` too. `SPENT`, for the error budget: the
    window's seconds, the requests to /predict and those of them that failed.
    """
    asked = window.grown("requests_total", route="/predict")
    counted = "requests_total" in window.after.labels  # a service may count its requests by another name
    system = {ANSWERS: 1.0, "requests/s": asked / window.seconds if counted else math.nan}
    for name, first in (("errors", "5"), ("refusals", "4")):
        hit = sum(n for own, n in _answered(window).items() if own.startswith(first))
        system[name] = hit / asked if asked else math.nan
    if (waiting := window.after.values.get(("requests_waiting", frozenset()))) is not None:
        system["waiting"] = waiting
    for name, q in (("median s", 0.5), ("p99 s", 0.99)):
        system[name] = window.quantile(q, "request_latency_seconds", route="/predict")
    model = {"mean score": window.mean("prediction_score"), "p90 score": window.quantile(0.9, "prediction_score")}
    business: dict[str, float] = {}
    for name in window.counters():
        if name != "requests_total":
            for own, grown in sorted(window.by_labels(name).items(), key=lambda entry: sorted(entry[0])):
                words = [value for _, value in sorted(own)]
                figure = " ".join([name.removesuffix("_total").replace("_", " "), *words]) + "/s"
                business[f"{name} {dict(sorted(own))}/s" if figure in business else figure] = grown / window.seconds
    for name in window.histograms():
        if name not in ("request_latency_seconds", "prediction_score"):
            business[f"mean {name.replace('_', ' ')}"] = window.mean(name)
    feedback: dict[str, float] = {}
    for route, asked_there in sorted((dict(own)["route"], n) for own, n in window.by_labels("requests_total").items()):
        if route not in OWN_ROUTES:
            feedback[f"{route}/s"] = feedback.get(f"{route}/s", 0.0) + asked_there / window.seconds
    found = {dict(own)["metric"]: value for (name, own), value in window.after.values.items() if name == INDEX}
    if found:
        model["largest monitor index"] = max(found.values())
    failed = sum(n for own, n in _answered(window).items() if own.startswith("5"))
    spent = {"seconds": window.seconds, "asked": asked, "failed": failed}
    groups = {"business": business, "model": model, "system": system, "feedback": feedback, MONITOR: found}
    drawn = {group: {name: _bounded(value) for name, value in own.items()} for group, own in groups.items()}
    return {**drawn, SPENT: spent}


def _bounded(value: float) -> float:
    """A mean over next to no observations may lie beyond every number."""
    return value if abs(value) <= LARGEST else math.nan


def _answered(window: Window) -> dict[str, float]:
    found: dict[str, float] = {}
    for own, grown in window.by_labels("requests_total", route="/predict").items():
        status = dict(own)["status"]
        found[status] = found.get(status, 0.0) + grown
    return found
