"""Makes the public cases of `implement_feature_store` anew: `python -m grader.hidden.implement_feature_store.build`.

Run it only to change the exercise. The answers come from the oracle.
"""

from dataclasses import asdict

from grader.hidden.implement_feature_store.oracle import expected
from grader.suites.implement_feature_store.cases import EXERCISE, Cases, draw_examples, draw_families

if __name__ == "__main__":
    seed = EXERCISE.seeds["public"]
    cases = asdict(Cases(draw_families(seed, expected), [], examples=draw_examples(seed, expected)))
    EXERCISE.write_cases({"families": cases["families"], "examples": cases["examples"]})
