"""What a design comes to in a scenario: service level, money, quality of lists, and when and why they went wrong.

Requests run through the simulator of serving, lists through the shop. Nothing is required here.
"""

from dataclasses import fields

import numpy as np

from grader.suite_kit.designs import Draw, FailureReason, Outcome
from grader.suites.design_recommendation_system.document import REFRESH_EUR, RecommendationDesign
from grader.suites.design_recommendation_system.shop import FIRST_STEP, STEP_H, Played, play, shop
from grader.suites.design_recommendation_system.stories import AT_S, EXERCISE, LEVEL, card_of
from mlsd_lib.simulation.record import BIN_S, SUMS, Ended
from mlsd_lib.simulation.scorecard import Scorecard

DAY_S = 86_400.0
CACHE_EUR_DAY = 5e-5
"""EUR a day for the memory of one list in the cache."""
SHOPS = 4
"""Shops whose mean is taken: one alone is luck."""
SOON = f"{LEVEL.within_s:g} s"
BACK = EXERCISE.limit("recovered")
"""From so many good answers on the service counts as back, and below so many answers as broken."""
CAUSES = {
    "Replicas": "too few replicas were left",
    "Batches": "a batch took too long",
    "Retries": "retries multiplied the attempts",
    "Overload": "more was asked than the replicas could answer",
    "Refusals": "the queue's limit refused what there was room for",
    "Outdated": "the cache showed lists that were outdated",
    "Bursts": "replicas were so busy that bursts waited",
}


def run(design: RecommendationDesign, draw: Draw) -> Outcome:
    """The measures of a scenario, and their moments."""
    card = card_of(design, draw)
    if draw.family == "items":
        return _lists(design, draw, card)
    if draw.family == "day":
        return _day(design, card)
    if draw.family in ("store", "overload"):
        return _disturbed(card, AT_S + draw["lasts"])
    return Outcome(*_level(card))


def worst_minute(card: Scorecard) -> float:
    """The share of good answers in the minute in which it is lowest."""
    return float(np.nanmin(card.good_by_minute))


def _level(card: Scorecard) -> tuple[dict[str, float], dict[str, FailureReason]]:
    """The worst minute, and the first one that was missed."""
    worst = worst_minute(card)
    if not card.violated:
        return {"good": worst}, {}
    cause = card.cause(card.violated[0])
    moment = FailureReason(f"minute {card.violated[0]}", CAUSES[cause.partition(" ")[0].strip(":")], card.verdict)
    return {"good": worst}, {"good": moment}


def _day(design: RecommendationDesign, card: Scorecard) -> Outcome:
    measures, moments = _level(card)
    parts = money(design, card)
    breakdown = ", ".join(f"{name} {eur:.1f}" for name, eur in parts.items())
    measures["eur"] = sum(parts.values())
    most = max(parts, key=lambda name: parts[name])
    moments["eur"] = FailureReason("over the day", f"most of the money goes into {most}", f"EUR a day: {breakdown}.")
    return Outcome(measures, moments)


def money(design: RecommendationDesign, card: Scorecard) -> dict[str, float]:
    """EUR a day by what they are paid for; `card` is that of a daily cycle."""
    return {
        "replicas": card.cost_eur * DAY_S / card.scenario.seconds,
        "refreshes": 24 / design.refresh_h * REFRESH_EUR[design.ranker],
        "the cache": CACHE_EUR_DAY * design.cache.items if design.cache else 0.0,
    }


def served(card: Scorecard) -> tuple[float, float]:
    """The shares of requests that got, in time, a list of their own, and the popular one or an outdated one."""
    in_time = card.record.latency_s <= LEVEL.within_s
    simple = np.isin(card.record.ended, (Ended.STALE, Ended.FALLBACK)) & in_time
    return float(card.good.mean()), float(simple.mean())


def played_in(draw: Draw, design: RecommendationDesign) -> Played:
    """The lists of a design in all shops of a scenario together."""
    played = [play(shop(draw.seed + number, int(draw["launched"])), design) for number in range(SHOPS)]
    return Played(*(np.sum([getattr(part, field.name) for part in played], axis=0) for field in fields(Played)))


def _weak_lists(played: Played, own: float) -> FailureReason:
    share, lists = played.clicks[FIRST_STEP:] / played.best[FIRST_STEP:], played.quality
    hour = STEP_H * (FIRST_STEP + int(share.argmin()))
    detail = f"Lists are worth {lists:.0%} of the best ones in the mean, and {own:.0%} of visitors got theirs in time."
    cause = "few visitors got a list of their own in time" if own < lists else "the lists are far from the best ones"
    return FailureReason(f"hour {hour} (the weakest, {share.min():.0%})", cause, detail)


