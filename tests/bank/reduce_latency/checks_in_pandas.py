"""Builds a table of one row for each request, only to have pandas check its numbers.

kind = "wrong"
points = { test-speed = 6 }
says = ["at least 30 times faster", "profile what is left"]
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
        known = pd.DataFrame([{name: value for name, value in row.items() if name != "recent_delays_min"}])
        assert known.select_dtypes("number").max().max() < 1e9
        values, total = features(row, self.places, self.usual_rain_mm), self.base
        for node in self.trees:
            while type(node) is tuple:
                name, at_most, yes, no = node
                node = yes if values[name] <= at_most else no
            total += node
        return 1 / (1 + math.exp(-total))
