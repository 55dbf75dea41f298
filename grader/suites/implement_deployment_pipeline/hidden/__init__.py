"""Hidden cases of `implement_deployment_pipeline`: the public scenarios, with magnitudes drawn from the secret."""

from grader.suites.implement_deployment_pipeline.cases import Cases
from grader.suites.implement_deployment_pipeline.hidden.oracle import expected
from grader.suites.implement_deployment_pipeline.scenarios import draw


def drawn(seed: int | None) -> Cases:
    """Scenarios with the magnitudes of a seed, each with how its versions must end."""
    scenarios = draw(seed or 0)
    return Cases(scenarios, {name: expected(name) for name in scenarios})
