"""Every tree becomes Python source, compiled once when the service starts.

kind = "alternative"
"""

# %% profile
class Clocked(suite.SlowService):
    def __init__(self, city):
        super().__init__(city)
        self.spent = {}

    def clocked(self, stage, *given):
        before = time.process_time()
        result = getattr(super(), stage)(*given)
        self.spent[stage] = self.spent.get(stage, 0.0) + time.process_time() - before
        return result

    def read(self):
        return self.clocked("read")

    def join(self, row):
        return self.clocked("join", row)

    def features(self, row, frame):
        return self.clocked("features", row, frame)

    def watch(self, values):
        return self.clocked("watch", values)

    def score(self, values):
        return self.clocked("score", values)


def profile(city):
    service = Clocked(city)
    for row in rows[:2]:
        service.predict(row)
    service.spent.clear()
    for row in rows[2:12]:
        service.predict(row)
    whole = sum(service.spent.values())
    return {"shares": {stage: seconds / whole for stage, seconds in service.spent.items()}, "limit": whole / (whole - service.spent["read"])}

# %% fast-service
class FastService:
    def __init__(self):
        old = suite.SlowService()
        old.read()
        names = {name: f"x{i}" for i, name in enumerate(old.model["features"])}
        self.places = {place.restaurant: (place.prep_min, place.late_share, place.capacity) for place in old.restaurants.itertuples()}
        self.elsewhere = tuple(old.restaurants[["prep_min", "late_share", "capacity"]].mean())
        self.rain = old.model["usual_rain_mm"]
        lines = [f"def score({', '.join(names.values())}):", f"    total = {old.model['base']!r}"]
        for _, tree in old.trees.groupby("tree"):
            lines.append(f"    total += {self.expression(list(tree.itertuples()), 0, names)}")
        namespace = {}
        exec("\n".join([*lines, "    return total"]), namespace)
        self.score = namespace["score"]

    def expression(self, nodes, at, names):
        node = nodes[at]
        if not node.yes:
            return repr(node.add)
        yes, no = self.expression(nodes, node.yes, names), self.expression(nodes, node.no, names)
        return f"({yes} if {names[node.feature]} <= {node.at_most!r} else {no})"

    def predict(self, row):
        stamp = row["placed_at"]
        hour = int(stamp[11:13]) + int(stamp[14:16]) / 60
        weekday = datetime(int(stamp[:4]), int(stamp[5:7]), int(stamp[8:10])).weekday()
        place = self.places.get(row["restaurant"], self.elsewhere)
        ride_min = 60 * row["distance_km"] / {"bike": 14.0, "scooter": 22.0, "car": 26.0}.get(row["vehicle"], 18.0)
        dry = row["rain_mm"] is None
        total = self.score(
            hour, weekday, math.exp(-(((hour - 19) / 2) ** 2)), row["distance_km"], ride_min, row["items"],
            row["basket_usd"] / row["items"], self.rain if dry else row["rain_mm"], 1.0 if dry else 0.0, place[0], place[1],
            row["open_orders"], row["open_orders"] / place[2], *self.past(row["recent_delays_min"]))
        return 1.0 / (1.0 + math.exp(-total))

    @staticmethod
    def past(delays):
        if not delays:
            return 0.0, 0.0, 0.0, 0.0
        n = len(delays)
        mean = math.fsum(delays) / n
        spread = math.sqrt(math.fsum((delay - mean) ** 2 for delay in delays) / (n - 1)) if n > 1 else 0.0
        weights = [0.5 ** ((n - 1 - i) / 3) for i in range(n)]
        return mean, spread, max(delays), sum(w * delay for w, delay in zip(weights, delays)) / sum(weights)
