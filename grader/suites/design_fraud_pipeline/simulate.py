"""A design run over a stream: releases learn from what was known, payments are scored with what had come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from sklearn.linear_model import LogisticRegression

from grader.suites.design_fraud_pipeline.document import LEDGER_SIGNS, RATE_SIGNS, Labels, Pipeline, Sign
from grader.suites.design_fraud_pipeline.signs import Table
from grader.suites.design_fraud_pipeline.world import (
    CAPACITY,
    DAYS,
    FEE_EUR,
    LIVE,
    RELEASE,
    REVIEW_EUR,
    WAIT_EUR,
)

STREAM_EUR, RELEASE_EUR = 30.0, 150.0
"""A day of reading the ledger as a stream; the validation of a release by a person."""
HONEST_ROWS = 4_000
"""Honest rows that a release learns from, each with the weight of those that it stands for."""
LEAST_SHARE = 0.15
"""With weights, payments so young that fewer of their frauds are reported are left out."""
TESTED_AT_RANDOM = 0.2
"""The share of the rows that a random split tests on."""
FIRST_DAYS, RECENT_DAYS = 14, 2
"""Days before a release, and before a day, whose values set its threshold."""


class Model:
    """A logistic regression on standardised signs; x: (rows, signs)."""

    def __init__(self, x: np.ndarray, label: np.ndarray, weight: np.ndarray) -> None:
        self.mean, self.scale = np.average(x, axis=0, weights=weight), x.std(axis=0) + 1e-9
        fitted = LogisticRegression(solver="newton-cholesky").fit((x - self.mean) / self.scale, label, weight)
        self.weights, self.base = fitted.coef_[0], float(fitted.intercept_[0])

    def probability(self, x: np.ndarray) -> np.ndarray:
        """That each row is a fraud, (rows,)."""
        return 1 / (1 + np.exp(-np.clip(self.base + (x - self.mean) / self.scale @ self.weights, -30, 30)))


@dataclass(frozen=True)
class Learned:
    """What may be learned on a day: which rows, and of all rows the labels and weights, (rows,)."""

    use: np.ndarray
    label: np.ndarray
    weight: np.ndarray

    @property
    def possible(self) -> bool:
        """Whether there are frauds and honest payments among the rows."""
        return bool(self.label[self.use].any() and not self.label[self.use].all())


def learned(design: Pipeline, table: Table, now: int) -> Learned:
    """The rows of a release on the day `now`, by the design's labels and window."""
    return _rows(design.labels, design.learning.window_days, table, now)


def _rows(policy: Labels, window: int, table: Table, now: int) -> Learned:
    age, known = now - table.day, table.report_day <= now
    use, weight = (age > 0) & (age <= window), table.weight
    if policy.unreported == "wait":
        use = (age > policy.ripen_days) & (age <= window + policy.ripen_days)
    elif policy.unreported == "left out":
        use = use & (known | (age > policy.ripen_days))
    elif policy.unreported == "weighted":
        delay = np.sort((table.report_day - table.day)[known & (age > policy.ripen_days)])
        share = np.searchsorted(delay, age, side="right") / max(len(delay), 1)
        use = use & (share >= LEAST_SHARE)
        weight = np.where(known & use, weight / np.maximum(share, LEAST_SHARE), weight)
    return Learned(use, known, weight)


