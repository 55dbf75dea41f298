"""The exercise as its notebook imports it: `from grader.suites import reduce_latency as suite`."""

from grader.suites.reduce_latency import service
from grader.suites.reduce_latency.service import SlowService
from grader.suites.reduce_latency.suite import (
    CASES, EXERCISE, begin, guards, hint, practice_cities, practice_requests, profile, same_answers, shadow, show,
    speed, warm,
)  # fmt: skip
