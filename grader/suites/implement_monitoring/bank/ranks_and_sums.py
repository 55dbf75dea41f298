"""Ranks against the reference give each number a normal score; sums of its daily means (CUSUM) find what stays.

kind = "alternative"
"""

# %% monitor
import pandas as pd
from scipy.special import ndtri


class Monitor:
    def fit(self, reference):
        table = pd.concat([self.table(day).assign(t=t) for t, day in enumerate(reference)])
        self.words = [name for name in self.table(reference[0]) if not pd.api.types.is_numeric_dtype(table[name])]
        self.numbers = [name for name in table if name not in [*self.words, "t"]]
        self.known = {name: set(table[name].dropna()) for name in self.words}
        self.empty = table.drop(columns="t").isna().mean()
        self.values = {name: np.sort(table[name].dropna()) for name in self.numbers}
        days = pd.DataFrame([self.means(day) for _, day in table.groupby("t")])
        weekend = np.arange(len(days)) % 7 >= 5
        self.usual = {True: days[weekend].median(), False: days[~weekend].median()}
        self.spread = pd.concat([days[weekend == end] - self.usual[end] for end in (True, False)]).std() + 0.02
        self.sums = pd.Series(0.0, self.numbers)
        self.runs, self.last, self.orders, self.arrivals = {}, table[table["t"] == 27], [], []
        self.error = np.mean([np.mean((d["labels"]["score"] - d["labels"]["late"]) ** 2) for d in reference])
        self.orders = [len(day["score"]) for day in reference]

    def table(self, day):
        return pd.DataFrame(day["rows"])

    def means(self, table):
        return pd.Series({name: ndtri(self.ranks(name, table)).mean() for name in self.numbers})

    def ranks(self, name, table):
        return (np.searchsorted(self.values[name], table[name].dropna(), side="left") + 0.5) / (len(self.values[name]) + 1)

    def suspects(self, batch, t):
        table = self.table(batch)
        rows = len(table)
        for name, share in table.isna().mean().items():
            if share > self.empty[name] + 0.03 + 3 * ((self.empty[name] + 0.01) / rows) ** 0.5:
                yield name, "missing"
        for name in self.words:
            if (~table[name].dropna().isin(self.known[name])).mean() > 0.07:
                yield name, "values"
        noise = max(1.0, (120 / rows) ** 0.5)
        off = (self.means(table) - self.usual[t % 7 >= 5]) / (self.spread * noise)
        self.sums = (self.sums + off.clip(-4, 4) - 1).clip(lower=0)
        for name in self.numbers:
            repeated = table[name].dropna().isin(self.last[name]).mean()
            if repeated > 0.95 and name != "items":
                yield name, "frozen"
            extreme = (np.abs(self.ranks(name, table) - 0.5) > 0.494).mean()
            clustered = table[name].nunique() < 10
            if not clustered and (extreme > 0.06 or self.sums[name] > 9):
                yield name, "values"
        self.last = table

    def observe(self, batch, t):
        found = set(self.suspects(batch, t))
        labels, due = batch["labels"], np.dot([0.1, 0.2, 0.3, 0.4], self.orders[-4:])
        self.orders.append(len(batch["score"]))
        self.arrivals = [*self.arrivals[-2:], labels]
        if len(labels["late"]) < 0.6 * due:
            found.add(("labels", "late"))
        error = np.concatenate([(one["score"] - one["late"]) ** 2 for one in self.arrivals])
        if len(error) > 60 and error.mean() > self.error + 0.045:
            found.add(("labels", "performance"))
        self.runs = {pair: self.runs.get(pair, 0) + 1 for pair in found}
        return [{"feature": name, "reason": reason} for (name, reason), days in self.runs.items() if days > 1]
