"""Makes the public cases of `design_fraud_pipeline` anew: `python -m grader.hidden.design_fraud_pipeline.build`."""

from dataclasses import asdict

from grader.hidden.design_fraud_pipeline import answered
from grader.suites.design_fraud_pipeline.cases import EXERCISE, draw_cases

if __name__ == "__main__":
    made = answered(draw_cases(EXERCISE.seeds["public"], EXERCISE.seeds["stream"]))
    EXERCISE.write_cases({"draws": asdict(made)["draws"], "stream": asdict(made)["stream"]})
