"""Remembers answers by vehicle and number of items, as if nothing else mattered.

kind = "wrong"
points = { test-same-answers = 0, test-speed = 0, test-guards = 0 }
says = ["of 120 answers differ", "the speed does not count"]
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
        self.known = {}

    def predict(self, row):
        key = row["vehicle"], row["items"]
        if key not in self.known:
            self.known[key] = self.compute(row)
        return self.known[key]

    def compute(self, row):
        values, total = features(row, self.places, self.usual_rain_mm), self.base
        for node in self.trees:
            while type(node) is tuple:
                name, at_most, yes, no = node
                node = yes if values[name] <= at_most else no
            total += node
        return 1 / (1 + math.exp(-total))
