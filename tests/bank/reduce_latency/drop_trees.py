"""Evaluates the first eighth of the trees: eight times less work, and another model.

kind = "wrong"
points = { test-same-answers = 1, test-speed = 0, test-guards = 0 }
says = ["answers differ", "the speed does not count"]
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
        self.trees = self.trees[: len(self.trees) // 8]

    def predict(self, row):
        values, total = features(row, self.places, self.usual_rain_mm), self.base
        for node in self.trees:
            while type(node) is tuple:
                name, at_most, yes, no = node
                node = yes if values[name] <= at_most else no
            total += node
        return 1 / (1 + math.exp(-total))
