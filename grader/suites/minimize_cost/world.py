"""The days of `minimize_cost`: prices, last week's load, six families of days, each with its published ranges.

Everything is plain data. A step is five minutes; loads are requests a second, the mean of a step.
"""

import math
from typing import Any

import numpy as np

from grader.suite_kit.designs import Range, ScenarioFamily

STEP_MIN = 5
STEPS, HOUR = 24 * 60 // STEP_MIN, 60 // STEP_MIN
HOURS_A_STEP = STEP_MIN / 60
Offer = dict[str, Any]
Day = dict[str, Any]

PRICES = {
    "load": Range(900, 1_200, "requests a second in the mean"),
    "machine": Range(22, 28, "requests a second", whole=True),
    "on demand": Range(1.0, 1.4, "EUR an hour"),
    "reserved": Range(0.50, 0.54, "of that"),
    "spot": Range(0.22, 0.26, "of that"),
    "spot machines": Range(0.45, 0.55, "of the mean need"),
    "egress": Range(0.06, 0.08, "EUR a GB"),
    "cache": Range(0.13, 0.18, "EUR a GB and day"),
}
START_UP_MIN = 10
CACHE_GB = (0, 50, 100, 200, 400, 800, 1_600)
ANSWER_MB = 0.07

OFTEN = {"taken": Range(2, 3, "times", whole=True), "share": Range(0.3, 0.5), "away": Range(20, 40, "min")}
FAMILIES = {
    family.name: family
    for family in (
        ScenarioFamily("ordinary", "an ordinary day", {"load": Range(0.95, 1.05), **OFTEN}),
        ScenarioFamily("busier", "a busier day", {"load": Range(1.15, 1.3), **OFTEN}),
        ScenarioFamily("quieter", "a holiday", {"load": Range(0.25, 0.35), **OFTEN}),
        ScenarioFamily("earlier", "a day whose wave comes early", {
            "load": Range(0.95, 1.05), "earlier": Range(1.5, 3, "h"), **OFTEN}),
        ScenarioFamily("crowd", "a day with a crowd", {
            "load": Range(0.95, 1.05), "times": Range(1.5, 1.7), "at": Range(8, 20, "o'clock"),
            "rises": Range(30, 45, "min"), "lasts": Range(60, 120, "min"), **OFTEN}),
        ScenarioFamily("reclaimed", "a day on which spot machines are taken back", {
            "load": Range(0.95, 1.05), "taken": Range(6, 8, "times", whole=True), "share": Range(0.8, 1.0),
            "away": Range(30, 60, "min")}),
    )
}  # fmt: skip
PUSHES = (Range(7, 9, "o'clock"), Range(11.5, 13.5, "o'clock"), Range(16, 18, "o'clock"))
PUSH_TIMES, PUSH_MIN = Range(1.4, 1.6), Range(35, 45, "min")
DIPS, DIP_MIN, DIP_TO = Range(3, 4, "times", whole=True), Range(10, 20, "min"), Range(0.35, 0.55)


def draw_offer(rng: np.random.Generator, start_up_min: int = START_UP_MIN) -> tuple[Offer, float]:
    """A price list within the published ranges, and the mean load that goes with it."""
    drawn = {name: span.draw(rng) for name, span in PRICES.items()}
    most = drawn["spot machines"] * drawn["load"] / drawn["machine"]
    offer = {
        "machine_per_s": int(drawn["machine"]),
        "on_demand_hour": round(drawn["on demand"], 3),
        "reserved_hour": round(drawn["on demand"] * drawn["reserved"], 3),
        "spot_hour": round(drawn["on demand"] * drawn["spot"], 3),
        "spot_most": round(most),
        "start_up_min": start_up_min,
        "answer_mb": ANSWER_MB,
        "egress_gb": round(drawn["egress"], 4),
        "cache_gb_day": round(drawn["cache"], 4),
        "cache_hits": [[gb, round(0.86 * (1 - 1 / (1 + gb / 120)), 3)] for gb in CACHE_GB],
    }
    return offer, drawn["load"]


def wave(step: np.ndarray, earlier_h: float = 0.0) -> np.ndarray:
    """The load of a usual day as a multiple of about its mean: low at three, high in the evening."""
    hour = (step * HOURS_A_STEP + earlier_h) % 24
    return 0.92 - 0.62 * np.cos(2 * np.pi * (hour - 3) / 24) + 0.25 * np.exp(-(((hour - 19.5) / 1.6) ** 2))


def draw_pushes(rng: np.random.Generator) -> np.ndarray:
    """Factors of a day's load, (STEPS,): a message to all users raises it at once, at the same three times every day.

    Only last week says when, so a policy that follows the load comes too late.
    """
    times = np.ones(STEPS)
    for between in PUSHES:
        at = round(between.draw(rng) / HOURS_A_STEP)
        times[at : at + round(PUSH_MIN.draw(rng) / STEP_MIN)] = PUSH_TIMES.draw(rng)
    return times


