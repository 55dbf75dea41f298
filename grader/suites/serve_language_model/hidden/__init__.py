"""Hidden cases of `serve_language_model`: the public families, drawn from the instructor's secret."""

from grader.suites.serve_language_model.cases import Cases
from grader.suites.serve_language_model.hidden import oracle
from grader.suites.serve_language_model.world import draw_world


def drawn(seed: int | None) -> Cases:
    """The cases that a seed gives; what can be kept comes from the oracle."""
    server, scenarios = draw_world(seed or 0)
    return Cases(server, scenarios, oracle.most_kept(server, scenarios["overload"]))
