"""Makes the public cases of `implement_monitoring` anew: `python -m grader.hidden.implement_monitoring.build`."""

from dataclasses import asdict

from grader.hidden.implement_monitoring import drawn
from grader.suites.implement_monitoring.cases import EXERCISE

if __name__ == "__main__":
    stored = asdict(drawn(EXERCISE.seeds["public"], None))
    del stored["private"]
    EXERCISE.write_cases(stored)
