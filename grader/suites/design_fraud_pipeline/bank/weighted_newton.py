"""The design as an object of the suite; a logistic regression by Newton's method in which young frauds weigh more.

kind = "alternative"
"""

# %% design
def design():
    def sign(name, days=None, source="stream", known="at once"):
        return {"sign": name, "source": source, "known": known, "window_days": days}

    signs = [sign("amount", source="message"), sign("night", source="message"), sign("strange_terminal", 50)]
    signs += [sign("terminal_reports", 10, "reports", "when reported"), sign("payments", 1)]
    signs += [sign(name, 28) for name in ("amount_over_usual", "terminal_payments", "payments")]
    return suite.Pipeline.of({
        "signs": signs, "late_ledger": "last known",
        "labels": {"unreported": "weighted", "ripen_days": 55},
        "learning": {"retrain_days": 5, "window_days": 45},
        "backtest": {"gap_days": 28, "test_days": 25, "split": "time"},
        "review": {"rank_by": "expected loss", "threshold": "daily", "alerts_per_day": 25},
    })

# %% fraud-model
class FraudModel:
    def fit(self, rows, labels):
        x, age = self.columns(rows), -rows["day"].to_numpy()
        share = 1 - np.exp(-age / 25)  # of the frauds of an age, about so many are reported
        used = share > 0.2
        weight = np.where(labels[used] == 1, 1 / share[used], 1.0)
        x, y = x[used], labels[used]
        self.weights = np.zeros(x.shape[1])
        self.weights[0] = np.log(y.mean())
        for _ in range(25):
            p = 1 / (1 + np.exp(-x @ self.weights))
            curved = (x * (weight * p * (1 - p))[:, None]).T @ x + np.eye(x.shape[1])
            step = np.linalg.solve(curved, x.T @ (weight * (y - p)) - self.weights)
            self.weights += 0.6 * step

    def score(self, rows):
        return (rows["amount"].to_numpy() + 15.0) / (1 + np.exp(-self.columns(rows) @ self.weights))

    def columns(self, rows):
        found = {name: rows[name].to_numpy(dtype=float) for name in rows}
        return np.stack(
            [
                np.ones(len(rows)),
                np.log(found["amount"]) - 3.5,
                np.log(found["usual_eur_ratio_30d"]),
                (found["hour"] < 6).astype(float),
                np.log1p(found["card_payments_1d"]),
                np.log1p(found["card_payments_30d"]) - 2,
                np.log1p(found["terminal_payments_30d"]) - 3,
                found["strange_terminal_60d"],
                10 * found["terminal_reports_14d"],
            ],
            axis=1,
        )
