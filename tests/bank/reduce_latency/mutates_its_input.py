"""Writes the features into the request instead of a dictionary of its own.

kind = "wrong"
points = { test-same-answers = 3 }
says = ["predict changed its input in 50 of 50 calls"]
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
        row.update(features(row, self.places, self.usual_rain_mm))
        values, total = row, self.base
        for node in self.trees:
            while type(node) is tuple:
                name, at_most, yes, no = node
                node = yes if values[name] <= at_most else no
            total += node
        return 1 / (1 + math.exp(-total))
