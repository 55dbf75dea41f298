"""What the notebook shows beside its tests: requests and cities to try things on, and the public cases."""

import json

from grader.suite_kit.exercise import ExerciseError
from grader.suites.reduce_latency.cases import CASES, fresh_requests
from grader.suites.reduce_latency.cities import City, draw_cities
from grader.suites.reduce_latency.requests import Request
from notebook_runner.errors import require_one_of


def practice_requests(number: int, seed: int = 1) -> list[Request]:
    """`number` fresh requests to try things on; the tests use others."""
    fresh = fresh_requests(seed)
    return [next(fresh) for _ in range(number)]


def practice_cities(seed: int = 1) -> dict[str, City]:
    """A city of each kind to try things on; the tests use others."""
    return draw_cities(seed)


def show(family: str = "ordinary", number: int = 0) -> None:
    """Prints a public request of the second test, and what the slow service answers to it."""
    cases = CASES.public()
    require_one_of("The family", family, ("ordinary", *cases.unusual), ExerciseError)
    row, right = cases.of(family)[number]
    print(f"{json.dumps(row)}\n-> {right!r}")
