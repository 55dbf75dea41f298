"""The streams of `implement_monitoring`: a parcel service's days, in each something harmless and one or two incidents.

A day is plain data: `rows` by feature, the `score` given to each, and the `labels` that arrived on that day. Numbers
are arrays with nan where a value is missing, categories are lists of text with None. Days count from 0; the first
`REFERENCE` of a stream are ordinary ones. Nothing that marks may enter here.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.suite_kit.designs import Draw, Range, ScenarioFamily, draw_scenarios

REFERENCE, LIVE, ROWS = 28, 52, 120
DAYS, LEAD = REFERENCE + LIVE, 4  # days before the first, of which only labels are delivered
LABEL_DELAY = {1: 0.4, 2: 0.3, 3: 0.2, 4: 0.1}  # days: share of the labels
NUMBERS = ("distance_km", "weight_kg", "value_eur", "items", "promised_h", "depot_load", "traffic")
CATEGORIES: Mapping[str, Mapping[str, float]] = {
    "carrier": {"north": 0.45, "post": 0.3, "swift": 0.15, "bike": 0.1},
    "payment": {"card": 0.6, "invoice": 0.3, "cash": 0.1},
}
FEATURES, DEPOT = (*NUMBERS, *CATEGORIES), "depot"  # a depot is not delivered
MISSING = {"weight_kg": 0.08, "value_eur": 0.01, "promised_h": 0.1, "payment": 0.08}
TYPICAL = {"distance_km": (1.5, 0.7), "weight_kg": (0.5, 0.8), "promised_h": (30.0, 8.0)}
"""Centre and spread of normal features, the first two of the logarithm."""
LOAD, TRAFFIC = (0.6, 0.15), (0.0, 0.4)  # of a depot and day; of the logarithm
PULL = {"distance_km": 1.1, "promised_h": -0.8, "depot_load": 0.9, "traffic": 0.8}
HEAVY = 2.5
Day = dict[str, Any]


@dataclass(frozen=True)
class Incident:
    """Where an incident is seen and as what, and what an undetected day costs, in EUR. `features`: those that it may
    hit."""

    features: tuple[str, ...]
    reason: str
    harm_eur: int
    ranges: Mapping[str, Range]
    title: str


@dataclass(frozen=True)
class Stream:
    """What is harmless in a stream, and its incidents in order; all have the magnitudes `begins` and `ends`."""

    harmless: Draw
    incidents: tuple[Draw, ...]


INCIDENTS = {
    "null spike": Incident(
        ("weight_kg", "promised_h", "payment"), "missing", 1_600, {"share": Range(0.08, 0.09)},
        "a feature is missing"),
    "unit change": Incident(
        ("distance_km", "weight_kg", "value_eur"), "values", 1_200, {"share": Range(0.1, 0.15)},
        "some rows in another unit"),
    "mean shift": Incident(
        ("distance_km", "weight_kg", "promised_h"), "values", 500, {"by": Range(1.0, 1.3, "standard deviations")},
        "a feature moves"),
    "slow drift": Incident(
        ("distance_km", "weight_kg", "promised_h"), "values", 250, {"by": Range(0.07, 0.09, "a day")},
        "a feature moves a little each day"),
    "frozen": Incident(("depot_load", "traffic"), "frozen", 1_200, {}, "a feature is no longer refreshed"),
    "renamed": Incident(
        ("carrier", "payment"), "values", 600, {"share": Range(0.6, 1.0)}, "a category has another name"),
    "late labels": Incident(("labels",), "late", 600, {"later": Range(6, 9, "days", whole=True)},
        "labels stay away"),
    "concept drift": Incident(
        ("labels",), "performance", 2_000, {"turned": Range(1.6, 2.2)}, "features mean something else"),
}  # fmt: skip
HARMLESS: Mapping[str, tuple[str, Mapping[str, Range]]] = {
    "season": ("two strong days a week", {"week": Range(2.2, 2.6, "standard deviations")}),
    "fewer orders": ("fewer rows", {"times": Range(0.2, 0.3)}),
    "more orders": ("more rows, of slightly other customers", {"times": Range(5, 6), "other": Range(0.25, 0.35)}),
    "new category": ("a rare new category", {"share": Range(0.01, 0.02)}),
    "heavy tail": ("a tail that was always heavy", {"tail": Range(1.1, 1.3)}),
}
EPISODES = ("fewer orders", "more orders", "new category")  # the others are in the reference too
STRONG_DAYS, BETWEEN, BETWEEN_BY = 2, 4, Range(1.2, 1.3, "standard deviations")
WEEK, DAILY = 0.15, 0.1  # standard deviations: the weekend, and how far any day is from another
TOGETHER, SURE = 3, 3.3  # days that are compared at once; standard errors between a limit and what lies on either side
FOR_A_MEDIAN, OUTSIDE = math.pi / 2, 0.01  # rows it needs for one of a mean; share of usual values beyond a usual range
HIT_EACH_TIME = 2
FAMILIES = [
    *(ScenarioFamily(name, incident.title, incident.ranges, HIT_EACH_TIME) for name, incident in INCIDENTS.items()),
    *(ScenarioFamily(name, title, ranges, HIT_EACH_TIME) for name, (title, ranges) in HARMLESS.items()),
]
SPREADS = ("distance_km", "weight_kg")
OF_WEEK = ("distance_km", "promised_h")
OF_STRONG, OF_MOST, OF_MANY = 1, 2, 3
LAYOUT: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("unit change", "mean shift"), SPREADS),
    (("mean shift", "slow drift"), OF_WEEK),
    (("null spike", "null spike"), INCIDENTS["null spike"].features),
    (("unit change",), INCIDENTS["unit change"].features),
    (("frozen", "frozen"), INCIDENTS["frozen"].features),
    (("renamed", "renamed"), INCIDENTS["renamed"].features),
    (("concept drift", "concept drift"), ("labels",)),
    (("slow drift",), (*SPREADS, "promised_h")),
    (("late labels",), ("labels",)),
    (("late labels",), ("labels",)),
)
"""The incidents of a test's streams, in order within a stream, and the features of which one is hit by all of them.

