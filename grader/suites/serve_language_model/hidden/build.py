"""Makes the public cases of `serve_language_model`: `python -m grader.suites.serve_language_model.hidden.build`."""

from dataclasses import asdict

from grader.suites.serve_language_model.cases import EXERCISE
from grader.suites.serve_language_model.hidden import drawn

if __name__ == "__main__":
    stored = asdict(drawn(EXERCISE.seeds["public"]))
    del stored["private"]
    EXERCISE.write_cases(stored)
