"""Why a measure of a design went wrong: when it showed first, and the part of the document that did it, in words."""

import math
from collections.abc import Mapping

import numpy as np

from grader.suite_kit.designs import FailureReason
from grader.suites.design_fraud_pipeline.document import RATE_SIGNS, Pipeline
from grader.suites.design_fraud_pipeline.simulate import Run
from grader.suites.design_fraud_pipeline.world import CAPACITY, LIVE, RELEASE

RIPE_DAYS = 30
"""Delays that are counted on younger frauds are too short: reports of the slowest kind take so long on average."""


def explained(design: Pipeline, made: Run, measure: str, measures: Mapping[str, float]) -> FailureReason:
    """The moment of a measure, whether it is met or not: it is told only where it is not."""
    if measure == "turned away":
        alerts, reviews = made.by_day(made.alerted), made.by_day(made.reviewed)
        day = int(np.argmax(alerts - reviews))
        detail = f"{alerts[day]} alerts met {CAPACITY} reviews; the rest waited for nothing and passed."
        return FailureReason(f"day {day}", over_capacity(design), detail)
    if measure == "known too early":
        return FailureReason("in the rows of the first release", known_early(design))
    if measure == "tested too early":
        return FailureReason("before the first release", "a random split tests on days that the model learned from")
    if measure == "promise":
        promised, saved = measures["promised EUR a day"], measures["saved EUR a day"]
        came = f"Promised {promised:.0f} EUR a day, saved {saved:.0f} EUR a day."
        return FailureReason("before the first release", false_promise(design, made, promised > saved), came)
    if measure == "with repeated labels":
        return FailureReason("before the first release", blind_backtest(design, measures["promised EUR a day"]))
    if measure in ("expected frauds", "labels as seen over yours"):
        cause = labels_cause(design, made.expected)
        return FailureReason("over all days", cause, f"Expected frauds over frauds: {made.expected:.2f}.")
    if measure == "kept":
        kept = measures["kept"]
        detail = "Even on time it saves nothing." if math.isnan(kept) else f"{kept:.0%} of the money was kept."
        return FailureReason("on the late days", late_cause(design), detail)
    week, share = _worst_week(made)
    cause = release_cause(design) if measure == "found by retraining" else ""
    cause = cause or money_cause(design, made)
    return FailureReason(f"worst in week {week + 1}", cause, f"{share:.0%} of its fraud money was saved.")


