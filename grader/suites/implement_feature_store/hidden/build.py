"""Makes the public cases anew: `python -m grader.suites.implement_feature_store.hidden.build`.

Run it only to change the exercise. The answers come from the oracle.
"""

from dataclasses import asdict

from grader.suites.implement_feature_store.cases import EXERCISE, Cases, draw_examples, draw_families
from grader.suites.implement_feature_store.hidden.oracle import expected

if __name__ == "__main__":
    seed = EXERCISE.seeds["public"]
    cases = asdict(Cases(draw_families(seed, expected), [], examples=draw_examples(seed, expected)))
    EXERCISE.write_cases({"families": cases["families"], "examples": cases["examples"]})
