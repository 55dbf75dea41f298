"""The exercise as its notebook imports it: `from grader.suites import design_prediction_service as suite`."""

from grader.suites.design_prediction_service.serving import exchange
from grader.suites.design_prediction_service.suite import (
    CASES, EXERCISE, TASK, app, begin, changes, cost, criteria, good, hint, measures, plain, predictions,
    release, requests_of, resilience, scenarios, scorecard, service, show, show_requests, timeline, warm,
)  # fmt: skip
