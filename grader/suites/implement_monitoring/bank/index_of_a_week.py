"""Plain functions: a stability index over the same number of rows each time, its limit from windows of the reference.

kind = "alternative"
"""

# %% monitor
from collections import Counter, deque

ROWS = 120


def shares(values, edges):
    counts = np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1) + 0.5
    return counts / counts.sum()


def index(p, q):
    return float(((p - q) * np.log(p / q)).sum())


class Monitor:
    def fit(self, reference):
        self.level, self.clean, self.state = {}, {}, Counter()
        for name, column in reference[0]["rows"].items():
            if isinstance(column, np.ndarray):
                columns = [day["rows"][name] for day in reference]
                self.level[name] = np.array([np.nanmedian(np.concatenate(columns[i::7])) for i in range(7)])
                self.level[name] /= np.nanmedian(np.concatenate(columns))
                columns = [self.level_out(name, column, day) for day, column in enumerate(columns)]
                values = np.concatenate(columns)
                few = len(np.unique(values)) < 400
                edges = np.unique(np.quantile(values, [0.1, 0.3, 0.5, 0.7, 0.9]))
                window = deque(values[:ROWS], ROWS)
                seen = []
                for column in columns[3:]:
                    window.extend(column)
                    seen.append(index(shares(values, edges), shares(np.array(window), edges)))
                limit = 9.0 if few else max(1.6 * max(seen), 0.4)
                self.clean[name] = {"edges": edges, "p": shares(values, edges), "limit": limit, "window": window}
                self.clean[name]["range"] = (np.quantile(values, 0.004), np.quantile(values, 0.996))
            else:
                self.clean[name] = {"known": {value for day in reference for value in day["rows"][name]}}
            nulls = [self.nulls(day["rows"][name]) for day in reference]
            self.clean[name]["nulls"] = np.mean(nulls)
        self.yesterday, self.history = reference[-1], list(reference[-5:])
        brier = [self.brier(reference[i : i + 4]) for i in range(0, 24, 2)]
        self.good = np.mean(brier)

    def level_out(self, name, column, t):
        """The values that there are, without what the day of the week does to them."""
        return column[~np.isnan(column)] / self.level[name][t % 7]

    def nulls(self, column):
        return sum(value is None or value != value for value in column) / len(column)

    def brier(self, days):
        pairs = [(p, y) for day in days for p, y in zip(day["labels"]["score"], day["labels"]["late"], strict=True)]
        return np.mean([(p - y) ** 2 for p, y in pairs]) - 0.5 / len(pairs) ** 0.5 if len(pairs) > 40 else 0.0

    def checks(self, batch, t):
        for name, column in batch["rows"].items():
            normal = self.clean[name]
            limit = normal["nulls"] + 3 * ((normal["nulls"] + 0.005) / len(column)) ** 0.5
            yield name, "missing", self.nulls(column) / limit
            if "known" in normal:
                yield name, "values", sum(value not in normal["known"] for value in column) / (0.08 * len(column))
                continue
            normal["window"].extend(values := self.level_out(name, column, t))
            low, high = normal["range"]
            wide = np.mean((values < low) | (values > high)) / (0.06 + 0.6 / len(values)) if normal["limit"] < 9 else 0
            far = index(normal["p"], shares(np.array(normal["window"]), normal["edges"])) / normal["limit"]
            yield name, "values", max(wide, far)
            old = set(self.yesterday["rows"][name])
            yield name, "frozen", np.mean([value in old for value in column]) / 0.6 if name != "items" else 0
        expected = np.mean([len(day["score"]) for day in self.history[-4:]])
        yield "labels", "late", 1.6 - len(batch["labels"]["late"]) / expected
        yield "labels", "performance", (self.brier([*self.history[-3:], batch]) - self.good) / 0.05

    def observe(self, batch, t):
        alerts = []
        for name, reason, figure in self.checks(batch, t):
            self.state[name, reason] = self.state[name, reason] + 1 + (figure > 1.5) if figure > 1 else 0
            if self.state[name, reason] >= 2:
                alerts.append(dict(feature=name, reason=reason))
        self.yesterday = batch
        self.history.append(batch)
        return alerts