Two incidents of a stream call for the same alert, so that a monitor must name again what it has named before. The
first stream has the fewest rows, and its incidents the size that these show in time: a harmless shift among many rows
is about as significant. The next `OF_MANY` need the usual rows to show in time. Stream `OF_MOST` has more orders: what
is missing there is less than chance lets be missing on a day of fewest rows, so no limit on a share serves both.
Stream `OF_STRONG` has a strong week and a shift between two of its strong days, less than what these add: no limit that
all days of a week have in common is quiet and sees it in time.
What else is harmless where, and the order of the streams, is drawn.
"""


def draw_streams(seed: int) -> list[Stream]:
    """The streams that a seed gives."""
    drawn = {
        name: iter(sorted(some, key=lambda incident: incident.magnitudes))
        for name, some in draw_scenarios(FAMILIES, seed).items()
    }
    rng, streams = np.random.default_rng([seed, len(LAYOUT)]), []
    others = [name for name in HARMLESS if name != "fewer orders" for _ in range(HIT_EACH_TIME)]
    calm = ["fewer orders", *map(str, rng.permutation(others))]
    calm.insert(int(rng.integers(1 + OF_MANY, len(LAYOUT))), "fewer orders")
    for place, name in ((OF_STRONG, "season"), (OF_MOST, "more orders")):
        other = calm.index(name, OF_STRONG)
        calm[place], calm[other] = calm[other], calm[place]
    for (families, features), harmless in zip(LAYOUT, calm, strict=True):
        name, times = str(rng.choice(features)), _times(rng, len(families))
        around = next(drawn[harmless])
        rows = ROWS * dict(around.magnitudes).get("times", 1.0)
        met = tuple(
            _with(
                _knowable(next(drawn[family]), rows),
                begins=begins,
                ends=ends,
                hits=INCIDENTS[family].features.index(name),
            )
            for family, (begins, ends) in zip(families, times, strict=True)
        )
        if harmless == "season" and met[0].family == "mean shift":
            met = (_with(met[0], by=BETWEEN_BY.draw(rng)), *met[1:])
        streams.append(Stream(_with(around, **_harmless_days(rng, harmless, met)), met))
    return [streams[place] for place in rng.permutation(len(streams))]


def smallest(family: str, rows: float) -> dict[str, float]:
    """The least size of an incident among so many rows a day, by magnitude; empty for what any number of rows shows.

    `TOGETHER` days tell it from what is harmless: a limit halfway between the two is `SURE` standard errors from each,
    for an answer that uses the rows no better than a median does. Other incidents that need rows are the largest of
    their range where these are few.
    """
    if family == "mean shift":
        error = ((DAILY**2 + FOR_A_MEDIAN / rows) / TOGETHER) ** 0.5
        return {"by": HARMLESS["more orders"][1]["other"].high + 2 * SURE * error}
    if family == "unit change":
        angle = math.asin(OUTSIDE**0.5) + SURE / (TOGETHER * rows) ** 0.5  # its error is the same for all shares
        return {"share": math.sin(angle) ** 2}
    if family in ("slow drift", "concept drift") and rows < ROWS / 2:
        return {name: span.high for name, span in INCIDENTS[family].ranges.items()}
    return {}


def _knowable(draw: Draw, rows: float) -> Draw:
    return _with(draw, **{name: max(draw[name], least) for name, least in smallest(draw.family, rows).items()})


def _harmless_days(rng: np.random.Generator, harmless: str, met: Sequence[Draw]) -> dict[str, int]:
    """From when to when it lasts, to the end where two incidents follow; of a strong week also its first strong day.

    The stream's first incident begins on the second day after strong ones, `BETWEEN` days before the next: until then
    what it adds is less than a strong day adds.
    """
    if harmless not in EPISODES:
        first = int(met[0]["begins"]) + BETWEEN
        return {"begins": -LEAD, "ends": DAYS} | ({"first": first % 7} if harmless == "season" else {})
    begins = int(rng.integers(REFERENCE + 1, REFERENCE + 4))
    return {"begins": begins, "ends": DAYS if len(met) > 1 else int(rng.integers(begins + 12, DAYS))}


def _times(rng: np.random.Generator, count: int) -> list[tuple[int, int]]:
    """From when to when each incident lasts: of two the first is repaired, and the last goes on to the end."""
    if count == 1:
        return [(int(rng.integers(REFERENCE + 6, DAYS - 18)), DAYS)]
    begins = int(rng.integers(REFERENCE + 3, REFERENCE + 11))
    ends = begins + int(rng.integers(9, 12))
    return [(begins, ends), (ends + int(rng.integers(13, 18)), DAYS)]


def _with(draw: Draw, **magnitudes: float) -> Draw:
    more = {name: float(value) for name, value in magnitudes.items()}
    return Draw(draw.family, draw.seed, tuple((dict(draw.magnitudes) | more).items()))


def feature_of(draw: Draw) -> str:
    """The feature that an incident hits."""
    return INCIDENTS[draw.family].features[int(draw["hits"])]


def make_stream(stream: Stream) -> list[Day]:
    """The days of a stream; without its incidents they are otherwise the same."""
    calm = stream.harmless
    rng, size = np.random.default_rng(calm.seed), dict(calm.magnitudes)
    days = np.arange(-LEAD, DAYS)
    episode = (days >= size["begins"]) & (days < size["ends"])
    day = np.repeat(days, rng.poisson(ROWS * (1 - 0.1 * (days % 7 >= 5)) * np.where(episode, size.get("times", 1), 1)))
    rows = _draw_rows(rng, day, size, episode)
    uniform, delay = rng.random(len(day)), rng.choice(list(LABEL_DELAY), len(day), p=list(LABEL_DELAY.values()))
    delivered, chance = dict(rows), _chance(rows)
    for incident in stream.incidents:
        hit = (day >= incident["begins"]) & (day < incident["ends"])
        if incident.family == "late labels":
            delay = delay + np.where(hit, int(incident["later"]), 0)
        elif incident.family == "concept drift":
            chance = np.where(hit, _chance(rows, 1 - incident["turned"]), chance)
        else:
            name = feature_of(incident)
            delivered[name] = _spoiled(incident, name, delivered[name], rows[DEPOT], day, hit)
    if calm.family == "new category":
        fresh = episode[day + LEAD] & (np.random.default_rng([calm.seed, 1]).random(len(day)) < size["share"])
        delivered["carrier"] = np.where(fresh, "drone", delivered["carrier"])
    return _by_day(day, delivered, uniform < chance, day + delay)


def _draw_rows(
    rng: np.random.Generator, day: np.ndarray, size: Mapping[str, float], episode: np.ndarray
) -> dict[str, np.ndarray]:
    """What happened, by feature; every day is a little different, and so is the weekend."""
    count, place = len(day), day + LEAD
    region = rng.integers(0, 6, count)
    rows: dict[str, np.ndarray] = {}
    for name, (centre, spread) in TYPICAL.items():
        z = rng.normal(0, 1, count) + rng.normal(0, DAILY, DAYS + LEAD)[place]
        if name != "weight_kg":
            strong = (day - int(size.get("first", 5))) % 7 < STRONG_DAYS
            z += size.get("week", WEEK) * strong + size.get("other", 0.0) * episode[place]
        rows[name] = (
            np.round(centre + spread * z, 2) if name == "promised_h" else np.round(np.exp(centre + spread * z), 3)
        )
    rows["value_eur"] = np.round(20 * (1 + rng.pareto(size.get("tail", HEAVY), count)), 2)
    rows["items"] = 1.0 + rng.poisson(2, count)
    rows["depot_load"] = np.round(LOAD[0] + LOAD[1] * rng.normal(0, 1, (DAYS + LEAD, 6))[place, region], 4)
    rows["traffic"] = np.round(np.exp(TRAFFIC[1] * rng.normal(0, 1, (DAYS + LEAD, 6))[place, region]), 4)
    for name, shares in CATEGORIES.items():
        rows[name] = np.array(list(shares), dtype=object)[rng.choice(len(shares), count, p=list(shares.values()))]
    for name, share in MISSING.items():
        rows[name] = _emptied(name, rows[name], rng.random(count) < share)
    return {name: rows[name] for name in FEATURES} | {DEPOT: region}


def _spoiled(
    draw: Draw, name: str, column: np.ndarray, depot: np.ndarray, day: np.ndarray, hit: np.ndarray
) -> np.ndarray:
    """The column of a feature as an incident delivers it."""
    size = dict(draw.magnitudes)
    chosen = hit & (np.random.default_rng(draw.seed).random(len(day)) < size.get("share", 1.0))
    if draw.family == "null spike":
        return _emptied(name, column, chosen)
    if draw.family == "unit change":
        return np.where(chosen, column * (100 if name == "value_eur" else 1_000), column)
    if draw.family == "renamed":
        old = list(CATEGORIES[name])[1]
        return np.where(chosen & (column == old), old.upper(), column)
    if draw.family == "frozen":
        last = day == size["begins"] - 1
        kept = dict(zip(depot[last], column[last], strict=True))
        return np.array([kept.get(where, value) if is_hit else value
                         for is_hit, where, value in zip(hit, depot, column, strict=True)])  # fmt: skip
    days = day - size["begins"] + 1 if draw.family == "slow drift" else 1.0
    moved = size["by"] * days * TYPICAL[name][1]
    shifted = np.round(column + moved, 2) if name == "promised_h" else np.round(column * np.exp(moved), 3)
    return np.where(hit, shifted, column)


def _emptied(name: str, column: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The column with missing values."""
    missing: Any = None if name in CATEGORIES else np.nan
    return np.where(where, missing, column)


