"""Makes the public cases anew: `python -m grader.suites.design_fraud_pipeline.hidden.build`."""

from dataclasses import asdict

from grader.suite_kit.designs import Draw
from grader.suites.design_fraud_pipeline.cases import EXERCISE, Cases
from grader.suites.design_fraud_pipeline.hidden import answered
from grader.suites.design_fraud_pipeline.scenarios import draw

if __name__ == "__main__":
    made = asdict(answered(Cases(draw(EXERCISE.seeds["public"]), Draw("ordinary", EXERCISE.seeds["stream"], ()))))
    EXERCISE.write_cases({"draws": made["draws"], "stream": made["stream"]})
