"""What a reader may set in the lesson on reliability and cost: clients of a storm, an autoscaler before a crowd."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from mlsd_lib.lesson import plotting as plot
from mlsd_lib.lesson.explorer import SIZE, Explorer, Setting, Verdict
from mlsd_lib.simulation import traces
from mlsd_lib.simulation.design import Autoscaler, Breaker, Design, Queue, Replicas, Retries
from mlsd_lib.simulation.scenario import BatchCost, Level, Scenario, Slow
from mlsd_lib.simulation.scorecard import Scorecard, scored

RATE, SERVICE_S = 80, 0.01  # requests a second, and seconds of one: the replica can do 100 a second
SLOW_FROM_S, SLOW_UNTIL_S, ENDS_S = 100, 104, 300
LATE_S = 200  # what comes from here on finds the cause long gone
STORIES, STEP_S = 3, 5
SURVIVES = 95  # % of the late requests

DAY_RATE, ROW_S = 12, 0.1  # requests a second in the mean over the day, and seconds of one
HOUR_S = 3_600
STARTS_S, CROWD_S = 17 * HOUR_S, np.array([18, 18.5]) * HOUR_S  # of the evening, and of the crowd in it
LASTS_S = 2.5 * HOUR_S
SERVED, PRICE_EUR = 85, 3.5  # % of the crowd, and what the evening may cost


@dataclass(frozen=True)
class Storm:
    """The same outage in three random stories."""

    late: float
    """Good answers to late requests, %."""
    attempts: float
    """Attempts a request."""
    per_second: np.ndarray
    """Good answers a second, in steps of five seconds, (60,)."""


def storm() -> Explorer:
    """Four slow seconds: what clients and queue must be like for the service to come back."""
    return Explorer(
        "With three retries the service does not come back from four slow seconds. Find a setting that survives with "
        f"three retries: of the requests that come after {LATE_S} s, {SURVIVES} % get a good answer.",
        (
            Setting("retries", "retries of a request", {"0": 0, "1": 1, "3": 3}, "3"),
            Setting("timeout_s", "timeout of an attempt (s)", {"0.5": 0.5, "1": 1.0, "2": 2.0}, "0.5"),
            Setting("limit", "requests that may wait", {"no limit": None, "100": 100, "40": 40}, "no limit"),
            Setting("breaker", "breaker", {"off": False, "on": True}, "off"),
        ),
        outage,
        _draw_storm,
        _judge_storm,
    )


def outage(retries: int, timeout_s: float, limit: int | None, breaker: bool) -> Storm:
    """Lives through the outage with such clients and such a queue; as the lesson does, a good answer is in time."""
    design = Design(
        timeout_s=timeout_s,
        retries=Retries(most=retries),
        queue=Queue(limit=limit),
        breaker=Breaker() if breaker else None,
    )
    cards = [scored(design, _story(number, timeout_s)) for number in range(STORIES)]
    return Storm(
        100 * float(np.mean([one.good[one.scenario.arrived > LATE_S].mean() for one in cards])),
        float(np.mean([one.figures["attempts a request"] for one in cards])),
        np.mean([_good_per_second(one) for one in cards], axis=0),
    )


def _story(number: int, timeout_s: float) -> Scenario:
    arrived = traces.constant(np.random.default_rng([0, number, RATE]), RATE, ENDS_S)
    cost, slow = BatchCost(fixed_s=0.0, row_s=SERVICE_S, spread=1.0), Slow(SLOW_FROM_S, SLOW_UNTIL_S, 4)
    keys = np.zeros(len(arrived), dtype=int)
    return Scenario("outage", arrived, keys, 1, ENDS_S, cost, (slow,), seed=number, level=Level(timeout_s))


def _good_per_second(card: Scorecard) -> np.ndarray:
    return np.histogram(card.scenario.arrived[card.good], np.arange(0, ENDS_S + STEP_S, STEP_S))[0] / STEP_S


def _draw_storm(found: Storm) -> Axes:
    return plot.lines(
        {"": found.per_second},
        "Good answers after four slow seconds",
        "seconds",
        "good answers a second",
        at=np.arange(STEP_S / 2, ENDS_S, STEP_S),
        moments={"slow": SLOW_FROM_S, "late": LATE_S},
        y_range=(0, 100),
        better="up",
        size=SIZE,
    )


def _judge_storm(found: Storm, retries: int, timeout_s: float, limit: int | None, breaker: bool) -> Verdict:
    measured = (
        f"{found.late:.0f} % of the late requests get a good answer, with {found.attempts:.1f} attempts a request."
    )
    survives = found.late >= SURVIVES
    if retries < 3:
        back = "it comes back" if survives else "it does not come back"
        return Verdict(measured, False, f"{back}, and the question is about three retries.")
    if not survives:
        return Verdict(measured, False, _why_it_stays_down(timeout_s, limit, breaker))
    return Verdict(measured, True, _why_it_comes_back(timeout_s, limit, breaker))


def _why_it_stays_down(timeout_s: float, limit: int | None, breaker: bool) -> str:
    if breaker:
        return "the breaker lets too many attempts through."
    waits = "the queue has no limit, and all who join it wait longer than their timeout"
    if limit is not None:
        waits = f"a queue of {limit} takes {limit * SERVICE_S:g} s, and a client gives up after {timeout_s:g} s"
    return f"{waits}. The replica works for clients that have gone, and they ask again."


def _why_it_comes_back(timeout_s: float, limit: int | None, breaker: bool) -> str:
    reasons = []
    if limit is not None and limit * SERVICE_S <= timeout_s:
        reasons.append(
            f"a queue of {limit} takes {limit * SERVICE_S:g} s, and a client waits for {timeout_s:g} s: the replica "
            "works for no client that has gone"
        )
    if breaker:
        reasons.append("the breaker keeps clients quiet for a while, and the queue drains")
    return "; ".join(reasons) + "."


@dataclass(frozen=True)
class Evening:
    """Two and a half hours with a crowd in the second one."""

    in_crowd: float
    """Good answers to the crowd, %."""
    cost_eur: float
    by_minute: np.ndarray
    """Good answers of each minute, %, (150,)."""


def start_up() -> Explorer:
    """A crowd without notice: what start-up time, headroom and a larger base do for it, and what they cost."""
    return Explorer(
        "At six a crowd comes for half an hour, two and a half times as many requests as usual. Find an autoscaler "
        f"that gives {SERVED} % of them a good answer, for at most {PRICE_EUR:.2f} EUR that evening. (Four fixed "
        "replicas serve all of them for 4.00 EUR.)",
        (
            Setting("start_up_s", "start-up of a replica (s)", {"10": 10, "60": 60, "300": 300}, "300"),
            Setting("target", "utilisation to aim at (%)", {"40": 0.4, "60": 0.6, "80": 0.8}, "60"),
            Setting("least", "replicas at least", {"2": 2, "4": 4}, "2"),
        ),
        crowded,
        _draw_crowd,
        _judge_crowd,
    )


def crowded(start_up_s: int, target: float, least: int) -> Evening:
    """Lives through the evening with such an autoscaler, and the lesson's queue."""
    story = _evening()
    scaler = Autoscaler(least=least, most=12, target=target, every_s=30.0)
    replicas = Replicas(count=least, start_up_s=float(start_up_s), autoscaler=scaler)
    card = scored(Design(replicas=replicas, timeout_s=2.0, queue=Queue(limit=100, drop_expired=True)), story)
    crowd = (story.arrived > CROWD_S[0] - STARTS_S) & (story.arrived < CROWD_S[1] - STARTS_S)
    by_minute = 100 * card.minutes["good"].to_numpy()
    return Evening(100 * float(card.good[crowd].mean()), card.cost_eur, by_minute)


