"""Makes the public cases of `minimize_cost` anew: `python -m grader.suites.minimize_cost.hidden.build`."""

from dataclasses import asdict

from grader.suites.minimize_cost.cases import EXERCISE
from grader.suites.minimize_cost.hidden import drawn

if __name__ == "__main__":
    seed = EXERCISE.seeds["public"]
    stored = asdict(drawn(seed, seed, EXERCISE.limit("level")))
    del stored["private"], stored["level"]
    EXERCISE.write_cases(stored)