class Release:
    """A model for `signs` that was made on the day `now`."""

    def __init__(self, table: Table, signs: Sequence[Sign], now: int, rows: Learned) -> None:
        self.table, self.signs = table, signs
        groups = {"terminal_rate": table.terminal, "card_rate": table.customer}
        self.rates = {rated.sign: _rate(groups[rated.sign], rows) for rated in signs if rated.sign in RATE_SIGNS}
        used = np.flatnonzero(rows.use)
        honest, fraud = used[~rows.label[used]], used[rows.label[used]]
        some = honest[:: max(1, len(honest) // HONEST_ROWS)]
        kept = np.concatenate([some, fraud])
        weight = np.concatenate([rows.weight[some] * len(honest) / len(some), rows.weight[fraud]])
        x = self.matrix(lambda sign: table.learned(sign, now), kept)
        self.model = Model(x, rows.label[kept], weight)

    def matrix(self, values: Callable[[Sign], np.ndarray], rows: np.ndarray) -> np.ndarray:
        """The signs of some rows, (rows, signs)."""
        found = [self.rates[sign.sign] if sign.sign in RATE_SIGNS else values(sign) for sign in self.signs]
        return np.column_stack([column[rows] for column in found])


@lru_cache(maxsize=128)
def released(table: Table, signs: tuple[Sign, ...], labels: Labels, window_days: int, now: int) -> Release:
    """The release of the day `now`, made once for all designs that share what it depends on."""
    return Release(table, signs, now, _rows(labels, window_days, table, now))


def _rate(group: np.ndarray, rows: Learned) -> np.ndarray:
    """The share of frauds among the rows of each row's terminal or card, as a training table has it."""
    used, size = group[rows.use], int(group.max()) + 1
    weight = rows.weight[rows.use]
    frauds, paid = (np.bincount(used, weights, size) for weights in (weight * rows.label[rows.use], weight))
    return ((frauds + 0.15) / (paid + 5))[group]


@dataclass
class Run:
    """What came of a design: of all rows of the table the `probability` and what was `alerted` and `reviewed`."""

    design: Pipeline
    table: Table
    probability: np.ndarray
    alerted: np.ndarray
    reviewed: np.ndarray
    releases: int

    @cached_property
    def live(self) -> np.ndarray:
        return self.table.day >= RELEASE

    @property
    def gross_eur(self) -> float:
        """What reviews saved, their price paid: what `backtest` promised for each day."""
        return float(self.table.gain[self.reviewed].sum())

    @property
    def net_eur(self) -> float:
        """The same less what waited for nothing, releases, and the stream."""
        stream = any(sign.source == "stream" for sign in self.design.signs)
        turned_away = int(self.alerted.sum() - self.reviewed.sum())
        return self.gross_eur - WAIT_EUR * turned_away - RELEASE_EUR * self.releases - STREAM_EUR * LIVE * stream

    @property
    def turned_away(self) -> float:
        """The share of the alerts that nobody had time for."""
        return 1 - self.reviewed.sum() / max(int(self.alerted.sum()), 1)

    @property
    def expected(self) -> float:
        """Frauds that the probabilities promise, over frauds."""
        return float(self.probability[self.live].sum() / self.table.fraud[self.live].sum())

    def by_day(self, rows: np.ndarray) -> np.ndarray:
        """How many of some rows lie on each day since the first release, (LIVE,)."""
        return np.bincount(self.table.day[rows & self.live] - RELEASE, minlength=LIVE)


def run(design: Pipeline, table: Table, late_days: Sequence[int] = ()) -> Run:
    """The design from its first release on; on `late_days` the ledger is a day late."""
    late = np.isin(table.day, late_days)
    made = Run(design, table, np.zeros(len(late)), np.zeros(len(late), dtype=bool), late.copy(), 0)
    step = design.learning.retrain_days or LIVE
    for now in range(RELEASE, DAYS, step):
        if learned(design, table, now).possible:
            _serve(made, now, min(now + step, DAYS), late)
        made.releases += 1
    made.reviewed = _first_come(table, made.alerted)
    return made


def _serve(made: Run, now: int, end: int, late: np.ndarray) -> None:
    """Scores the payments from the day `now` until before `end` with a release of that day, and alerts."""
    design, table = made.design, made.table
    learning = design.labels, design.learning.window_days, now
    span = np.flatnonzero((table.day >= now - FIRST_DAYS) & (table.day < end))
    probability = _scored(released(table, design.signs, *learning), span, late, design)
    if design.late_ledger == "model without" and late[span].any():
        rest = released(table, tuple(sign for sign in design.signs if sign.sign not in LEDGER_SIGNS), *learning)
        probability = np.where(late[span], _scored(rest, span, late, design), probability)
    value = values(design, probability, table.amount[span])
    day = table.day[span]
    first = _filling(value[day < now], design.review.alerts_per_day * FIRST_DAYS)
    for today in range(now, end):
        recent = value[(day >= today - RECENT_DAYS) & (day < today)]
        daily = _filling(recent, design.review.alerts_per_day * RECENT_DAYS)
        threshold = first if design.review.threshold == "at training" else daily
        on = day == today
        silent = design.late_ledger == "no alerts" and bool(late[span][on].any())
        made.alerted[span[on]] = (value[on] > max(threshold, worth(design))) & (not silent)
    made.probability[span[day >= now]] = probability[day >= now]


def _scored(release: Release, span: np.ndarray, late: np.ndarray, design: Pipeline) -> np.ndarray:
    served = release.matrix(lambda sign: release.table.served(sign, late, design.late_ledger), span)
    return release.model.probability(served)


def values(design: Pipeline, probability: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """What payments are ranked by."""
    return probability * (amount + FEE_EUR) if design.review.rank_by == "expected loss" else probability


def worth(design: Pipeline) -> float:
    """The value from which a review pays for itself, where that can be said."""
    return REVIEW_EUR if design.review.rank_by == "expected loss" else 0.0


def _filling(value: np.ndarray, number: int) -> float:
    """The value that `number` exceed."""
    return float(np.partition(value, -number - 1)[-number - 1]) if number < len(value) else 0.0


def _first_come(table: Table, alerted: np.ndarray) -> np.ndarray:
    """Which alerts are reviewed: the first ones of a day while it has room."""
    at = np.flatnonzero(alerted)
    before = np.searchsorted(table.day[at], table.day[at])
    reviewed = np.zeros(len(alerted), dtype=bool)
    reviewed[at[np.arange(len(at)) - before < CAPACITY]] = True
    return reviewed


def split(design: Pipeline, table: Table) -> tuple[float, np.ndarray, Learned]:
    """Of the backtest: how many days it tests, which rows it tests, (rows,), and what it learns from."""
    plan, age = design.backtest, RELEASE - table.day
    window, rows = design.learning.window_days, learned(design, table, RELEASE)
    if plan.split == "time":
        back = plan.gap_days + plan.test_days
        learns = Learned((age > back) & (age <= back + window), rows.label, table.weight)
        return float(plan.test_days), (age > plan.gap_days) & (age <= back), learns
    drawn = np.random.default_rng(0).random(len(age)) < TESTED_AT_RANDOM
    return TESTED_AT_RANDOM * window, rows.use & drawn, Learned(rows.use & ~drawn, rows.label, rows.weight)


def tested_too_early(design: Pipeline, table: Table) -> float:
    """The share of the payments tested by the backtest that are not later than all those that it learned from."""
    _, test, rows = split(design, table)
    early = test & (table.day <= table.day[rows.use].max(initial=-1))
    return float(table.weight[early].sum() / max(table.weight[test].sum(), 1.0))


def backtest(design: Pipeline, table: Table) -> float:
    """The money a day that the design was seen to save before its first release, in frauds known by then, EUR."""
    days, test, rows = split(design, table)
    if not rows.possible:
        return 0.0
    release, at = Release(table, design.signs, RELEASE, rows), np.flatnonzero(test)
    probability = release.model.probability(release.matrix(lambda sign: table.learned(sign, RELEASE), at))
    value = values(design, probability, table.amount[at])
    order = np.argsort(-value)
    at, value = at[order], value[order]
    number = min(design.review.alerts_per_day, CAPACITY) * days
    taken = at[(np.cumsum(table.weight[at]) <= number) & (value > worth(design))]
    gain = rows.label[taken] * (table.amount[taken] + FEE_EUR) - REVIEW_EUR
    return float((gain * table.weight[taken]).sum() / days)
