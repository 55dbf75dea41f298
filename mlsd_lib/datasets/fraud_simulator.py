"""A stream of card payments with three kinds of fraud, late chargebacks and an adversary that adapts.

Customers pay at the terminals near them, less at night and more on Saturdays. Of the frauds,
- `terminal`: a compromised terminal; for weeks a share of the payments made there is fraudulent, at ordinary amounts;
- `stolen`: a stolen card; for days, extra payments at strange terminals with inflated amounts, half of them at night;
- `burst`: a card number that is tried out; many small payments within two hours.
A fraud is reported when its chargeback arrives, days or weeks later. When too much of a kind is caught, the adversary
makes that kind less conspicuous, and bolder again when hardly any is caught.

The idea of compromised terminals and cards follows Le Borgne et al., Reproducible Machine Learning for Credit Card
Fraud Detection (2022), chapter 3; mechanisms, rhythm, delays and the adversary are this course's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataError

Columns = dict[str, np.ndarray]

MECHANISMS = ("terminal", "stolen", "burst")
REPORT_DELAY_DAYS = {"terminal": 9.0, "stolen": 20.0, "burst": 4.0}
"""Mean days from a fraud to its chargeback: it depends on the kind of fraud, hence on the features."""
START = pd.Timestamp("2026-01-05")
"""Day 0 of the stream, a Monday."""
DAY_S = 86_400
WEEKDAY_RATE = np.array([0.95, 0.95, 1.0, 1.0, 1.15, 1.25, 0.7])
"""Payments relative to the mean, Monday first."""


@dataclass(frozen=True)
class Tactics:
    """How boldly each kind of fraud is committed."""

    inflation: float = 4.0
    """Amount of a stolen card's payment over the customer's usual one."""
    terminal_share: float = 0.6
    """Share of a compromised terminal's payments that is fraudulent."""
    burst_size: float = 8.0
    """Mean number of payments in a burst."""

    def adapted(self, caught: Mapping[str, float]) -> "Tactics":
        """The next tactics, given the share of each mechanism's frauds that was caught."""
        bold = Tactics()
        return replace(
            self,
            inflation=_adapt(self.inflation, caught.get("stolen"), 1.2, bold.inflation),
            terminal_share=_adapt(self.terminal_share, caught.get("terminal"), 0.15, bold.terminal_share),
            burst_size=_adapt(self.burst_size, caught.get("burst"), 2.0, bold.burst_size),
        )


def _adapt(value: float, caught: float | None, low: float, high: float) -> float:
    if caught is None or 0.1 <= caught <= 0.3:
        return value
    return float(np.clip(value * (0.8 if caught > 0.3 else 1.1), low, high))


