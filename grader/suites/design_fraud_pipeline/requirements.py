"""What is required of a design, as data: measures, limits and points."""

from functools import partial

from grader.suite_kit.designs import DesignTask, required
from grader.suites.design_fraud_pipeline import scenarios
from grader.suites.design_fraud_pipeline.cases import EXERCISE
from grader.suites.design_fraud_pipeline.document import Pipeline

MONEY = ("money",)
"""Nothing else counts for a design that saves less; money counts where no sign is said to be known too early."""


_required = partial(required, EXERCISE)
REQUIREMENTS = (
    _required("known", "known too early", ("ordinary",), "at most", unit="%"),
    _required("money", "money", ("ordinary",), "at least", unit="%", needs=("known",)),
    _required("more money", "money", ("ordinary",), "at least", unit="%", needs=("known",)),
    _required("ripe", "labels as seen over yours", ("ordinary",), "at most", unit="x", needs=MONEY),
    _required("labels", "expected frauds", ("ordinary",), "at most", unit="x", needs=("ripe",)),
    _required("later", "tested too early", ("ordinary",), "at most", unit="%", needs=MONEY),
    _required("promise", "promise", ("ordinary",), "at most", unit="x", needs=("later",)),
    _required("choice", "with repeated labels", ("ordinary",), "at most", unit="%", needs=("later",)),
    _required("new scheme", "found by retraining", ("new scheme",), "at least", unit="%", needs=MONEY),
    _required("late labels", "labels as seen over yours", ("late reports",), "at most", unit="x", needs=("labels",)),
    _required("capacity", "turned away", ("peak",), "at most", unit="%", needs=MONEY),
    _required("late source", "kept", ("late source",), "at least", unit="%", needs=MONEY),
)
TASK = DesignTask(EXERCISE, Pipeline.of, scenarios.FAMILIES, scenarios.outcome, REQUIREMENTS)
