"""Hidden cases of `implement_deployment_pipeline`: the public scenarios, with magnitudes drawn from the secret."""

from dataclasses import replace

from grader.secret import derive
from grader.suites.implement_deployment_pipeline.cases import Cases
from grader.suites.implement_deployment_pipeline.hidden.oracle import expected
from grader.suites.implement_deployment_pipeline.scenarios import EXERCISE, draw


def cases() -> Cases:
    """The scenarios that this class meets, from its secret."""
    return drawn(derive(EXERCISE.name, "scenarios"), None)


def drawn(seed: int | None, other_seed: int | None) -> Cases:
    """Scenarios with the magnitudes of a seed; one seed is all that they need."""
    return answered(Cases(draw(seed or 0), {}, private=True))


def answered(cases: Cases) -> Cases:
    """The same scenarios, each with how its versions must end."""
    return replace(cases, ends={name: expected(name) for name in cases.drawn})
