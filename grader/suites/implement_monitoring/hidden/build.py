"""Makes the public cases anew: `python -m grader.suites.implement_monitoring.hidden.build`."""

from dataclasses import asdict

from grader.suites.implement_monitoring.cases import EXERCISE
from grader.suites.implement_monitoring.hidden import drawn

if __name__ == "__main__":
    stored = asdict(drawn(EXERCISE.seeds["public"], EXERCISE.seeds["bill"]))
    del stored["private"]
    EXERCISE.write_cases(stored)
