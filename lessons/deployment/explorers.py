"""What a reader may set in the further lesson on deployment: the size of an A/B test, its looks and its rule."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from mlsd_lib.lesson import plotting as plot
from mlsd_lib.lesson.explorer import SIZE, Explorer, Setting, Verdict
from mlsd_lib.operations.experiments import compare_shares, compare_shares_at_any_time, visitors_per_arm

BASE, EFFECT, DAYS, REPEATS = 0.05, 0.005, 30, 2_000
MOST_FALSE, LEAST_FOUND = 5.0, 80.0  # % of the tests
EQUAL, BETTER = "equal pages", "a better page"


@dataclass(frozen=True)
class Read:
    """Tests with a significant difference at some look so far, %, by look, of equal pages and of a better one."""

    on_day: np.ndarray
    won: dict[str, np.ndarray]


def peeking() -> Explorer:
    """How often a test is read, by which rule, and how many visitors that takes."""
    planned = visitors_per_arm(BASE, EFFECT)
    sizes = {f"{share:g} times the plan": int(share * planned) for share in (0.5, 1.0, 2.0, 3.0)}
    return Explorer(
        "Somebody reads the test every day and stops at the first significant difference. Find a rule and a size with "
        f"which at most {MOST_FALSE:.0f} % of the tests of equal pages find one, and at least {LEAST_FOUND:.0f} % of "
        "those of a page that is better by half a point.",
        (
            Setting("visitors", f"visitors of an arm (plan: {planned:,})", sizes, "1 times the plan"),
            Setting("looks", "looks, equally far apart", {"1": 1, "5": 5, "30": 30}, "30"),
            Setting("any_day", "rule", {"made for one look": False, "made for any day": True}, "made for one look"),
        ),
        read,
        _draw,
        _judge,
    )


def read(visitors: int, looks: int, any_day: bool) -> Read:
    """Two thousand tests of equal pages and as many of a better one, each read at its looks by the rule."""
    rng, on_day = np.random.default_rng(0), DAYS // looks * np.arange(1, looks + 1)
    seen, won = visitors // DAYS * on_day, {}
    for name, gain in ((EQUAL, 0.0), (BETTER, EFFECT)):
        each_day = (rng.binomial(visitors // DAYS, BASE + extra, (REPEATS, DAYS)) for extra in (0.0, gain))
        control, treated = (one.cumsum(axis=1)[:, on_day - 1] for one in each_day)
        if any_day:
            effect = compare_shares_at_any_time(control, treated, seen, expected=EFFECT)
        else:
            effect = compare_shares(control, treated, seen)
        won[name] = 100 * np.logical_or.accumulate(effect.significant, axis=1).mean(axis=0)
    return Read(on_day, won)


def _draw(found: Read) -> Axes:
    return plot.lines(
        found.won,
        "Tests that have been stopped by a difference",
        "day",
        "tests so far (%)",
        at=found.on_day,
        colours={EQUAL: plot.RED, BETTER: plot.BLUE},
        levels={f"{one:.0f} %": one for one in (MOST_FALSE, LEAST_FOUND)},
        x_range=(0, DAYS + 1),
        y_range=(0, 101),
        size=SIZE,
    )


def _judge(found: Read, visitors: int, looks: int, any_day: bool) -> Verdict:
    false, true = found.won[EQUAL][-1], found.won[BETTER][-1]
    measured = (
        f"{false:.1f} % of the tests of equal pages find a difference, and {true:.0f} % of those of a better page."
    )
    if looks < DAYS:
        return Verdict(measured, False, "somebody reads this test every day: the question is about thirty looks.")
    if false > MOST_FALSE:
        return Verdict(
            measured, False, "each look is another chance to be wrong, and the rule allows for one look only."
        )
    if true < LEAST_FOUND:
        return Verdict(
            measured, False, "the rule pays for thirty looks, and that takes more visitors than the plan for one."
        )
    return Verdict(measured, True, "the rule allows for every look, and the visitors pay for it.")
