"""The figures of a running service in four groups, and the rules by which one of them wakes somebody.

The groups are those of the book: business (what was decided), model (what it scored), system (how it answered) and
feedback (what came back about earlier answers). The names are those that `mlsd_lib.serving` and the case studies give.
A service may watch itself, day by day, and tell at /metrics how many times its threshold each metric is: `MONITOR`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlsd_lib.operations.scraping import Scrape, Window

OWN_ROUTES = ("/predict", "/healthz", "/metrics", "unknown")
GROUPS = ("business", "model", "system", "feedback")
Figures = dict[str, dict[str, float]]
ANSWERS = "answers to /metrics"
MONITOR = "monitor"
SILENT: Figures = {"business": {}, "model": {}, "system": {ANSWERS: 0.0}, "feedback": {}, MONITOR: {}}
"""The figures of a window in which the service did not answer."""


def figures(window: Window) -> Figures:
    """Group by group, the figures of a window by name; NaN where nothing was seen.

    `system`: whether it answered, requests a second, errors (5xx) and refusals (4xx) as shares of the requests to
    /predict, seconds at the median and the 99th percentile. `model`: mean and 90th percentile of the score.
    `business`: whatever else the service counts, a second, and the means of its own histograms. `feedback`:
    requests a second to its other routes. `MONITOR`: what the service's own monitor found on the last day that is over,
    by metric, in multiples of the threshold; the largest stands in `model` too.
    """
    asked = window.grown("requests_total", route="/predict")
    system = {ANSWERS: 1.0, "requests/s": asked / window.seconds}
    for name, first in (("errors", "5"), ("refusals", "4")):
        hit = sum(n for own, n in _answered(window).items() if own.startswith(first))
        system[name] = hit / asked if asked else math.nan
    for name, q in (("median s", 0.5), ("p99 s", 0.99)):
        system[name] = window.quantile(q, "request_latency_seconds", route="/predict")
    model = {"mean score": window.mean("prediction_score"), "p90 score": window.quantile(0.9, "prediction_score")}
    business: dict[str, float] = {}
    for name in window.counters():
        if name != "requests_total":
            for own, grown in sorted(window.by_labels(name).items(), key=lambda one: sorted(one[0])):
                words = [value for _, value in sorted(own)]
                business[" ".join([name.removesuffix("_total").replace("_", " "), *words]) + "/s"] = (
                    grown / window.seconds
                )
    for name in window.histograms():
        if name not in ("request_latency_seconds", "prediction_score"):
            business[f"mean {name.replace('_', ' ')}"] = window.mean(name)
    routes = {dict(own)["route"] for own in window.by_labels("requests_total")} - set(OWN_ROUTES)
    feedback = {f"{one}/s": window.grown("requests_total", route=one) / window.seconds for one in sorted(routes)}
    found = {dict(own)["metric"]: value for (name, own), value in window.after.values.items() if name == INDEX}
    if found:
        model["largest monitor index"] = max(found.values())
    return {"business": business, "model": model, "system": system, "feedback": feedback, MONITOR: found}


INDEX, ALARM, ACTS_BEYOND = "monitor_index", "monitor_alarm", "monitor_acts_beyond"
"""The names at /metrics; the second has the first thing to do as a label."""


def _answered(window: Window) -> dict[str, float]:
    found: dict[str, float] = {}
    for own, grown in window.by_labels("requests_total", route="/predict").items():
        status = dict(own)["status"]
        found[status] = found.get(status, 0.0) + grown
    return found


@dataclass(frozen=True)
class Rule:
    """When a figure wakes somebody: `above` or `below` a limit in `windows` windows one after the other.

    `owner`: who is called. `costs`: what a false alarm of it costs. `runbook`: the first thing to do. `expr`: the same
    in PromQL, for a window of five minutes.
    """

    name: str
    group: str
    figure: str
    limit: float
    owner: str
    costs: str
    runbook: str
    expr: str
    above: bool = True
    windows: int = 2

    def broken(self, value: float) -> bool:
        """Whether a value is beyond the limit; what was not seen is not."""
        return not math.isnan(value) and (value > self.limit if self.above else value < self.limit)

    def rings(self, history: Sequence[Figures]) -> bool:
        """Whether the last windows were all beyond it."""
        last = history[-self.windows :]
        return len(last) == self.windows and all(
            self.broken(one[self.group].get(self.figure, math.nan)) for one in last
        )


def monitor_rules(scrape: Scrape) -> list[Rule]:
    """A rule a metric of the service's own monitor, the furthest from normal first; none where it has no monitor."""
    labels = [dict(own) for name, own in scrape.values if name == ALARM]
    limit = scrape.values.get((ACTS_BEYOND, frozenset()), math.inf)
    index = {dict(own)["metric"]: value for (name, own), value in scrape.values.items() if name == INDEX}
    owner, costs = "the team that owns the model", "a rollback for nothing"
    rules = [
        Rule(one["metric"], MONITOR, one["metric"], limit, owner, costs, one["runbook"], f"{ALARM} > 0", windows=1)
        for one in labels
    ]
    return sorted(rules, key=lambda rule: -index.get(rule.figure, 0.0))


PREDICT = 'route="/predict"'
ASKED = f"sum(rate(requests_total{{{PREDICT}}}[5m]))"
RULES = (
    Rule(
        "ServiceDown", "system", ANSWERS, 1.0, "the team that runs the service", "somebody is woken at night",
        "Look whether its process runs and its port answers. Start it; roll back a release that does not start.",
        'up{job="model-service"} == 0 or absent(up{job="model-service"})', above=False,
    ),
    Rule(
        "ErrorsHigh", "system", "errors", 0.01, "the team that runs the service", "somebody is woken at night",
        "Roll back if a release is younger than the errors; else look at what the service calls.",
        f'sum(rate(requests_total{{{PREDICT},status=~"5.."}}[5m])) / {ASKED} > 0.01',
    ),
    Rule(
        "AnswersSlow", "system", "p99 s", 0.5, "the team that runs the service", "somebody is woken at night",
        "Compare requests a second with the capacity; add a replica, or shed load.",
        f"histogram_quantile(0.99, sum by (le) (rate(request_latency_seconds_bucket{{{PREDICT}}}[5m]))) > 0.5",
    ),
    Rule(
        "RefusalsHigh", "system", "refusals", 0.05, "the team that sends the requests", "an hour of work",
        "Read the field and the rule in a refused answer; ask who changed the request.",
        f'sum(rate(requests_total{{{PREDICT},status=~"4.."}}[5m])) / {ASKED} > 0.05',
    ),
    Rule(
        "NobodyAsks", "system", "requests/s", 0.01, "the team that runs the service", "a look at a page",
        "Ask a request yourself; then look at what stands before the service.",
        f"{ASKED} < 0.01", above=False, windows=3,
    ),
)  # fmt: skip
"""What any service of the course is watched for; a case adds rules about its own figures."""
