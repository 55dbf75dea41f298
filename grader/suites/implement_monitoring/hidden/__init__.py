"""Hidden cases of `implement_monitoring`: streams as the public ones, drawn from the instructor's secret."""

from grader.suites.implement_monitoring.cases import Cases
from grader.suites.implement_monitoring.hidden import oracle
from grader.suites.implement_monitoring.world import draw_streams


def drawn(seed: int | None, other_seed: int | None) -> Cases:
    """The cases that two seeds give, one a test; what they cost at worst and at best comes from the oracle."""
    streams = {"caught": draw_streams(seed or 0), "worth": draw_streams(other_seed or 0)}
    silent, known = map(sum, zip(*map(oracle.bill, streams["worth"]), strict=True))
    return Cases(streams, silent, known)
