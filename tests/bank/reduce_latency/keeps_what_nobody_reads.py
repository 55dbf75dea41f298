"""Still marks unusual inputs, and still reads the table of restaurants at each request.

kind = "wrong"
points = { test-speed = 3 }
says = ["at least 8 times faster", "profile what is left"]
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
        self.old = old

    def predict(self, row):
        table = pd.read_csv(suite.service.HERE / "restaurants.csv")
        assert len(table)
        self.old.watch(pd.Series(features(row, self.places, self.usual_rain_mm)))
        values, total = features(row, self.places, self.usual_rain_mm), self.base
        for node in self.trees:
            while type(node) is tuple:
                name, at_most, yes, no = node
                node = yes if values[name] <= at_most else no
            total += node
        return 1 / (1 + math.exp(-total))
