"""Hidden cases of `design_prediction_service`: scenarios and requests drawn from the instructor's secret."""

from functools import partial

import numpy as np

from grader.suite_kit.designs import draw_scenarios
from grader.suites.design_prediction_service.api import DOWN, MANY, MORE, draw_requests
from grader.suites.design_prediction_service.cases import Cases
from grader.suites.design_prediction_service.changed import draw_changes
from grader.suites.design_prediction_service.hidden.oracle import expected
from grader.suites.design_prediction_service.world import FAMILIES


def drawn(seed: int | None, requests_seed: int | None, many: tuple[int, int] = MORE) -> Cases:
    """The scenarios that a seed gives, and the requests that another gives, with the oracle's replies."""
    requests = draw_requests(np.random.default_rng(requests_seed), many)
    right = {family: expected(some, DOWN.get(family, 0)) for family, some in requests.items()}
    return Cases(draw_scenarios(FAMILIES, seed or 0), requests, right, draw_changes(seed or 0))


published = partial(drawn, many=MANY)
