"""All trees at once, level by level, on arrays.

kind = "alternative"
"""

# %% profile
def profile(city):
    service, names = suite.SlowService(city), ("read", "join", "features", "watch", "score")
    marks = []
    for row in rows[:14]:
        mark = [time.process_time_ns()]
        service.read()
        mark.append(time.process_time_ns())
        frame = service.join(row)
        mark.append(time.process_time_ns())
        values = service.features(row, frame)
        mark.append(time.process_time_ns())
        service.watch(values)
        mark.append(time.process_time_ns())
        service.score(values)
        marks.append([*mark, time.process_time_ns()])
    typical = np.median(np.diff(marks)[3:], axis=0)
    shares = dict(zip(names, (typical / typical.sum()).tolist()))
    return {"shares": shares, "limit": typical.sum() / typical[1:].sum()}

# %% fast-service
class FastService:
    LEVELS = 4

    def __init__(self):
        old = suite.SlowService()
        old.read()
        self.model, names = old.model, list(old.model["features"])
        nodes = old.trees
        root = np.flatnonzero(nodes["node"] == 0)
        first = root[nodes["tree"]]
        leaf = (nodes["yes"] == 0).to_numpy()
        here = np.arange(len(nodes))
        self.root = root
        self.column = np.array([0 if gone else names.index(name) for name, gone in zip(nodes["feature"], leaf)])
        self.at_most = nodes["at_most"].to_numpy()
        self.after = np.stack([np.where(leaf, here, first + nodes["no"]), np.where(leaf, here, first + nodes["yes"])])
        self.add = nodes["add"].to_numpy()
        table = old.restaurants.set_index("restaurant")
        self.known = dict(zip(table.index, table.to_numpy(dtype=float)))
        self.unknown = table.mean().to_numpy()

    def predict(self, row):
        x = self.inputs(row)
        at = self.root
        for _ in range(self.LEVELS):
            at = self.after[(x[self.column[at]] <= self.at_most[at]).astype(int), at]
        return float(1 / (1 + np.exp(-self.model["base"] - self.add[at].sum())))

    def inputs(self, row):
        day = datetime.strptime(row["placed_at"], "%Y-%m-%dT%H:%M:%S")
        hour = day.hour + day.minute / 60
        prep, late, capacity = self.known.get(row["restaurant"], self.unknown)
        recent = np.array(row["recent_delays_min"], dtype=float)
        n = len(recent)
        weights = np.exp2(-np.arange(n)[::-1] / 3)
        past = (recent.mean(), recent.std(ddof=1) if n > 1 else 0.0, recent.max(), weights @ recent / weights.sum()) if n else (0, 0, 0, 0)
        rain = self.model["usual_rain_mm"] if row["rain_mm"] is None else row["rain_mm"]
        ride = 60 * row["distance_km"] / suite.service.SPEED_KM_H.get(row["vehicle"], 18.0)
        return np.array([hour, day.weekday(), np.exp(-(((hour - 19) / 2) ** 2)), row["distance_km"], ride, row["items"],
                         row["basket_usd"] / row["items"], rain, row["rain_mm"] is None, prep, late, row["open_orders"],
                         row["open_orders"] / capacity, *past])
