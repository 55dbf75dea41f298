"""The exercise as its notebook imports it: `from grader.suites import design_fraud_pipeline as suite`."""

from grader.suites.design_fraud_pipeline.document import Pipeline, Sign
from grader.suites.design_fraud_pipeline.suite import (
    CASES,
    EXERCISE,
    TASK,
    begin,
    design,
    measures,
    own_task,
    pipeline,
    predictions,
    random_design,
    requirements,
    scenarios,
    scorecard,
    timeline,
    warm,
)

__all__ = [
    "CASES", "EXERCISE", "TASK", "Pipeline", "Sign", "begin", "design", "measures", "own_task",
    "pipeline", "predictions", "random_design", "requirements", "scenarios", "scorecard", "timeline", "warm",
]  # fmt: skip
