"""The rows that the student's own pipeline gets, and what its scores come to."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.suite_kit.answer import Handle
from grader.suite_kit.designs import Draw
from grader.suites.design_fraud_pipeline.document import Sign
from grader.suites.design_fraud_pipeline.scenarios import ORACLE, story_of
from grader.suites.design_fraud_pipeline.signs import Table
from grader.suites.design_fraud_pipeline.world import CAPACITY, DAYS, FEE_EUR, LIVE, RELEASE, REVIEW_EUR, stream_of

if TYPE_CHECKING:
    import pandas as pd

AS_SEEN = "lacking as seen"
"""Among a stream's magnitudes: the share by which labels as seen make expected losses fall short, see `OwnTask`."""
LEARN_DAYS = 70
YOUNG_DAYS, ONE_OF = 35, 10
"""Of the rows younger than these days one of so many is left in the second fit: much of their fraud is unreported."""
SIGNS = {
    "usual_eur_ratio_30d": Sign(sign="amount_over_usual", source="stream", known="at once", window_days=30),
    "card_payments_1d": Sign(sign="payments", source="stream", known="at once", window_days=1),
    "card_payments_30d": Sign(sign="payments", source="stream", known="at once", window_days=30),
    "strange_terminal_60d": Sign(sign="strange_terminal", source="stream", known="at once", window_days=60),
    "terminal_payments_30d": Sign(sign="terminal_payments", source="stream", known="at once", window_days=30),
    "terminal_reports_14d": Sign(sign="terminal_reports", source="reports", known="when reported", window_days=14),
    "card_fraud_share_30d": Sign(sign="card_reports", source="reports", known="with the payment", window_days=30),
}
COUNTS = [name for name, sign in SIGNS.items() if sign.sign in ("payments", "terminal_payments")]


class OwnTask:
    """Payments to learn from and their labels on the day of the release; later payments to score, and their truth.

    `lacking_as_seen`: by this share the scores of a logistic regression that takes all labels as they are seen add up
    to less than those of one that learns from `thinned` rows.
    """

    def __init__(self, draw: Draw) -> None:
        self.table, self.oracle = Table(stream_of(story_of(draw)), every=True), dict(draw.magnitudes).get(ORACLE, 1.0)
        self.lacking_as_seen = dict(draw.magnitudes).get(AS_SEEN, 1.0)
        table = self.table
        self.learn = np.flatnonzero((table.day >= RELEASE - LEARN_DAYS) & (table.day < RELEASE))
        self.live = np.flatnonzero(table.day >= RELEASE)
        self.rows, self.scored = self._rows(self.learn, RELEASE), self._rows(self.live)
        self.labels = (table.report_day[self.learn] <= RELEASE).astype(int)
        self.reported = float(self.labels.sum() / table.fraud[self.learn].sum())

    def _rows(self, at: np.ndarray, read_on: int | None = None) -> "pd.DataFrame":
        """The rows `at` as a table shows them that is read on a day; without one, as each was when it was scored."""
        import pandas as pd

        table = self.table
        columns = {"day": table.day[at] - RELEASE, "hour": table.stream.second[table.rows[at]] // 3_600}
        columns |= {"card": table.customer[at], "terminal": table.terminal[at], "amount": table.amount[at]}
        built = {name: (table.served(sign) if read_on is None else table.learned(sign, read_on))[at]
                 for name, sign in SIGNS.items()}  # fmt: skip
        built["usual_eur_ratio_30d"] = np.exp(built["usual_eur_ratio_30d"])
        for name in COUNTS:
            built[name] = np.round(np.expm1(built[name]))
        return pd.DataFrame(columns | built)

    @cached_property
    def thinned(self) -> "tuple[pd.DataFrame, np.ndarray]":
        """Rows and labels to learn from without most of the young ones."""
        age = RELEASE - self.table.day[self.learn]
        kept = (age > YOUNG_DAYS) | (np.arange(len(age)) % ONE_OF == 0)
        return self.rows[kept].reset_index(drop=True), self.labels[kept]

    @cached_property
    def read_later(self) -> "pd.DataFrame":
        """The payments to score as a table shows them after the six weeks."""
        return self._rows(self.live, DAYS)

    def money(self, score: np.ndarray) -> float:
        """The share of the oracle's money: of each day the highest scores are reviewed, where a review pays."""
        day, gain = self.table.day[self.live], self.table.gain[self.live]
        saved = 0.0
        for today in range(RELEASE, RELEASE + LIVE):
            on = np.flatnonzero((day == today) & (score > REVIEW_EUR))
            saved += float(gain[on[np.argsort(-score[on], kind="stable")[:CAPACITY]]].sum())
        return saved / self.oracle

    def expected(self, score: np.ndarray) -> float:
        """Expected loss over the loss that came."""
        loss = self.table.fraud[self.live] * (self.table.amount[self.live] + FEE_EUR)
        return float(score.sum() / loss.sum())


def moved_by(scores: np.ndarray, later: np.ndarray | None) -> float:
    """By which share of their sum scores are others when the payments are read later."""
    return float("inf") if later is None else float(np.abs(later - scores).sum() / max(np.abs(scores).sum(), 1e-9))


def scores_of(given: Any, number: int) -> np.ndarray | None:
    """The scores as numbers, or None if they are not what was asked for."""
    if isinstance(given, Handle) or given is None:
        return None
    try:
        scores = np.asarray(given, dtype=float).ravel()
    except (TypeError, ValueError, OverflowError):
        return None
    return scores if len(scores) == number and bool(np.isfinite(scores).all()) else None


def shown(figure: float) -> str:
    """A figure that the student's scores make, with few digits: many could spell a hidden row."""
    return f"{min(max(figure, -999.0), 999.0):.2g}" if np.isfinite(figure) else "endlessly"