def _lists(design: RecommendationDesign, draw: Draw, card: Scorecard) -> Outcome:
    """What visitors were shown, own lists and simple ones; and the clicks that new items got."""
    played, (own, simple) = played_in(draw, design), served(card)
    share = np.divide(played.new, played.best_new, out=np.ones_like(played.new), where=played.best_new > 0)
    hour = STEP_H * (FIRST_STEP + int(share[FIRST_STEP:].argmin()))
    cause = "new items got few of the clicks that they are worth"
    if not design.exploration.share:
        cause = "nobody was shown a new item by chance, so nothing was learnt of them"
    elif design.exploration.among == "all":
        cause = "chance was spent on items that everybody knows already"
    detail = f"The lists earned {share[hour // STEP_H]:.0%} of what the best lists earn there."
    measures = {"quality": own * played.quality + simple * played.popular_quality, "new": own * played.new_items}
    return Outcome(measures, {"quality": _weak_lists(played, own), "new": FailureReason(f"hour {hour}", cause, detail)})


def _disturbed(card: Scorecard, end_s: float) -> Outcome:
    """Who got any list in time, and how long after the end of a disturbance the service was back."""
    record, arrived = card.record, card.scenario.arrived
    answered = (record.ended != Ended.FAILED) & (record.latency_s <= LEVEL.within_s)
    place = (arrived // BIN_S).astype(int)
    came = np.maximum(np.bincount(place), 1)
    shares = [np.bincount(place, counted, len(came)) / came for counted in (answered, card.good)]
    after = np.arange(len(came)) * BIN_S >= end_s
    back = after[:-1] & (shares[1][:-1] >= BACK) & (shares[1][1:] >= BACK)
    recovery_s = float((np.argmax(back) if back.any() else len(came)) * BIN_S - end_s)  # or the story ends before
    during = (arrived >= AT_S) & (arrived < end_s)
    own = card.good & (card.record.ended == Ended.ANSWERED)  # the cache answers whatever the replicas do
    goodput = own[during].sum() / (end_s - AT_S) / ((arrived < AT_S).sum() / AT_S)
    moments = {"recovery": FailureReason(f"{end_s:.0f} s", _held(card, after)), "goodput": _little_done(card, during)}
    if (shares[0] < BACK).any():
        first = int(np.argmax(shares[0] < BACK))
        moments["answered"] = _unanswered(card, place == first, first * BIN_S)
    return Outcome({"answered": float(answered.mean()), "recovery": recovery_s, "goodput": float(goodput)}, moments)


def _unanswered(card: Scorecard, here: np.ndarray, start_s: float) -> FailureReason:
    failed = card.record.ended[here] == Ended.FAILED
    wait_s = float(np.median(card.record.latency_s[here]))
    detail = f"Of {here.sum()} visitors {failed.sum()} saw an empty page; half waited {wait_s:.2f} s or longer."
    if failed.mean() > 1 - BACK:
        cause = "who got no answer saw nothing" if not card.design.fallback else "requests were lost"
    elif card.record.total("retried") > 0.3 * len(card.record.ended):
        cause = "retries kept visitors waiting and the replicas busy"
    elif card.design.timeout_s >= LEVEL.within_s:
        cause = f"an attempt is given up after {card.design.timeout_s:g} s, later than the {SOON} that were promised"
    elif card.record.total("retried") > 0:
        cause = f"a retry began, and with it the visitor was told later than {SOON}"
    else:
        cause = f"visitors waited in the queue longer than {SOON}"
    return FailureReason(f"{start_s:.0f} s", cause, detail)


def _little_done(card: Scorecard, during: np.ndarray) -> FailureReason:
    own = during & (card.record.ended == Ended.ANSWERED)
    late, good = int((own & ~card.good).sum()), int((own & card.good).sum())
    first, last = (int(at // BIN_S) for at in card.scenario.arrived[during][[0, -1]])
    sums = dict(zip(SUMS, card.record.timeline[first : last + 1].sum(0), strict=True))
    cause = "what was answered was answered too late" if late > good else "the replicas were too few"
    if sums["timed_out"] > sums["refused"] + sums["not_sent"]:
        cause = "the replicas worked on requests that had waited too long"
    elif sums["busy_s"] < 0.8 * sums["up_s"]:
        cause = "replicas stood idle while attempts were refused or not sent"
    detail = f"Of {during.sum()} visitors {good} got a good answer of a replica, {late} one too late."
    return FailureReason(f"{AT_S:.0f} s", cause, detail)


def _held(card: Scorecard, after: np.ndarray) -> str:
    """What kept a service from coming back."""
    rows = dict(zip(SUMS, card.record.timeline[: len(after)][after[: len(card.record.timeline)]].sum(0), strict=True))
    if rows["wasted_rows"] > 0.1 * rows["rows"]:
        return "the replicas still worked for visitors who had left"
    return "the replicas were still too few for those who came"
