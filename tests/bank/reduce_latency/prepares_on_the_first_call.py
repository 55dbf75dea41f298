"""Starts at once and loads everything when the first user asks.

kind = "wrong"
points = { test-guards = 2 }
says = ["What is done once belongs in __init__"]
"""

# %% fast-service
class FastService:
    def __init__(self):
        self.trees = None

    def predict(self, row):
        if self.trees is None:
            self.prepare()
        values, total = features(row, self.places, self.usual_rain_mm), self.base
        for node in self.trees:
            while type(node) is tuple:
                name, at_most, yes, no = node
                node = yes if values[name] <= at_most else no
            total += node
        return 1 / (1 + math.exp(-total))

    def prepare(self):
        old = suite.SlowService()
        old.read()
        self.base, self.usual_rain_mm = old.model["base"], old.model["usual_rain_mm"]
        self.places = {name: known for name, *known in old.restaurants.itertuples(index=False)}
        self.places[None] = old.restaurants.mean(numeric_only=True).tolist()
        self.trees = [nested(tree.to_dict("records")) for _, tree in old.trees.groupby("tree")]
