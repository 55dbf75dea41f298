"""What a reader may set in the further lesson on deployment: an A/B test and its looks, how a bandit explores."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from mlsd_lib.lesson import plotting as plot
from mlsd_lib.lesson.explorer import SIZE, Explorer, Setting, Verdict
from mlsd_lib.operations.bandits import Bandit, EpsilonGreedy, Thompson, regret
from mlsd_lib.operations.experiments import compare_shares, compare_shares_at_any_time, visitors_per_arm

BASE, EFFECT, DAYS, REPEATS = 0.05, 0.005, 30, 2_000
MOST_FALSE, LEAST_FOUND = 5.0, 80.0  # % of the tests
EQUAL, BETTER = "equal pages", "a better page"

CLICKS = np.array([0.08, 0.14])  # share of the readers who click on each of two headlines, before the news
READERS, NEWS, DAYS_LIVED = 5_000, 2_500, 100  # a day, those of them who come before the news, and days
MOST_LOST = 55  # clicks of a day with news


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


@dataclass(frozen=True)
class Day:
    """Clicks that were lost so far, by reader, (5000,), in the mean of a hundred days."""

    lost: np.ndarray
    news: bool


def headlines() -> Explorer:
    """How a bandit explores and what it remembers, on a day on which the better headline changes at noon."""
    return Explorer(
        f"Two headlines compete for {READERS:,} readers of a day. At noon there is news, and the headline that was "
        f"worse is the better one from then on. Find a bandit that loses at most {MOST_LOST} clicks on this day.",
        (
            Setting(
                "explores",
                "explores",
                {"never": 0.0, "1 reader of 10, by lot": 0.1, "by Thompson's draw": None},
                "1 reader of 10, by lot",
            ),
            Setting("memory", "readers it remembers", {"50": 50, "400": 400, "all": None}, "all"),
            Setting("news", "news at noon", {"no": False, "yes": True}, "yes"),
        ),
        live_through,
        _draw_day,
        _judge_day,
    )


def live_through(explores: float | None, memory: int | None, news: bool) -> Day:
    """Lives through a hundred days with such a bandit."""
    chances = [np.tile(chance, (DAYS_LIVED, 1)) for chance in (CLICKS, CLICKS[::-1])]
    nothing = np.zeros((DAYS_LIVED, 1))

    def world(step: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return nothing, chances[news and step >= NEWS]

    lost = regret(bandit_of(explores, memory), world, READERS, np.random.default_rng(0))
    return Day(lost.mean(axis=1), news)


def bandit_of(explores: float | None, memory: int | None) -> Bandit:
    """A bandit that gives a share of the readers any headline, or draws as Thompson did where that is None."""
    keeps = 1.0 if memory is None else 1 - 1 / memory
    if explores is None:
        return Thompson(DAYS_LIVED, len(CLICKS), keeps)
    return EpsilonGreedy(DAYS_LIVED, len(CLICKS), keeps, epsilon=explores)


def _draw_day(found: Day) -> Axes:
    return plot.lines(
        {"": found.lost},
        "Clicks that a day loses",
        "reader of the day",
        "clicks lost so far",
        at=np.arange(1, READERS + 1),
        moments={"news": NEWS} if found.news else {},
        levels={"asked": MOST_LOST},
        y_range=(0, 160),
        better="down",
        size=SIZE,
    )


def _judge_day(found: Day, explores: float | None, memory: int | None, news: bool) -> Verdict:
    morning, day = found.lost[NEWS - 1], found.lost[-1]
    measured = f"{morning:.0f} clicks are lost before noon and {day - morning:.0f} after it."
    if not news:
        return Verdict(measured, False, "the question is about the day with news.")
    if day <= MOST_LOST:
        fades = f"{memory} readers after the news the morning counts for a third of what it did"
        return Verdict(measured, True, f"{fades}, and a headline that is nearly forgotten is tried again.")
    return Verdict(measured, False, f"{_why_so_many(explores, memory)}.")


def _why_so_many(explores: float | None, memory: int | None) -> str:
    if memory is None:
        lots = ", and the lots of the afternoon are too few to outweigh it" if explores else ""
        return f"it remembers the whole morning, which speaks for the wrong headline{lots}"
    if memory * CLICKS.mean() < 10:
        return f"of {memory} readers only {memory * CLICKS.mean():.0f} or so click, and chance decides which is better"
    return f"with {memory} readers remembered the draws of the two overlap, and both are shown all day"
