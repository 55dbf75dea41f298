"""The exercise as its notebook imports it: `from grader.suites import design_fraud_pipeline as suite`."""

from grader.suites.design_fraud_pipeline.document import Pipeline, Sign
from grader.suites.design_fraud_pipeline.shown import scenarios, timeline
from grader.suites.design_fraud_pipeline.suite import (
    CASES, EXERCISE, TASK, backtest, begin, change, hint, measures, money, own_task, pipeline, requirements,
    strain, warm,
)  # fmt: skip
