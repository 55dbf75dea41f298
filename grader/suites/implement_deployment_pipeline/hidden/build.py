"""Makes the public cases anew: `python -m grader.suites.implement_deployment_pipeline.hidden.build`."""

from grader.suites.implement_deployment_pipeline.hidden import drawn
from grader.suites.implement_deployment_pipeline.scenarios import EXERCISE

if __name__ == "__main__":
    cases = drawn(EXERCISE.seeds["public"], None)
    EXERCISE.write_cases({"drawn": cases.drawn, "ends": cases.ends})
