"""Hidden cases of `serve_language_model`: the public families, drawn from the instructor's secret."""

from dataclasses import replace

from grader.secret import derive
from grader.suites.serve_language_model import cases as public
from grader.suites.serve_language_model.hidden import oracle
from grader.suites.serve_language_model.world import draw_world

NAME = "serve_language_model"


def cases() -> public.Cases:
    """The cases of this class. Needs a secret: `derive` gives None without one."""
    return drawn(derive(NAME, "scenarios"))


def drawn(seed: int | None, other_seed: int | None = None) -> public.Cases:
    """The cases that a seed gives; what can be kept comes from the oracle."""
    key = seed or 0
    if key not in public.DRAWN:
        server, scenarios = draw_world(key)
        public.DRAWN[key] = answered(public.Cases(server, scenarios, 0, private=True))
    return public.DRAWN[key]


def answered(cases: public.Cases) -> public.Cases:
    """The same cases with the oracle's bound."""
    return replace(cases, most=oracle.most_kept(cases.server, cases.scenarios["overload"]))
