"""A first afternoon: labels as they are, a random fifth to test on, all columns into a forest.

kind = "wrong"
first_try = true
points = { test-money = 2, test-backtest = 2, test-change = 0, test-strain = 1, test-pipeline = 0 }
says = ["a random split puts payments of one card and of one terminal on both sides", "the threshold was set at training"]
"""

# %% design
def design():
    ledger = {"source": "stream", "known": "at once"}
    reports = {"source": "reports", "known": "when reported"}
    return {
        "signs": [
            {"sign": "amount", "source": "message", "known": "at once"},
            {"sign": "night", "source": "message", "known": "at once"},
            {"sign": "amount_over_usual", "window_days": 30, **ledger},
            {"sign": "payments", "window_days": 1, **ledger},
            {"sign": "payments", "window_days": 7, **ledger},
            {"sign": "strange_terminal", "window_days": 30, **ledger},
            {"sign": "terminal_payments", "window_days": 7, **ledger},
            {"sign": "terminal_reports", "window_days": 30, **reports},
            {"sign": "card_reports", "window_days": 30, **reports},
        ],
        "labels": {"ripen_days": 0, "unreported": "honest"},
        "learning": {"window_days": 90, "retrain_days": 30},
        "backtest": {"split": "random", "test_days": 14, "gap_days": 0},
        "review": {"alerts_per_day": 28, "threshold": "at training", "rank_by": "expected loss"},
        "late_ledger": "last known",
    }

# %% fraud-model
from sklearn.ensemble import RandomForestClassifier


class FraudModel:
    def fit(self, rows, labels):
        self.columns = [name for name in rows if name not in ("day", "card", "terminal")]
        self.model = RandomForestClassifier(100, min_samples_leaf=5, random_state=0).fit(rows[self.columns], labels)

    def score(self, rows):
        return self.model.predict_proba(rows[self.columns])[:, 1] * (rows["amount"] + 15)