def _evening() -> Scenario:
    hours = np.array([17, 18, 18, 18.5, 18.5, 19.5]) * HOUR_S
    usual = DAY_RATE * (1 - 0.6 * np.cos(2 * np.pi * hours / traces.DAY_S))
    arrived = traces.varying(np.random.default_rng(0), hours - STARTS_S, usual * np.array([1, 1, 2.5, 2.5, 1, 1]))
    cost, keys = BatchCost(fixed_s=0.0, row_s=ROW_S, spread=0.3), np.zeros(len(arrived), dtype=int)
    return Scenario("evening", arrived, keys, 1, LASTS_S, cost, seed=0, level=Level(1.0))


def _draw_crowd(found: Evening) -> Axes:
    return plot.lines(
        {"": found.by_minute},
        "Good answers in an evening with a crowd",
        "minutes since five o'clock",
        "good answers (%)",
        at=np.arange(len(found.by_minute)) + 0.5,
        moments={"crowd": 60, "gone": 90},
        y_range=(0, 102),
        better="up",
        size=SIZE,
    )


def _judge_crowd(found: Evening, start_up_s: int, target: float, least: int) -> Verdict:
    measured = f"{found.in_crowd:.0f} % of the crowd get a good answer, and the evening costs {found.cost_eur:.2f} EUR."
    served, paid = found.in_crowd >= SERVED, found.cost_eur <= PRICE_EUR
    if served and paid:
        help_s = f"replicas that are ordered when the crowd comes answer {start_up_s} s later"
        return Verdict(measured, True, f"{help_s}, so few have to stand ready.")
    late = f"help that is ordered when the crowd comes answers only {start_up_s} s later"
    idle = "machines that stand ready cost more than that"
    return Verdict(measured, False, "; ".join([late] * (not served) + [idle] * (not paid)) + ".")
