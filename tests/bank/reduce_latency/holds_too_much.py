"""Keeps half a gigabyte in memory, in case they are asked for.

kind = "wrong"
points = { test-guards = 2 }
says = ["most memory of the process", "the container is ended by its memory limit"]
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
        self.spare = np.ones(55_000_000)

    def predict(self, row):
        values, total = features(row, self.places, self.usual_rain_mm), self.base
        for node in self.trees:
            while type(node) is tuple:
                name, at_most, yes, no = node
                node = yes if values[name] <= at_most else no
            total += node
        return 1 / (1 + math.exp(-total))
