"""The exercise as its notebook imports it: `from grader.suites import implement_deployment_pipeline as suite`."""

from grader.suites.implement_deployment_pipeline.suite import (
    CASES, EXERCISE, begin, faults, hint, outages, releases, restarts, try_scenario, warm,
)  # fmt: skip
