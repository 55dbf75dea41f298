"""Makes the stored requests anew: `python -m grader.hidden.design_prediction_service.build`."""

import numpy as np

from grader.hidden.design_prediction_service import answered
from grader.suites.design_prediction_service.api import draw_requests
from grader.suites.design_prediction_service.cases import EXERCISE, Cases

if __name__ == "__main__":
    cases = answered(Cases({}, draw_requests(np.random.default_rng(EXERCISE.seeds["public"])), {}))
    EXERCISE.write_cases({"requests": cases.requests, "expected": cases.expected})
