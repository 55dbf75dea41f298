"""The exercise as its notebook imports it: `from grader.suites import serve_language_model as suite`."""

from grader.suites.serve_language_model.suite import (
    CASES, EXERCISE, begin, goodput, hint, scorecard, server, streams, tenants, try_scenario, warm,
)  # fmt: skip