def _worst_week(made: Run) -> tuple[int, float]:
    week = (made.table.day - RELEASE) // 7
    frauds = made.live & made.table.fraud
    whole, saved = (
        np.bincount(week[rows], made.table.amount[rows], LIVE // 7) for rows in (frauds, frauds & made.reviewed)
    )
    shares = saved / np.maximum(whole, 1.0)
    return int(np.argmin(shares)), float(shares.min())


def known_early(design: Pipeline) -> str:
    """The sign whose `known` says more than is so, in words; empty if there is none."""
    for sign in design.signs:
        if sign.known == "with the payment":
            return (
                f"{sign.sign} is built with the payment: its training rows hold reports that came later, their own "
                "among them, and a payment that is scored has none of these"
            )
        if sign.source == "warehouse" and sign.known == "at once":
            return (
                f"{sign.sign} comes from the warehouse and is taken for known at once: training rows hold the "
                "day's payments, and a payment that is scored meets last night's table"
            )
    return ""


def leak(design: Pipeline) -> str:
    """The sign that a training table has and a payment does not, in words; empty if there is none."""
    why = known_early(design)
    if not why and any(sign.sign == "card_rate" for sign in design.signs):
        why = (
            "card_rate repeats the labels of the rows that it learned from, and a card that was reported is not stolen "
            "a second time"
        )
    return why


def over_capacity(design: Pipeline) -> str:
    """Why more is alerted than reviewed."""
    aimed = design.review.alerts_per_day
    if aimed > CAPACITY:
        return f"the threshold aims at {aimed} alerts a day, and the team reviews {CAPACITY}"
    if design.review.threshold == "at training":
        return "the threshold was set at training, and more payments bring more alerts"
    return "the threshold leaves no room for a day with more alerts than the day before"


def false_promise(design: Pipeline, made: Run, too_much: bool) -> str:
    """Why a backtest promised more money than came, or less."""
    plan = design.backtest
    if too_much:
        if why := leak(design):
            split = ", and a random split puts the payments of one fraud on both sides" if _random(design) else ""
            return why + split + "; the backtest could not see it"
        if made.turned_away > 0.15:
            return f"the backtest counts reviews of the best alerts; here {over_capacity(design)}"
        if _random(design):
            return "a random split tests on weeks that the model learned from, and fraud has changed since"
        return (
            f"the payments that the backtest tested on are {plan.gap_days} to {plan.gap_days + plan.test_days} days "
            "old, and fraud was bolder then"
        )
    if _random(design):
        return "a random split tests on the youngest payments too, and too many of their frauds are not reported yet"
    return (
        f"the backtest ends {plan.gap_days} days before the release, where too many frauds have not been reported yet"
    )


def blind_backtest(design: Pipeline, promised: float) -> str:
    """Why a backtest did not see that signs which repeat labels are worth nothing."""
    if all(any(sign.sign == name for sign in design.signs) for name in RATE_SIGNS):
        return f"{' and '.join(RATE_SIGNS)} are among the signs already"
    if _random(design):
        return (
            "a random split puts payments of one card and of one terminal on both sides, so the share of frauds that "
            "the training rows have of them looks like knowledge"
        )
    if promised <= 0:
        return "the backtest saw no money saved with your signs alone, so it can compare nothing"
    plan = design.backtest
    return (
        f"of the {plan.test_days} test days, which end {plan.gap_days} days before the release, too few frauds are "
        "known to show it"
    )


def _random(design: Pipeline) -> bool:
    return design.backtest.split == "random"


def labels_cause(design: Pipeline, expected: float) -> str:
    """Why probabilities add up to another number than the frauds, to `expected` times as many."""
    if why := leak(design):
        return why
    policy, days = design.labels.unreported, design.labels.ripen_days
    if policy == "honest":
        return "payments that nobody has reported yet were learned from as honest, and many are not"
    if policy == "left out":
        return "young payments were learned from only where they are frauds, so everything young looks like one"
    window = design.learning.window_days
    if expected > 1:
        return f"the {window} days learned from reach back to weeks of bolder fraud, so more is expected than comes"
    if policy == "wait":
        return f"labels were taken for complete after {days} days, and reports still came"
    if days < RIPE_DAYS:
        return f"delays were counted on frauds older than {days} days, of which the late ones were not reported yet"
    return f"of the frauds of the {window} days learned from so few are reported that their weights are left to chance"


def late_cause(design: Pipeline) -> str:
    """Why a late ledger cost so much."""
    return {
        "zero": "zero stood for what was late, so every card looked new at every terminal",
        "no alerts": "nobody was alerted while the ledger was late, and fraud went on",
        "model without": "a model without the ledger decided, and it does not see what the ledger shows",
        "last known": "the values of the day before stood in, and short windows miss a day",
    }[design.late_ledger]


def release_cause(design: Pipeline) -> str:
    """Why no release learned in time what came after the first, in words; empty if some could."""
    learning, labels = design.learning, design.labels
    if learning.retrain_days is None or learning.retrain_days >= LIVE:
        return "no release followed the first, so none learned what came after it"
    if labels.unreported == "wait" and labels.ripen_days > 7:
        return f"each release waited {labels.ripen_days} days for labels, and learned nothing of what was younger"
    if learning.window_days > 70 or learning.retrain_days > 14:
        return (
            f"a release learned from {learning.window_days} days and the next came after {learning.retrain_days}: what "
            "was new was a small part of what it saw"
        )
    return ""


def money_cause(design: Pipeline, made: Run) -> str:
    """Why money was not saved: the first of the causes below that the document holds."""
    if why := leak(design):
        return why
    aimed = design.review.alerts_per_day
    if design.review.rank_by == "probability":
        return "ranked by probability, small frauds took the reviews of large ones"
    if aimed > CAPACITY and made.turned_away > 0.15:
        return over_capacity(design)
    if aimed < 0.7 * CAPACITY:
        return f"{aimed} alerts a day leave reviewers idle, who can review {CAPACITY}"
    return release_cause(design) or "the signs do not tell these frauds from honest payments"