class FraudSimulator:
    """A stream that can be continued: `advance` gives the next days.

    `rng` is the only source of randomness. Of the `customers` each makes about two payments a day.
    `report_delay_days`: mean days to the chargeback, by mechanism.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        customers: int = 1_500,
        terminals: int = 1_000,
        report_delay_days: Mapping[str, float] | None = None,
        tactics: Tactics | None = None,
    ):
        if customers < 10 or terminals < 40:
            raise DataError(
                f"customers is {customers} and terminals is {terminals}; the simulator needs at least 10 and 40, "
                "so that payments can stray from the usual terminals. Ask for more."
            )
        self.rng, self.customers, self.terminals, self.day, self.next_id = rng, customers, terminals, 0, 0
        self.crime = self.late = rng
        self.delay_days = {**REPORT_DELAY_DAYS, **(report_delay_days or {})}
        self.tactics = tactics or Tactics()
        self.rate = rng.gamma(4.0, 0.5, customers)
        self.mean_amount = rng.lognormal(np.log(40), 0.6, customers)
        self.usual = self._nearest_terminals(20)
        self._compromised = np.empty((0, 3), dtype=int)  # terminal, first day, last day
        self._stolen = np.empty((0, 3), dtype=int)  # customer, first day, last day

    def _nearest_terminals(self, count: int) -> np.ndarray:
        home = self.rng.uniform(0, 100, (self.customers, 1, 2))
        place = self.rng.uniform(0, 100, (1, self.terminals, 2))
        return np.argsort(((home - place) ** 2).sum(axis=2), axis=1)[:, :count]

    def advance(self, days: int, caught: Mapping[str, float] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The payments and the truth of the next `days` days; `caught` lets the adversary adapt first.

        Payments, ordered by time: `transaction_id`, `time`, `customer_id`, `terminal_id`, `amount` (EUR). Truth, in
        the same order, indexed by `transaction_id`: `is_fraud`, `mechanism` ("" if none), `label_time` (when the
        chargeback arrives; NaT if none does).
        """
        first, columns = self.next_id, self.advance_columns(days, caught)
        ids = np.arange(first, self.next_id)
        time = START + pd.to_timedelta(columns["second"], unit="s").as_unit("s")
        label_time = time + pd.to_timedelta(columns["delay_s"], unit="s").as_unit("s")
        names = {name: columns[name.removesuffix("_id")] for name in ("customer_id", "terminal_id", "amount")}
        payments = pd.DataFrame({"transaction_id": ids, "time": time, **names})
        mechanism = np.array(["", *MECHANISMS], dtype=object)[columns["mechanism"]]
        truth = {"is_fraud": columns["mechanism"] > 0, "mechanism": mechanism, "label_time": label_time}
        return payments, pd.DataFrame(truth, index=pd.Index(ids, name="transaction_id"))

    def advance_columns(self, days: int, caught: Mapping[str, float] | None = None) -> Columns:
        """The same as `advance`, as arrays, (payments,) each: no frames are made, so it takes a fraction of the time.

        `second` since the start; `customer`; `terminal`; `amount` in EUR; `mechanism`, 0 if none, else its place in
        `MECHANISMS` from 1 on; `delay_s`, seconds until the chargeback arrives, NaN if none does.
        """
        if days < 1:
            raise DataError(f"days is {days}; the stream can only be continued by at least 1 day.")
        self.tactics = self.tactics.adapted(caught or {})
        # Streams of their own: two bold and two cautious adversaries meet the same customers and the same chances.
        self.crime, self.late = self.rng.spawn(2)
        self._start_campaigns(days)
        payments = self._purchases(days)
        payments["mechanism"] = 1 * self._at_compromised_terminal(payments)
        parts = [payments, self._stolen_card_payments(days), self._bursts(days)]
        order = np.argsort(np.concatenate([part["second"] for part in parts]), kind="stable")
        columns = {name: np.concatenate([part[name] for part in parts])[order] for name in payments}
        mean_days = np.array([np.nan, *(self.delay_days[name] for name in MECHANISMS)])[columns["mechanism"]]
        columns["delay_s"] = np.ceil(self.late.gamma(2.0, 0.5, len(order)) * mean_days * DAY_S)
        self.day += days
        self.next_id += len(order)
        return columns

    def _start_campaigns(self, days: int) -> None:
        starts = self.crime.poisson(self.customers / 6_000 * days)
        first = self.crime.integers(self.day, self.day + days, starts)
        last = first + self.crime.integers(21, 36, starts)
        new = np.column_stack([self.crime.integers(0, self.terminals, starts), first, last])
        self._compromised = np.vstack([self._compromised[self._compromised[:, 2] >= self.day], new])
        starts = self.crime.poisson(self.customers / 1_500 * days)
        first = self.crime.integers(self.day, self.day + days, starts)
        last = first + self.crime.integers(7, 15, starts)
        new = np.column_stack([self.crime.integers(0, self.customers, starts), first, last])
        self._stolen = np.vstack([self._stolen[self._stolen[:, 2] >= self.day], new])

    def _purchases(self, days: int) -> Columns:
        day = np.arange(self.day, self.day + days)
        counts = self.rng.poisson(self.rate[:, None] * WEEKDAY_RATE[day % 7])
        customer = np.repeat(np.arange(self.customers), counts.sum(axis=1))
        on_day = np.repeat(np.tile(day, self.customers), counts.ravel())
        total = len(customer)
        hour = np.where(self.rng.random(total) < 0.35, self.rng.normal(12, 2, total), self.rng.normal(17, 3.5, total))
        amount = self.mean_amount[customer] * self.rng.lognormal(-0.125, 0.5, total)
        terminal = self.usual[customer, self.rng.integers(0, self.usual.shape[1], total)]
        stray = self.rng.random(total) < 0.1  # people travel: a strange terminal alone is no proof
        terminal = np.where(stray, self.rng.integers(0, self.terminals, total), terminal)
        return _columns(on_day * DAY_S + (hour % 24) * 3600, customer, terminal, amount, 0)

    def _at_compromised_terminal(self, payments: Columns) -> np.ndarray:
        day = payments["second"] // DAY_S
        hit = np.zeros(len(day), dtype=bool)
        for terminal, first, last in self._compromised:
            hit |= (payments["terminal"] == terminal) & (first <= day) & (day <= last)
        return hit & (self.crime.random(len(day)) < self.tactics.terminal_share)

    def _stolen_card_payments(self, days: int) -> Columns:
        day = np.arange(self.day, self.day + days)
        active = (self._stolen[:, [1]] <= day) & (day <= self._stolen[:, [2]])
        counts = self.crime.poisson(1.2, active.shape) * active
        customer = np.repeat(self._stolen[:, 0], counts.sum(axis=1))
        on_day = np.repeat(np.tile(day, len(self._stolen)), counts.ravel())
        total = len(customer)
        at_night = self.crime.random(total) < 0.5
        hour = np.where(at_night, self.crime.uniform(0, 6, total), self.crime.uniform(6, 24, total))
        amount = self.mean_amount[customer] * self.tactics.inflation * self.crime.lognormal(-0.08, 0.4, total)
        terminal = self.crime.integers(0, self.terminals, total)
        return _columns(on_day * DAY_S + hour * 3600, customer, terminal, amount, 2)

    def _bursts(self, days: int) -> Columns:
        bursts = self.crime.poisson(self.customers / 2_000 * days)
        size = 1 + self.crime.poisson(self.tactics.burst_size - 1, bursts)
        victim = np.repeat(self.crime.integers(0, self.customers, bursts), size)
        start = np.repeat(self.crime.uniform(self.day * DAY_S, (self.day + days) * DAY_S - 7_200, bursts), size)
        total = len(victim)
        amount = self.crime.lognormal(np.log(20), 0.5, total)
        terminal = self.crime.integers(0, self.terminals, total)
        return _columns(start + self.crime.uniform(0, 7_200, total), victim, terminal, amount, 3)


def _columns(
    second: np.ndarray, customer: np.ndarray, terminal: np.ndarray, amount: np.ndarray, mechanism: int
) -> Columns:
    return {
        "second": second.astype(np.int64), "customer": customer, "terminal": terminal,
        "amount": np.maximum(np.round(amount, 2), 0.5), "mechanism": np.full(len(second), mechanism),
    }  # fmt: skip
