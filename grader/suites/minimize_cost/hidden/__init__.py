"""Hidden cases of `minimize_cost`: the public families, drawn from the instructor's secret."""

from collections.abc import Callable
from dataclasses import replace

from grader.secret import derive
from grader.suites.minimize_cost import cases as public
from grader.suites.minimize_cost.hidden import oracle
from grader.suites.minimize_cost.world import draw_world

NAME, LEVEL = "minimize_cost", public.EXERCISE.limit("hidden_level")
ANSWERS: dict[str, Callable[..., float]] = {
    "break even": oracle.answer_break_even,
    "spare": oracle.answer_spare,
    "spot share": oracle.answer_spot_share,
    "reserved": oracle.answer_reserved,
    "cache": oracle.answer_cache,
}


def cases() -> public.Cases:
    """The cases of this class. Needs a secret: `derive` gives None without one."""
    return drawn(derive(NAME, "days"), derive(NAME, "questions"))


def drawn(seed: int | None, questions_seed: int | None, level: float = LEVEL) -> public.Cases:
    """The cases that two seeds give; bound and answers come from the oracle."""
    key = (seed or 0, questions_seed or 0, level)
    if key not in public.DRAWN:
        offer, week, lots = draw_world(key[0])
        bounds = [oracle.lower_bound(offer, lots[0], level), oracle.bill_bound(offer, lots[1], level)]
        questions = public.draw_questions(key[1], ANSWERS)
        public.DRAWN[key] = public.Cases(
            offer, week, lots[0], bounds[0], lots[1], bounds[1], questions, level, private=True
        )
    return public.DRAWN[key]


def answered(cases: public.Cases) -> public.Cases:
    """The same cases with the oracle's bound and answers."""
    questions = {
        name: [question | {"right": ANSWERS[name](*question["given"])} for question in some]
        for name, some in cases.questions.items()
    }
    bound = oracle.lower_bound(cases.offer, cases.days, cases.level)
    bill_bound = oracle.bill_bound(cases.offer, cases.bill_days, cases.level)
    return replace(cases, bound=bound, bill_bound=bill_bound, questions=questions)
