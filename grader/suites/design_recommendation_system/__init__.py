"""The exercise as its notebook imports it: `from grader.suites import design_recommendation_system as suite`."""

from grader.suites.design_recommendation_system import document
from grader.suites.design_recommendation_system.document import RecommendationDesign
from grader.suites.design_recommendation_system.show import (
    changes, lists, measure, plain, scenarios, scorecard, timeline,
)  # fmt: skip
from grader.suites.design_recommendation_system.suite import (
    CASES, EXERCISE, begin, cost, hint, predictions, quality, resilience, service_level, warm,
)  # fmt: skip
