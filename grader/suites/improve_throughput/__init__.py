"""The exercise as its notebook imports it: `from grader.suites import improve_throughput as suite`."""

from grader.suites.improve_throughput import service
from grader.suites.improve_throughput.service import SlowScorer
from grader.suites.improve_throughput.shown import practice_visits, run, scorecard, show_curve, show_policy
from grader.suites.improve_throughput.suite import (
    CASES, EXERCISE, answers, begin, hint, policy, predictions, throughput, warm,
)  # fmt: skip
