"""Hidden cases of `implement_monitoring`: streams as the public ones, drawn from the instructor's secret."""

from dataclasses import replace

from grader.secret import derive
from grader.suites.implement_monitoring.cases import Cases
from grader.suites.implement_monitoring.hidden import oracle
from grader.suites.implement_monitoring.world import draw_streams


def cases() -> Cases:
    """The cases of this class. Needs a secret: `derive` gives None without one."""
    return drawn(derive("implement_monitoring", "streams"), derive("implement_monitoring", "streams of the bill"))


def drawn(seed: int | None, other_seed: int | None) -> Cases:
    """The cases that two seeds give, one a test; what they cost at worst and at best comes from the oracle."""
    streams = {"caught": draw_streams(seed or 0), "worth": draw_streams(other_seed or 0)}
    return answered(Cases(streams, 0.0, 0.0, private=True))


def answered(cases: Cases) -> Cases:
    """The same cases with what the oracle says."""
    bills = [oracle.bill(stream) for stream in cases.streams["worth"]]
    return replace(cases, silent_eur=sum(bill.silent for bill in bills), known_eur=sum(bill.known for bill in bills))
