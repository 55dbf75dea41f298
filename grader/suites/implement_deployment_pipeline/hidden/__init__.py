"""Hidden cases of `implement_deployment_pipeline`: the public scenarios, with magnitudes drawn from the secret."""

from grader.suites.implement_deployment_pipeline.cases import Cases
from grader.suites.implement_deployment_pipeline.scenarios import draw


def drawn(seed: int | None) -> Cases:
    """Scenarios with the magnitudes of a seed; how their versions must end follows from what shows of them."""
    return Cases(draw(seed or 0))