def _chance(rows: Mapping[str, np.ndarray], turned: float = 1.0) -> np.ndarray:
    """The chance of being late; `turned` is what distance and promised time pull, as a multiple of what they do."""
    logit = np.full(len(rows["items"]), -0.9)
    for name, (centre, spread) in {**TYPICAL, "depot_load": LOAD, "traffic": TRAFFIC}.items():
        if name in PULL:
            value = rows[name] if name in ("promised_h", "depot_load") else np.log(rows[name])
            z = np.clip(np.nan_to_num((value - centre) / spread), -3, 3)
            logit += PULL[name] * z * (turned if name in TYPICAL else 1.0)
    return 1 / (1 + np.exp(-logit))


def _by_day(day: np.ndarray, rows: Mapping[str, np.ndarray], late: np.ndarray, known: np.ndarray) -> list[Day]:
    """What is delivered on each day: its rows with the score that the model gives them, and the labels known then."""
    score = np.round(_chance(rows), 4)
    days = []
    for t in range(DAYS):
        now, reported = slice(*np.searchsorted(day, [t, t + 1])), known == t
        columns = {name: rows[name][now] for name in FEATURES}
        plain = {name: c.tolist() if name in CATEGORIES else c.astype(float) for name, c in columns.items()}
        labels = {"day": day[reported], "score": score[reported], "late": late[reported].astype(int)}
        days.append({"rows": plain, "score": score[now], "labels": labels})
    return days
