"""The cases of `serve_language_model`: a server, a scenario of each family, and what can be kept at most in one.

The public ones are stored; the hidden ones are drawn by the same functions from the secret.
"""

from dataclasses import dataclass
from pathlib import Path

from grader.suite_kit.exercise import CaseSource, load_exercise
from grader.suites.serve_language_model.world import Scenario, Server

EXERCISE = load_exercise(Path(__file__).parent)


@dataclass(frozen=True)
class Cases:
    """`scenarios` by family; `most`: promises that any policy can keep at most in the overload.

    Nothing of `private` cases is shown.
    """

    server: Server
    scenarios: dict[str, Scenario]
    most: int
    private: bool = False


CASES = CaseSource(EXERCISE, Cases)
