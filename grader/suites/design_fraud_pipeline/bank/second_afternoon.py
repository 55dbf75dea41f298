"""A more careful first hand-in: no column that was known afterwards, a split by time.

kind = "wrong"
first_try = true
points = { test-money = 2, test-backtest = 0, test-change = 0, test-strain = 1, test-pipeline = 2 }
says = ["the backtest ends 0 days before the release", "times the loss that came, too little. Of the frauds in the rows of fit"]
"""

# %% design
def design():
    ledger = {"source": "stream", "known": "at once"}
    return {
        "signs": [
            {"sign": "amount", "source": "message", "known": "at once"},
            {"sign": "night", "source": "message", "known": "at once"},
            {"sign": "amount_over_usual", "window_days": 30, **ledger},
            {"sign": "payments", "window_days": 1, **ledger},
            {"sign": "payments", "window_days": 30, **ledger},
            {"sign": "strange_terminal", "window_days": 30, **ledger},
            {"sign": "terminal_payments", "window_days": 30, **ledger},
            {"sign": "terminal_reports", "window_days": 30, "source": "reports", "known": "when reported"},
        ],
        "labels": {"ripen_days": 0, "unreported": "honest"},
        "learning": {"window_days": 90, "retrain_days": 30},
        "backtest": {"split": "time", "test_days": 14, "gap_days": 0},
        "review": {"alerts_per_day": 28, "threshold": "at training", "rank_by": "expected loss"},
        "late_ledger": "last known",
    }

# %% fraud-model
from sklearn.ensemble import HistGradientBoostingClassifier


class FraudModel:
    def fit(self, rows, labels):
        self.left_out = ["day", "card", "terminal", "card_fraud_share_30d"]
        self.model = HistGradientBoostingClassifier(random_state=0).fit(rows.drop(columns=self.left_out), labels)

    def score(self, rows):
        return self.model.predict_proba(rows.drop(columns=self.left_out))[:, 1] * (rows["amount"] + 15)
