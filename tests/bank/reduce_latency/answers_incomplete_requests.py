"""Fills what is missing with a usual value, for every field.

kind = "wrong"
points = { test-guards = 2 }
says = ["Answered although a field is missing: placed_at"]
"""

# %% fast-service
class FastService:
    def __init__(self):
        old = suite.SlowService()
        old.read()
        self.base, self.usual_rain_mm = old.model["base"], old.model["usual_rain_mm"]
        self.places = {name: known for name, *known in old.restaurants.itertuples(index=False)}
        self.places[None] = old.restaurants.mean(numeric_only=True).tolist()
        self.trees = [nested(tree.to_dict("records")) for _, tree in old.trees.groupby("tree")]

    def predict(self, row):
        usual = {"placed_at": "2026-01-05T19:00:00", "restaurant": None, "vehicle": "bike", "distance_km": 3.0, "items": 2}
        usual |= {"basket_usd": 30.0, "rain_mm": None, "open_orders": 8, "recent_delays_min": []}
        row = usual | row
        values, total = features(row, self.places, self.usual_rain_mm), self.base
        for node in self.trees:
            while type(node) is tuple:
                name, at_most, yes, no = node
                node = yes if values[name] <= at_most else no
            total += node
        return 1 / (1 + math.exp(-total))
