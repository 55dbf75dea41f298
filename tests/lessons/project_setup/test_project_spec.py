"""A project's page refuses what is not of its type, also when one entry is replaced."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from lessons.project_setup.project_spec import Guardrail, Objective, ProjectSpec, Service

PAGE = ProjectSpec(
    objective=Objective("money saved (EUR)", baseline=1_000, target=1_100.0, sd_a_day=200),
    guardrails=(Guardrail("hits (%)", at_least=10, today=12),),
    service=Service(peak_per_s=300, answer_ms=4, cores=2, p99_ms=20),
    stakeholders={"board": "budget_eur_a_month"},
    reviews_a_day=40,
    reviewers_can=50,
    budget_eur_a_month=10_000,
    label_delay_days=30,
    decide_after_days=60,
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reviewers_can", "fifty"),
        ("reviewers_can", "50"),
        ("budget_eur_a_month", True),
        ("guardrails", ("hits",)),
        ("stakeholders", {"board": 3}),
        ("service", {"peak_per_s": 300, "answer_ms": 4, "cores": 2, "p99_ms": 20}),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(name, value):
    with pytest.raises(ValidationError, match=name):
        replace(PAGE, **{name: value})


def test_a_page_does_not_change():
    with pytest.raises(AttributeError):
        PAGE.reviewers_can = 60


def test_the_days_that_a_gain_needs_and_the_work_of_a_core():
    assert PAGE.objective.days_needed == 32  # (2.8 * 200 / 100)^2 = 31.4
    assert replace(PAGE.objective, target=900.0).days_needed == 1
    assert PAGE.service.utilisation == pytest.approx(0.6)
