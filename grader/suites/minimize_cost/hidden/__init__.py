"""Hidden cases of `minimize_cost`: the public families, drawn from the instructor's secret."""

from collections.abc import Callable
from functools import partial

from grader.suites.minimize_cost import cases as public
from grader.suites.minimize_cost.hidden import oracle
from grader.suites.minimize_cost.world import draw_world

(LEVEL,) = public.EXERCISE.limits["level"].hidden
ANSWERS: dict[str, Callable[..., float]] = {
    "break even": oracle.answer_break_even,
    "spare": oracle.answer_spare,
    "spot share": oracle.answer_spot_share,
    "reserved": oracle.answer_reserved,
    "cache": oracle.answer_cache,
}


def drawn(seed: int | None, questions_seed: int | None, level: float = LEVEL) -> public.Cases:
    """The cases that two seeds give; bound and answers come from the oracle."""
    offer, week, (days, bill_days) = draw_world(seed or 0)
    bounds = oracle.lower_bound(offer, days, level), oracle.bill_bound(offer, bill_days, level)
    questions = public.draw_questions(questions_seed or 0, ANSWERS)
    return public.Cases(offer, week, days, bounds[0], bill_days, bounds[1], questions)


published = partial(drawn, level=public.EXERCISE.limit("level"))
