"""Hidden cases of `design_prediction_service`: scenarios and requests drawn from the instructor's secret."""

from dataclasses import replace

import numpy as np

from grader.secret import derive
from grader.suite_kit.designs import draw_scenarios
from grader.suites.design_prediction_service.api import DOWN, MORE, draw_requests
from grader.suites.design_prediction_service.cases import Cases
from grader.suites.design_prediction_service.changed import draw_changes
from grader.suites.design_prediction_service.hidden.oracle import expected
from grader.suites.design_prediction_service.world import FAMILIES


def cases() -> Cases:
    """The cases of this class. Needs a secret: `derive` gives None without one."""
    return drawn(derive("design_prediction_service", "scenarios"), derive("design_prediction_service", "requests"))


def drawn(seed: int | None, other_seed: int | None) -> Cases:
    """The scenarios that a seed gives, and the requests that another gives."""
    requests = draw_requests(np.random.default_rng(other_seed), MORE)
    return answered(Cases(draw_scenarios(FAMILIES, seed or 0), requests, {}, draw_changes(seed or 0), private=True))


def answered(cases: Cases) -> Cases:
    """The same cases with the oracle's replies."""
    right = {family: expected(some, DOWN.get(family, 0)) for family, some in cases.requests.items()}
    return replace(cases, expected=right)
