"""The exercise as its notebook imports it: `from grader.suites import reduce_latency as suite`."""

from grader.suites.reduce_latency import service
from grader.suites.reduce_latency.service import SlowService
from grader.suites.reduce_latency.shown import practice_cities, practice_requests, show
from grader.suites.reduce_latency.suite import (
    CASES, EXERCISE, begin, guards, hint, profile, same_answers, shadow, speed, warm,
)  # fmt: skip
