"""Hidden scenarios of `design_recommendation_system`: the public families, drawn from the instructor's secret."""

from grader.secret import derive
from grader.suites.design_recommendation_system import suite


def cases() -> suite.Cases:
    """The scenarios of this class. Needs a secret: `derive` gives None without one."""
    return drawn(derive(suite.EXERCISE.name, "scenarios"), None)


def drawn(seed: int | None, other_seed: int | None) -> suite.Cases:
    """The scenarios that a seed gives."""
    return suite.draw_cases(seed or 0, private=True)


def answered(cases: suite.Cases) -> suite.Cases:
    """The same scenarios: nothing is stored beside them, for what is right is simulated."""
    return cases
