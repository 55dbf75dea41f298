"""Has a thread read the files again and again, so that no restart is needed.

kind = "wrong"
points = { test-speed = 0 }
says = ["Work went on outside the call"]
"""

# %% fast-service
import threading
import weakref


class FastService:
    def __init__(self):
        self.load()
        threading.Thread(target=refresh, args=(weakref.ref(self),), daemon=True).start()

    def load(self):
        old = suite.SlowService()
        old.read()
        self.base, self.usual_rain_mm = old.model["base"], old.model["usual_rain_mm"]
        places = {name: known for name, *known in old.restaurants.itertuples(index=False)}
        places[None] = old.restaurants.mean(numeric_only=True).tolist()
        self.places = places
        self.trees = [nested(tree.to_dict("records")) for _, tree in old.trees.groupby("tree")]

    def predict(self, row):
        values, total = features(row, self.places, self.usual_rain_mm), self.base
        for node in self.trees:
            while type(node) is tuple:
                name, at_most, yes, no = node
                node = yes if values[name] <= at_most else no
            total += node
        return 1 / (1 + math.exp(-total))


def refresh(find):
    while (service := find()) is not None:
        service.load()
        del service
