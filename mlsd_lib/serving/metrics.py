"""What a service counts about itself, in a registry of its own, for Prometheus to read."""

from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LATENCY_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
SCORE_BUCKETS = tuple(i / 20 for i in range(1, 21))


class ServiceMetrics:
    """Requests by route and status, seconds a request, scores of predictions; requests that wait, where some do."""

    def __init__(self, registry: CollectorRegistry):
        self.registry = registry
        self._requests = Counter("requests", "Requests answered", ["route", "status"], registry=registry)
        self._latency = Histogram(
            "request_latency_seconds", "Seconds in the app", ["route"], registry=registry, buckets=LATENCY_BUCKETS_S
        )
        self._scores = Histogram("prediction_score", "Scores predicted", registry=registry, buckets=SCORE_BUCKETS)

    def observe_request(self, route: str, status: int, seconds: float) -> None:
        """Counts one answered request."""
        self._requests.labels(route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def watch_queue(self, waiting: Callable[[], int]) -> None:
        """Shows how many requests wait for their turn whenever somebody asks."""
        Gauge("requests_waiting", "Requests that wait", registry=self.registry).set_function(waiting)

    def observe_scores(self, answers: Iterable[Mapping[str, Any]]) -> None:
        """Adds the numbers under "score", where an answer has one, to the histogram."""
        for answer in answers:
            score = answer.get("score")
            if isinstance(score, Real) and not isinstance(score, bool):
                self._scores.observe(float(score))
