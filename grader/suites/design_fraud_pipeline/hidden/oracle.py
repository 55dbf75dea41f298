"""The money of an oracle and of a simple baseline in a story: what a design's money is held against.

The oracle sees the same signs, and learned from the very weeks that it scores, with every label; its releases cost
nothing. The baseline reviews the largest amounts of each day.
"""

import numpy as np

from grader.suites.design_fraud_pipeline.document import Sign
from grader.suites.design_fraud_pipeline.signs import Table
from grader.suites.design_fraud_pipeline.simulate import Model
from grader.suites.design_fraud_pipeline.world import CAPACITY, DAYS, FEE_EUR, RELEASE, REVIEW_EUR

LEDGER = {"source": "stream", "known": "at once"}
SEEN = tuple(
    Sign.model_validate(fields)
    for fields in (
        {"sign": "amount", "source": "message", "known": "at once"},
        {"sign": "night", "source": "message", "known": "at once"},
        {"sign": "amount_over_usual", "window_days": 30, **LEDGER},
        {"sign": "payments", "window_days": 1, **LEDGER},
        {"sign": "payments", "window_days": 30, **LEDGER},
        {"sign": "terminal_payments", "window_days": 30, **LEDGER},
        {"sign": "strange_terminal", "window_days": 60, **LEDGER},
        {"sign": "terminal_reports", "window_days": 14, "source": "reports", "known": "when reported"},
    )
)


def expected(table: Table) -> tuple[float, float]:
    """EUR that the oracle and the baseline save from the first release on."""
    live = np.flatnonzero(table.day >= RELEASE)
    x = np.column_stack([table.served(sign)[live] for sign in SEEN])
    loss = Model(x, table.fraud[live], table.weight[live]).probability(x) * (table.amount[live] + FEE_EUR)
    oracle = _saved(table, live, np.where(loss > REVIEW_EUR, loss, 0.0))
    return oracle, _saved(table, live, table.amount[live])


def _saved(table: Table, rows: np.ndarray, value: np.ndarray) -> float:
    total = 0.0
    for day in range(RELEASE, DAYS):
        on = np.flatnonzero(table.day[rows] == day)
        best = on[np.argsort(-value[on], kind="stable")[:CAPACITY]]
        total += float(table.gain[rows[best[value[best] > 0]]].sum())
    return total
