"""Makes the public cases of `minimize_cost` anew: `python -m grader.suites.minimize_cost.hidden.build`."""

from dataclasses import asdict

from grader.suites.minimize_cost.cases import EXERCISE
from grader.suites.minimize_cost.hidden import drawn

PUBLIC_LEVEL = 0.991
"""Above the grader's: who keeps it on these days keeps the grader's level on others of the same families."""

if __name__ == "__main__":
    seed = EXERCISE.seeds["public"]
    stored = asdict(drawn(seed, seed, PUBLIC_LEVEL))
    del stored["private"]
    EXERCISE.write_cases(stored)
