"""A first afternoon: mean and spread of each feature, what is missing, and the errors, three sigma from usual days.

kind = "wrong"
first_try = true
points = { test-caught = 0, test-worth = 0 }
"""

# %% monitor
FIGURES = (np.nanmean, np.nanstd)


class Monitor:
    def fit(self, reference):
        self.usual, self.missing, self.known = {}, {}, {}
        for name, first in reference[0]["rows"].items():
            columns = [day["rows"][name] for day in reference]
            self.missing[name] = np.mean([self.share_missing(column) for column in columns])
            if isinstance(first, np.ndarray):
                self.usual[name] = [self.spread([figure(column) for column in columns]) for figure in FIGURES]
            else:
                self.known[name] = {value for column in columns for value in column}
        self.error = self.spread([squared_errors(day["labels"]).mean() for day in reference])
        self.labels = np.mean([len(day["labels"]["late"]) for day in reference])
        self.yesterday = reference[-1]["rows"]

    def spread(self, figures):
        return np.mean(figures), np.std(figures)

    def share_missing(self, column):
        return np.mean([value is None or value != value for value in column])

    def observe(self, batch, t):
        alerts = []
        for name, column in batch["rows"].items():
            if self.share_missing(column) > self.missing[name] + 0.1:
                alerts.append({"feature": name, "reason": "missing"})
            if name in self.known:
                strange = np.mean([value not in self.known[name] for value in column]) > 0.05
            else:
                strange = any(
                    abs(figure(column) - mean) > 3 * spread
                    for figure, (mean, spread) in zip(FIGURES, self.usual[name], strict=True)
                )
                if name != "items" and np.isin(column, self.yesterday[name]).mean() > 0.9:
                    alerts.append({"feature": name, "reason": "frozen"})
            if strange:
                alerts.append({"feature": name, "reason": "values"})
        errors = squared_errors(batch["labels"])
        if len(errors) < self.labels / 2:
            alerts.append({"feature": "labels", "reason": "late"})
        if len(errors) and errors.mean() > self.error[0] + 3 * self.error[1]:
            alerts.append({"feature": "labels", "reason": "performance"})
        self.yesterday = batch["rows"]
        return alerts