def _meets_a_message(crowd: dict[str, float], pushes: np.ndarray) -> bool:
    """Whether a message raises the load while a crowd's load rises, in the hour before or the half hour after."""
    begins_h, ends_h = crowd["at"] - 1, crowd["at"] + crowd["rises"] / 60 + 0.5
    return bool(pushes[round(begins_h / HOURS_A_STEP) : round(ends_h / HOURS_A_STEP) + 1].max() > 1)


def draw_load(
    rng: np.random.Generator, mean: np.ndarray, days: int = 1, free_of: tuple[float, float] = (0, 0)
) -> np.ndarray:
    """Whole numbers around `mean`, (days * STEPS,): slow and fast noise, and dips when a client stalls.

    Two dips are an hour apart at least; none begins in the steps `free_of`.
    """
    slow, factor = 0.0, np.empty(len(mean))
    for step in range(len(mean)):
        slow = 0.97 * slow + rng.normal(0, 0.03 * math.sqrt(1 - 0.97**2))
        factor[step] = math.exp(slow + rng.normal(0, 0.012))
    for day in range(days):
        begun: list[int] = []
        for _ in range(int(DIPS.draw(rng))):
            at = int(rng.uniform(8, 22) / HOURS_A_STEP)
            while free_of[0] <= at < free_of[1] or any(abs(at - other) < HOUR for other in begun):
                at = int(rng.uniform(8, 22) / HOURS_A_STEP)
            begun.append(at)
            at += STEPS * day
            factor[at : at + round(DIP_MIN.draw(rng) / STEP_MIN)] *= DIP_TO.draw(rng)
    return np.round(mean * factor)


def draw_week(rng: np.random.Generator, load: float, pushes: np.ndarray) -> list[int]:
    """The load of seven usual days."""
    step = np.arange(7 * STEPS)
    usual = load * wave(step) * np.tile(pushes, 7) * np.repeat(rng.uniform(0.95, 1.05, 7), STEPS)
    return [int(rate) for rate in draw_load(rng, usual, days=7)]


def draw_day(rng: np.random.Generator, family: str, load: float, pushes: np.ndarray) -> Day:
    """A day of a family: `load` by step; `taken`, the share of running spot machines that goes at a step, and
    `offered`, whether new ones can be had."""
    magnitudes, step = dict(FAMILIES[family].draw(rng).magnitudes), np.arange(STEPS)
    while "at" in magnitudes and _meets_a_message(magnitudes, pushes):
        magnitudes = dict(FAMILIES[family].draw(rng).magnitudes)
    usual = load * magnitudes["load"] * wave(step, magnitudes.get("earlier", 0.0)) * pushes
    crowd = (0.0, 0.0)
    if "times" in magnitudes:
        begins, rises, lasts = (magnitudes[name] / STEP_MIN for name in ("at", "rises", "lasts"))
        begins, more = 60 * begins, magnitudes["times"] - 1
        knots = [begins, begins + rises, begins + rises + lasts, begins + 2 * rises + lasts]
        usual = usual * (1 + np.interp(step, knots, [0, more, more, 0]))
        crowd = (begins - HOUR, knots[-1])
    taken, offered = [0.0] * STEPS, [True] * STEPS
    times = int(magnitudes["taken"])
    for place in range(times):  # spread over the day, at least half an hour apart
        width = (STEPS - 24) // times
        at = 18 + place * width + int(rng.integers(0, width - 6))
        share, away = (FAMILIES[family].ranges[name].draw(rng) for name in ("share", "away"))
        taken[at] = round(share, 3)
        for later in range(at, min(at + round(away / STEP_MIN), STEPS)):
            offered[later] = False
    load_of_day = draw_load(rng, usual, free_of=crowd)
    return {"family": family, "load": [int(rate) for rate in load_of_day], "taken": taken, "offered": offered}


def draw_world(seed: int) -> tuple[Offer, list[int], list[list[Day]]]:
    """The price list, last week's load, and for each of the two tests a day of each family that a seed gives.

    A policy may keep what it saw in one test; the days of the other are news to it. The days come in a drawn order:
    by their order they could be told apart before anything is seen.
    """
    rng = np.random.default_rng([seed, 0])
    (offer, load), pushes = draw_offer(rng), draw_pushes(rng)
    week = draw_week(np.random.default_rng([seed, 1]), load, pushes)
    days = []
    for test in ((), (1,)):
        order = np.random.default_rng([seed, 2, *test]).permutation(list(FAMILIES))
        rngs = {name: np.random.default_rng([seed, *test, *name.encode()]) for name in order.tolist()}
        days.append([draw_day(rng, name, load, pushes) for name, rng in rngs.items()])
    return offer, week, days
