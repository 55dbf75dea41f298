"""Hidden cases of `design_fraud_pipeline`: the public families of scenarios, drawn from the instructor's secret."""

from dataclasses import replace

from grader.hidden.design_fraud_pipeline.oracle import expected
from grader.secret import derive
from grader.suite_kit.designs import Draw
from grader.suites.design_fraud_pipeline.cases import Cases, draw_cases
from grader.suites.design_fraud_pipeline.scenarios import BASELINE, ORACLE, story_of
from grader.suites.design_fraud_pipeline.signs import table_of


def cases() -> Cases:
    """The cases of this class. Needs a secret: `derive` gives None without one."""
    return drawn(derive("design_fraud_pipeline", "scenarios"), derive("design_fraud_pipeline", "stream"))


def drawn(seed: int | None, other_seed: int | None) -> Cases:
    """The scenarios that a seed gives, and the own pipeline's stream that another gives."""
    return answered(draw_cases(seed or 0, other_seed or 0, private=True))


def answered(cases: Cases) -> Cases:
    """The same cases with the money of oracle and baseline."""
    draws = {family: [_answered(one) for one in some] for family, some in cases.draws.items()}
    return replace(cases, draws=draws, stream=_answered(cases.stream))


def _answered(one: Draw) -> Draw:
    oracle, baseline = expected(table_of(story_of(one)))
    known = tuple(pair for pair in one.magnitudes if pair[0] not in (ORACLE, BASELINE))
    return replace(one, magnitudes=(*known, (ORACLE, oracle), (BASELINE, baseline)))
