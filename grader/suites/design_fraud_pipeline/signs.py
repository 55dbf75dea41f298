"""The signs of a payment: as they are when it is scored, and as a training table has them that a design describes."""

from functools import cached_property, lru_cache

import numpy as np

from grader.suites.design_fraud_pipeline.document import LEDGER_SIGNS, Late, Sign
from grader.suites.design_fraud_pipeline.world import DAYS, RELEASE, Story, Stream, stream_of

SAMPLED = 4
"""Of the honest payments before the release every fourth is kept, with that weight."""
ALL_KEPT_DAYS = 14
"""Days before the release whose payments are all kept: the first threshold comes from their scores."""
KEPT = 80


class Ledger:
    """Counts and sums of a group's payments by day, and what came before each payment on its own day."""

    def __init__(self, group: np.ndarray, stream: Stream) -> None:
        self.group = group
        self.count = cumulated(group, stream.day)
        self.total = cumulated(group, stream.day, stream.amount)
        self.today_count, self.today_total = _before_on_the_day(group, stream.day, stream.amount)

    def history(self, rows: np.ndarray, days: int, end: np.ndarray, today: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Count and sum of the `days` days before day `end` of each row, and where `today` of the day so far."""
        group = self.group[rows]
        count, total = (within(sums, group, days, end) for sums in (self.count, self.total))
        return count + today * self.today_count[rows], total + today * self.today_total[rows]


class Table:
    """Rows of a stream, (rows,) each, and the values of signs for them; `weight`: how many payments a row stands for.

    Without `every`, most honest payments before the release are left out.
    """

    def __init__(self, stream: Stream, every: bool = False) -> None:
        self.stream = stream
        kept = (stream.day >= RELEASE - ALL_KEPT_DAYS) | stream.fraud | (np.arange(len(stream.day)) % SAMPLED == 0)
        self.rows = np.flatnonzero(kept | every)
        names = ("day", "fraud", "report_day", "amount", "gain", "terminal", "customer")
        self.day, self.fraud, self.report_day, self.amount, self.gain, self.terminal, self.customer = (
            getattr(stream, name)[self.rows] for name in names
        )
        sampled = (self.day < RELEASE - ALL_KEPT_DAYS) & ~self.fraud & (not every)
        self.weight = np.where(sampled, float(SAMPLED), 1.0)
        self.nothing = np.zeros(len(self.rows), dtype=bool)
        self._served: dict[tuple[Sign, Late, bytes], np.ndarray] = {}

    def prepare(self) -> None:
        """Works out what signs are read from, which is the same for all designs."""
        for part in ("ledgers", "arrived", "last_visit"):
            getattr(self, part)

    @cached_property
    def ledgers(self) -> dict[str, Ledger]:
        """Of the terminals and of the cards."""
        return {
            "terminal": Ledger(self.stream.terminal, self.stream),
            "card": Ledger(self.stream.customer, self.stream),
        }

    @cached_property
    def arrived(self) -> dict[str, np.ndarray]:
        """Reports by the day on which they came, cumulated, of terminals and cards."""
        there = self.stream.report_day < DAYS
        return {
            name: cumulated(ledger.group[there], self.stream.report_day[there], size=len(ledger.count))
            for name, ledger in self.ledgers.items()
        }

    @cached_property
    def last_visit(self) -> list[np.ndarray]:
        """The day of the card's last visit to the terminal: before the payment, its day, the day before that."""
        day, stream = self.stream.day, self.stream
        pair = stream.customer.astype(np.int64) * (int(stream.terminal.max()) + 1) + stream.terminal
        order = np.argsort(pair, kind="stable")
        previous = np.empty(len(order), dtype=int)
        previous[order] = np.where(np.diff(pair[order], prepend=-1) == 0, np.roll(order, 1), -1)
        visits = []
        for away in (-1, 0, 1):
            at = previous.copy()
            while (again := (at >= 0) & (day[at] >= day - away)).any() and away >= 0:
                at[again] = previous[at[again]]
            visits.append(np.where(at >= 0, day[at], -1_000)[self.rows])
        return visits

    def served(self, sign: Sign, late: np.ndarray | None = None, instead: Late = "last known") -> np.ndarray:
        """The sign's values when the payments are scored, (rows,); `late`: on whose days the ledger is a day late."""
        if late is None or sign.sign not in LEDGER_SIGNS:
            late, instead = self.nothing, "last known"
        key = sign, instead, late.tobytes() if late.any() else b""
        if key not in self._served:
            if len(self._served) >= KEPT:
                self._served.pop(next(iter(self._served)))
            self._served[key] = self._built(sign, late, instead == "zero")
        return self._served[key]

    def learned(self, sign: Sign, now: int) -> np.ndarray:
        """The values that a training table of the day `now` has, by what the design says of when they are known."""
        if sign.source == "warehouse" and sign.known == "at once":
            return self.served(sign.model_copy(update={"source": "stream"}))
        if sign.known == "with the payment":
            return self._by_payment_day(sign, np.full(len(self.rows), now), own_day=True)
        return self.served(sign)

    def _built(self, sign: Sign, late: np.ndarray, zero: bool) -> np.ndarray:
        if sign.sign == "amount":
            return np.log(self.amount)
        if sign.sign == "night":
            return (self.stream.second[self.rows] < 6 * 3_600).astype(float)
        if sign.known == "with the payment":
            return self._by_payment_day(sign, self.day, own_day=False)
        days, group = sign.window_days or 1, "terminal" if sign.sign.startswith("terminal") else "card"
        ledger, end = self.ledgers[group], self.day - late
        today = ~late & (sign.source == "stream") & (sign.known == "at once")
        if sign.source == "reports":
            paid, _ = ledger.history(self.rows, days, self.day, self.nothing)
            return within(self.arrived[group], ledger.group[self.rows], days, self.day + 1) / (1 + paid)
        if sign.sign == "strange_terminal":
            last = np.where(late, self.last_visit[2], self.last_visit[0 if today.any() else 1])
            return ((last < end - days) | (late & zero)).astype(float)
        count, total = (values * ~(late & zero) for values in ledger.history(self.rows, days, end, today))
        if sign.sign == "amount_over_usual":
            return np.log(self.amount * (count + 1) / (total + self.amount))
        return np.log1p(count)

    def _by_payment_day(self, sign: Sign, known_on: np.ndarray, own_day: bool) -> np.ndarray:
        """Frauds over payments by the day of the payment, of those that were reported by the day `known_on`."""
        stream, days = self.stream, sign.window_days or 1
        ledger = self.ledgers["terminal" if sign.sign.startswith("terminal") else "card"]
        end, frauds = self.day + own_day, np.flatnonzero(stream.report_day <= known_on.max())
        row, place = pairs(ledger.group[self.rows], ledger.group[frauds], len(ledger.count))
        fraud = frauds[place]
        age, known = end[row] - stream.day[fraud], stream.report_day[fraud] <= known_on[row]
        counted = known & (age > 0) & (age <= days)
        values = np.bincount(row[counted], minlength=len(self.rows))
        return values / (1 + ledger.history(self.rows, days, end, self.nothing)[0])


@lru_cache(maxsize=10)
def table_of(story: Story) -> Table:
    """The table of a story, made once."""
    return Table(stream_of(story))


def cumulated(group: np.ndarray, day: np.ndarray, value: np.ndarray | None = None, size: int = 0) -> np.ndarray:
    """Sums of `value` (or counts) by group, cumulated: column d has what came before day d, (groups, DAYS + 1)."""
    size = size or int(group.max()) + 1
    sums = np.bincount(group.astype(np.int64) * DAYS + day, value, size * DAYS).reshape(size, DAYS)
    return np.concatenate([np.zeros((size, 1)), np.cumsum(sums, axis=1)], axis=1)


def within(sums: np.ndarray, group: np.ndarray, days: int, end: np.ndarray) -> np.ndarray:
    """What of cumulated `sums` lies in the `days` days before day `end`."""
    return sums[group, np.clip(end, 0, DAYS)] - sums[group, np.clip(end - days, 0, DAYS)]


def pairs(left: np.ndarray, right: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The places of all pairs of equal values below `size`, (pairs,) each."""
    count = np.bincount(right, minlength=size)
    number, first = count[left], (np.cumsum(count) - count)[left]
    before = np.cumsum(number) - number
    place = np.arange(number.sum()) + np.repeat(first - before, number)
    return np.repeat(np.arange(len(left)), number), np.argsort(right, kind="stable")[place]


def _before_on_the_day(group: np.ndarray, day: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count and sum of the group's payments before each one on its own day; rows are in the order of time."""
    key = group.astype(np.int64) * DAYS + day
    order = np.argsort(key, kind="stable")
    first = np.maximum.accumulate(np.where(np.diff(key[order], prepend=-1) != 0, np.arange(len(key)), 0))
    summed = np.concatenate([[0.0], np.cumsum(value[order])])
    count, total = np.empty(len(key)), np.empty(len(key))
    count[order], total[order] = np.arange(len(key)) - first, summed[:-1] - summed[first]
    return count, total
