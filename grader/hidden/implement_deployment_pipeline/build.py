"""Makes the public cases anew: `python -m grader.hidden.implement_deployment_pipeline.build`."""

from grader.hidden.implement_deployment_pipeline import drawn
from grader.suites.implement_deployment_pipeline.cases import EXERCISE

if __name__ == "__main__":
    cases = drawn(EXERCISE.seeds["public"], None)
    EXERCISE.write_cases({"drawn": cases.drawn, "ends": cases.ends})
