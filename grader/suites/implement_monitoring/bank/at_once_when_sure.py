"""A figure and its standard error for everything: rings on the first day that is far beyond chance and large as well.

kind = "alternative"
"""

# %% monitor
from scipy.special import ndtri

DAY_SPREAD = 0.12


class Monitor:
    def fit(self, reference):
        self.sorted, self.usual, self.known, self.empty, self.sums = {}, {}, {}, {}, {}
        for name, first in reference[0]["rows"].items():
            columns = [day["rows"][name] for day in reference]
            self.empty[name] = np.mean([self.lacks(column).mean() for column in columns])
            if not isinstance(first, np.ndarray):
                self.known[name] = {value for column in columns for value in column if value is not None}
                continue
            middle = np.nanmedian(np.concatenate(columns))
            usual = [np.nanmedian(np.concatenate(columns[day::7])) / middle for day in range(7)]
            self.usual[name] = usual if max(usual) > 1.3 * min(usual) else [1.0] * 7  # less is chance
            values = np.concatenate([column / self.usual[name][t % 7] for t, column in enumerate(columns)])
            self.sorted[name] = np.sort(values[~np.isnan(values)])
            self.sums[name] = np.zeros(2)
        self.last, self.orders = reference[-1]["rows"], [len(day["score"]) for day in reference[-4:]]
        self.labels, self.recent = [day["labels"] for day in reference[-3:]], {}

    def lacks(self, column):
        return np.isnan(column) if isinstance(column, np.ndarray) else np.array([value is None for value in column])

    def scores(self, name, column):
        column, known = column[~np.isnan(column)], self.sorted[name]
        ranks = np.searchsorted(known, column, "left") + np.searchsorted(known, column, "right")
        return ndtri((ranks / 2 + 0.5) / (len(known) + 1))

    def above(self, share, usual, rows, least, errors=4.5):
        return share - usual > max(least, errors * ((usual + 0.01) / rows) ** 0.5)

    def moved(self, name, column, t):
        scores = self.scores(name, column / self.usual[name][t % 7])
        if len(set(column.tolist())) < 10:  # a value a depot: too few to say
            return False
        off, error = scores.mean(), (DAY_SPREAD**2 + 1.2 / len(scores)) ** 0.5
        self.sums[name] = np.clip(self.sums[name] + [off, -off] - 0.6, 0, 1.2)
        self.recent[name] = [*self.recent.get(name, [])[-2:], scores]
        three = np.abs(np.concatenate(self.recent[name])) > 2.4
        far = any(self.above(window.mean(), 0.018, len(window), 0.06) for window in (three, three[-len(scores) :]))
        return far or abs(off) > max(0.75, 4.5 * error) or self.sums[name].max() > 0.5 + 1.5 * error

    def late(self, batch):
        due = np.dot([0.1, 0.2, 0.3, 0.4], self.orders)
        self.orders = [*self.orders[1:], len(batch["score"])]
        return due - len(batch["labels"]["late"]) > max(0.3 * due, 4 * due**0.5)

    def turned(self, batch):
        """Whether lateness follows the score less than it should: standard errors of the slope of its logit."""
        self.labels = [*self.labels[-3:], batch["labels"]]
        for days in (1, 2, 4):
            score = np.concatenate([day["score"] for day in self.labels[-days:]])
            late = np.concatenate([day["late"] for day in self.labels[-days:]])
            if len(score) < 20:
                continue
            score = np.clip(score, 0.01, 0.99)
            lever = np.log(score / (1 - score))
            lever -= lever.mean()
            if ((score - late) * lever).sum() > 4.5 * (score * (1 - score) * lever**2).sum() ** 0.5:
                return True
        return False

    def observe(self, batch, t):
        found = set()
        for name, column in batch["rows"].items():
            if self.above(self.lacks(column).mean(), self.empty[name], len(column), 0.03, 3.5):
                found.add((name, "missing"))
            if name in self.known:
                strange = np.mean([value is not None and value not in self.known[name] for value in column])
                if self.above(strange, 0.01, len(column), 0.05):
                    found.add((name, "values"))
                continue
            if self.moved(name, column, t):
                found.add((name, "values"))
            if name != "items" and np.isin(column, self.last[name]).mean() > 0.8:
                found.add((name, "frozen"))
        self.last = batch["rows"]
        if self.late(batch):
            found.add(("labels", "late"))
        if self.turned(batch):
            found.add(("labels", "performance"))
        return [{"feature": name, "reason": reason} for name, reason in sorted(found)]
