"""The exercise as its notebook imports it: `from grader.suites import implement_monitoring as suite`."""

from grader.suites.implement_monitoring.shown import scorecard, stream, try_stream
from grader.suites.implement_monitoring.suite import CASES, EXERCISE, begin, caught, hint, warm, worth
