"""Makes the stored requests anew: `python -m grader.suites.design_prediction_service.hidden.build`."""

import numpy as np

from grader.suites.design_prediction_service.api import draw_requests
from grader.suites.design_prediction_service.cases import EXERCISE, Cases
from grader.suites.design_prediction_service.hidden import answered

if __name__ == "__main__":
    cases = answered(Cases({}, draw_requests(np.random.default_rng(EXERCISE.seeds["public"])), {}, []))
    EXERCISE.write_cases({"requests": cases.requests, "expected": cases.expected})
