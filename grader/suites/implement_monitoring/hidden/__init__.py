"""Hidden cases of `implement_monitoring`: the public families, drawn from the instructor's secret."""

from dataclasses import replace

from grader.secret import derive
from grader.suites.implement_monitoring.cases import Cases
from grader.suites.implement_monitoring.hidden import oracle
from grader.suites.implement_monitoring.world import draw_streams


def cases() -> Cases:
    """The cases of this class. Needs a secret: `derive` gives None without one."""
    return drawn(derive("implement_monitoring", "streams"), None)


def drawn(seed: int | None, other_seed: int | None) -> Cases:
    """The cases that a seed gives; what is known of them comes from the oracle."""
    return answered(Cases(draw_streams(seed or 0), {}, 0.0, 0.0, private=True))


def answered(cases: Cases) -> Cases:
    """The same cases with what the oracle says."""
    seen = {family: [oracle.first_seen(one) for one in some] for family, some in cases.draws.items()}
    pairs = [(one, day) for name, some in cases.draws.items() for one, day in zip(some, seen[name], strict=True)]
    silent = sum(oracle.without_a_monitor(one) for one, _ in pairs)
    return replace(cases, seen=seen, silent_eur=silent, known_eur=sum(oracle.with_all_known(*pair) for pair in pairs))
