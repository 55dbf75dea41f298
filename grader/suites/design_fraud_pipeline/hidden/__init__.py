"""Hidden cases of `design_fraud_pipeline`: the public families of scenarios, drawn from the instructor's secret.

Streams are small, and some are odd: one large fraud decides the money of six weeks, or reports come by chance twice as
late. Such a stream says little of an answer. So streams are drawn from the secret until one is ordinary, as
`ordinary` says; the statement tells it, and the public streams are ordinary too.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from grader.suite_kit.designs import Draw, Draws
from grader.suites.design_fraud_pipeline.cases import Cases
from grader.suites.design_fraud_pipeline.hidden.oracle import expected
from grader.suites.design_fraud_pipeline.hidden.stream_filter import (
    is_ordinary,
    is_ordinary_stream,
    lacking_as_seen,
    may_be_ordinary,
)
from grader.suites.design_fraud_pipeline.pipeline_rows import AS_SEEN
from grader.suites.design_fraud_pipeline.scenarios import BASELINE, ORACLE, draw, story_of
from grader.suites.design_fraud_pipeline.signs import table_of


def drawn(seed: int | None, stream_seed: int | None) -> Cases:
    """The first ordinary scenarios that a seed gives, and the first ordinary stream that another gives."""
    draws = next(found for found in map(_ordinary, map(draw, _seeds(seed))) if found)
    streams = (_answered(Draw("ordinary", number, ())) for number in _seeds(stream_seed))
    return Cases(draws, _seen(next(filter(is_ordinary_stream, streams))))


def published(seed: int, stream_seed: int) -> Cases:
    """Those of the seeds themselves, which were chosen so that they are ordinary."""
    return Cases(answered(draw(seed)), _seen(_answered(Draw("ordinary", stream_seed, ()))))


def answered(draws: Draws) -> dict[str, list[Draw]]:
    """The same scenarios with the money of oracle and baseline."""
    return {family: [_answered(scenario) for scenario in some] for family, some in draws.items()}


def _seeds(seed: int | None) -> Iterator[int]:
    rng = np.random.default_rng(seed or 0)
    while True:
        yield int(rng.integers(2**31))


def _ordinary(draws: Draws) -> dict[str, list[Draw]]:
    """The scenarios with the money of oracle and baseline; none if one of them is not ordinary."""
    found: dict[str, list[Draw]] = {}
    for family, some in draws.items():
        if not all(map(may_be_ordinary, some)):
            return {}
        found[family] = [_answered(scenario) for scenario in some]
        if not is_ordinary({family: found[family]}):
            return {}
    return found


def _answered(draw: Draw) -> Draw:
    oracle, baseline = expected(table_of(story_of(draw)))
    known = tuple(pair for pair in draw.magnitudes if pair[0] not in (ORACLE, BASELINE))
    return replace(draw, magnitudes=(*known, (ORACLE, oracle), (BASELINE, baseline)))


def _seen(stream: Draw) -> Draw:
    """A stream of the own pipeline's with what labels as seen lack on it."""
    known = tuple(pair for pair in stream.magnitudes if pair[0] != AS_SEEN)
    return replace(stream, magnitudes=(*known, (AS_SEEN, lacking_as_seen(stream))))
