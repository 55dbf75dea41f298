"""Alerts of the right form, one to three of any kind, on a share of the days that is drawn.

kind = "random"
"""

# %% monitor
import random

rng = random.Random(seed)
share, most = rng.random() ** 2, rng.randint(1, 3)


class Monitor:
    def fit(self, reference):
        pairs = [(name, reason) for name in reference[0]["rows"] for reason in ("missing", "values", "frozen")]
        self.pairs = [*pairs, ("labels", "late"), ("labels", "performance")]

    def observe(self, batch, t):
        number = rng.randint(1, most) if rng.random() < share else 0
        return [{"feature": name, "reason": reason} for name, reason in rng.sample(self.pairs, number)]
