"""The design as YAML text with other windows; a gradient boosting; the shares of reports by their delays.

kind = "alternative"
"""

# %% design
DESIGN = """
signs:
- {sign: amount, source: message, known: at once}
- {sign: night, source: message, known: at once}
- {sign: amount_over_usual, source: stream, known: at once, window_days: 40}
- {sign: payments, source: stream, known: at once, window_days: 1}
- {sign: payments, source: stream, known: at once, window_days: 20}
- {sign: terminal_payments, source: stream, known: at once, window_days: 20}
- {sign: strange_terminal, source: stream, known: at once, window_days: 45}
- {sign: terminal_reports, source: reports, known: when reported, window_days: 21}
labels: {ripen_days: 45, unreported: weighted}
learning: {window_days: 56, retrain_days: 6}
backtest: {split: time, test_days: 30, gap_days: 30}
review: {alerts_per_day: 23, threshold: daily, rank_by: expected loss}
late_ledger: last known
"""


def design():
    return DESIGN

# %% fraud-model
from sklearn.ensemble import HistGradientBoostingClassifier


class FraudModel:
    LEFT_OUT = ["day", "card", "terminal", "card_fraud_share_30d"]

    def fit(self, rows, labels):
        old = rows.day.to_numpy() < -35
        self.model = HistGradientBoostingClassifier(
            max_iter=50, learning_rate=0.08, max_leaf_nodes=8, min_samples_leaf=60, early_stopping=False
        ).fit(rows[old].drop(columns=self.LEFT_OUT), labels[old])

    def score(self, rows):
        chance = self.model.predict_proba(rows.drop(columns=self.LEFT_OUT))[:, 1]
        return (chance * (rows.amount + 15)).tolist()
