"""Hidden scenarios of `design_recommendation_system`: the public families, drawn from the instructor's secret."""

from grader.suite_kit.designs import draw_scenarios
from grader.suites.design_recommendation_system.predictions import draw_changes
from grader.suites.design_recommendation_system.stories import FAMILIES
from grader.suites.design_recommendation_system.suite import Cases


def drawn(seed: int | None) -> Cases:
    """The scenarios that a seed gives; what is right in them is simulated."""
    return Cases(draw_scenarios(FAMILIES, seed or 0), draw_changes(seed or 0))
