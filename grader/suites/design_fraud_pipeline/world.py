"""The payments of one story: who paid where, which were frauds, and when each fraud was reported.

The stream is the library's simulator, whose adversary grows less bold from week to week. Some honest payments are made
by night and at places that are seen once. A story may bring a peak of honest payments, a new scheme at places that are
seen for a day, or reports that take longer.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from mlsd_lib.datasets.fraud_simulator import DAY_S, Columns, FraudSimulator, Tactics

CUSTOMERS, TERMINALS = 1_200, 300
RELEASE, LIVE = 98, 42
"""The day of the first release, and how many days follow it."""
DAYS = RELEASE + LIVE
NEVER = 30_000
"""The day of what does not come."""
RATE = 0.2
"""Payments of a customer over the simulator's: a stream is small, and a few of a hundred payments are frauds."""
ONCE, NIGHT = 0.08, 0.1
"""Shares of the honest payments at a place that is seen once, and in the night."""
REPORT_DAYS = {"terminal": 12.0, "stolen": 30.0, "burst": 6.0}
CAPACITY = 28
"""Payments that the team can review in a day."""
REVIEW_EUR, FEE_EUR, WAIT_EUR = 12.0, 15.0, 4.0
"""A review; a chargeback beyond its amount; a payment that was held and that nobody had time to review."""
SCHEME_A_DAY, SCHEME_PLACES, SCHEME_REPORT_DAYS = 14.0, 8, 6.0
SCHEME_FROM = 1_000_000
"""The number of the first place that only the new scheme uses."""


@dataclass(frozen=True)
class Story:
    """What makes a stream; `seed` draws what the other entries leave open. Days are days of the stream."""

    seed: int
    peak_day: int = NEVER
    peak_times: float = 1.0
    scheme_day: int = NEVER
    late_from: int = NEVER
    late_times: float = 1.0


@dataclass(frozen=True, eq=False)
class Stream:
    """Payments in the order of time, (n,) each.

    `scheme`: those of the new one; `report_day`: from the morning of which day a fraud is known.
    """

    day: np.ndarray
    second: np.ndarray
    customer: np.ndarray
    terminal: np.ndarray
    amount: np.ndarray
    fraud: np.ndarray
    scheme: np.ndarray
    report_day: np.ndarray

    @cached_property
    def gain(self) -> np.ndarray:
        """What a review of each payment saves, EUR, (n,)."""
        return self.fraud * (self.amount + FEE_EUR) - REVIEW_EUR


@lru_cache(maxsize=12)
def stream_of(story: Story) -> Stream:
    """The stream of a story."""
    usual_eur, columns = _payments(Story(story.seed, story.peak_day, story.peak_times))
    rng = np.random.default_rng([story.seed, 1])
    columns = _honest_habits(columns, rng)
    if story.scheme_day < DAYS:
        scheme = _scheme(story, usual_eur, rng)
        columns = {name: np.concatenate([columns[name], scheme[name]]) for name in columns}
    order = np.argsort(columns["day"] * DAY_S + columns["second"], kind="stable")
    columns = {name: values[order] for name, values in columns.items()}
    columns["scheme"] = columns["terminal"] >= SCHEME_FROM
    columns["terminal"] = np.unique(columns["terminal"], return_inverse=True)[1]
    delay_s = columns.pop("delay_s") * np.where(columns["day"] >= story.late_from, story.late_times, 1.0)
    report = (columns["day"] * DAY_S + columns["second"] + delay_s) // DAY_S + 1
    return Stream(**columns, report_day=np.where(columns["fraud"], np.minimum(report, NEVER), NEVER).astype(int))


@lru_cache(maxsize=6)
def _payments(story: Story) -> tuple[np.ndarray, Columns]:
    """What each customer usually pays, EUR, and the simulator's payments with `delay_s` from a fraud to its report."""
    sim = FraudSimulator(np.random.default_rng([story.seed, 0]), CUSTOMERS, TERMINALS, REPORT_DAYS)
    usual, weeks = sim.rate * RATE, []
    for week in range(DAYS // 7):
        bold = 1 - week / (DAYS // 7)
        sim.tactics = Tactics(2.4 + 1.6 * bold, 0.4 + 0.2 * bold, 5 + 3 * bold)
        sim.rate = usual * (story.peak_times if story.peak_day <= 7 * week < story.peak_day + 14 else 1.0)
        columns = sim.advance_columns(7)
        second = columns.pop("second")
        delay_s, fraud = np.nan_to_num(columns.pop("delay_s")), columns.pop("mechanism") > 0
        weeks.append({"day": second // DAY_S, "second": second % DAY_S, **columns, "fraud": fraud, "delay_s": delay_s})
    return sim.mean_amount, {name: np.concatenate([week[name] for week in weeks]) for name in weeks[0]}


def _honest_habits(columns: Columns, rng: np.random.Generator) -> Columns:
    honest, n = ~columns["fraud"], len(columns["day"])
    once, night = (honest & (rng.random(n) < share) for share in (ONCE, NIGHT))
    terminal = np.where(once, TERMINALS + np.cumsum(once), columns["terminal"])
    second = np.where(night, rng.integers(0, 6 * 3_600, n), columns["second"])
    return columns | {"terminal": terminal, "second": second}


def _scheme(story: Story, usual_eur: np.ndarray, rng: np.random.Generator) -> Columns:
    """Cards that usually pay much are charged about that, by day, at places that vanish after it."""
    day = np.repeat(np.arange(story.scheme_day, DAYS), rng.poisson(SCHEME_A_DAY, DAYS - story.scheme_day))
    n = len(day)
    customer = rng.choice(np.argsort(usual_eur)[-CUSTOMERS // 10 :], n)
    place = SCHEME_FROM + SCHEME_PLACES * day + rng.integers(0, SCHEME_PLACES, n)
    return {
        "day": day, "second": rng.integers(9 * 3_600, 22 * 3_600, n), "customer": customer, "terminal": place,
        "amount": np.round(usual_eur[customer] * rng.lognormal(0.1, 0.3, n), 2), "fraud": np.ones(n, dtype=bool),
        "delay_s": rng.gamma(2.0, SCHEME_REPORT_DAYS / 2, n) * DAY_S,
    }  # fmt: skip
